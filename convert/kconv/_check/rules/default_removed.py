"""A default that is gone."""

from __future__ import annotations

from collections.abc import Iterator

from kconv._check.change import FieldChange
from kconv._check.rule import Rule
from kconv._check.rules.default_added import default_text, has_default
from kconv._check.verdict import Verdict, Whom, breaking


def judge(change: FieldChange) -> Iterator[Verdict]:
    """Objects that leave the field out stay without it, where they used to have a value."""
    if has_default(change.old) and not has_default(change.new):
        refused = bool(change.new.facts.get("required"))
        yield breaking(
            f"the default {default_text(change.old)} was removed",
            Whom.WRITERS if refused else Whom.READERS,
            "objects that leave the field out are refused"
            if refused
            else "they meet objects without a value that was always there",
            "put the default back",
        )


RULE = Rule("default-removed", judge)
