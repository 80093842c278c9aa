"""A field that objects need not have any more."""

from __future__ import annotations

from collections.abc import Iterator

from kconv._check.change import FieldChange
from kconv._check.rule import Rule
from kconv._check.verdict import Verdict, Whom, minor


def judge(change: FieldChange) -> Iterator[Verdict]:
    """Was required and is not: readers may have counted on it."""
    if change.old.facts.get("required") and not change.new.facts.get("required"):
        yield minor(
            "the field is no longer required",
            Whom.READERS,
            "they may meet objects without a field that they count on",
            "say in the field's description what its absence means",
        )


RULE = Rule("field-optional", judge)
