"""A default where there was none."""

from __future__ import annotations

from collections.abc import Iterator

from kconv._check.change import FieldChange
from kconv._check.lock import FieldLock
from kconv._check.rule import Rule
from kconv._check.verdict import Verdict, Whom, breaking


def has_default(field: FieldLock) -> bool:
    """Whether an absent field becomes a value."""
    return field.facts.get("default") is not None or "computedDefault" in field.facts


def default_text(field: FieldLock) -> str:
    """The default in words."""
    if "computedDefault" in field.facts:
        return f"{field.facts['computedDefault']}()"
    return repr(field.facts.get("default"))


def judge(change: FieldChange) -> Iterator[Verdict]:
    """Objects that leave an existing field out mean something else than before."""
    if has_default(change.new) and not has_default(change.old):
        yield breaking(
            f"the default {default_text(change.new)} was added",
            Whom.STORED,
            "objects that leave the field out get a value that nobody gave them",
            "let absence mean what it meant; default the field in a new version, or a new field",
        )


RULE = Rule("default-added", judge)
