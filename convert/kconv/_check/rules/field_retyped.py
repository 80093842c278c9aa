"""A field of another type or format."""

from __future__ import annotations

from collections.abc import Iterator

from kconv._check.change import FieldChange
from kconv._check.lock import FieldLock
from kconv._check.rule import Rule
from kconv._check.verdict import Verdict, Whom, breaking


def judge(change: FieldChange) -> Iterator[Verdict]:
    """Neither a wider nor a narrower type is compatible: one breaks readers, the other writers."""
    yield breaking(
        f"the type changed from {_told(change.old)} to {_told(change.new)}",
        Whom.STORED,
        "values of the old type may no longer decode, and clients cannot read those of the new one",
        "keep the type; add a field of the new type, or a new version with a conversion",
    )


def _told(field: FieldLock) -> str:
    facts = field.facts
    marks = [str(facts["class"])] if "class" in facts else []
    marks += [name for name in ("milli", "objectOnly") if facts.get(name)]
    return f"{field} ({', '.join(marks)})" if marks else str(field)


RULE = Rule("field-retyped", judge)
