"""A field that objects must have now."""

from __future__ import annotations

from collections.abc import Iterator

from kconv._check.absence import refused_when_absent
from kconv._check.change import FieldChange
from kconv._check.rule import Rule
from kconv._check.verdict import Verdict, Whom, breaking, minor

_EMPTY_IS_ABSENT = ("string", "list")


def judge(change: FieldChange) -> Iterator[Verdict]:
    """Objects without the field were accepted, and are not any more.

    A default saves what leaves the field out, not what has it empty.
    """
    if change.old.facts.get("required") or not change.new.facts.get("required"):
        return
    refused = refused_when_absent(change.new, change.new_types)
    todo = "leave the field optional; if a value is needed, default it"
    if refused or change.new.type in _EMPTY_IS_ABSENT:
        left = "leave the field out" if refused else "leave the field empty"
        yield breaking(
            "the field became required", Whom.WRITERS, f"objects that {left} are refused", todo
        )
    else:
        yield minor(
            "the field became required, with a default",
            Whom.WRITERS,
            "nothing, as long as the default stays",
            "nothing, or leave the field optional",
        )


RULE = Rule("field-required", judge)
