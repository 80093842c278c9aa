"""A pattern that is new, or another than before."""

from __future__ import annotations

from collections.abc import Iterator

from kconv._check.change import FieldChange
from kconv._check.rule import Rule
from kconv._check.verdict import Verdict, Whom, breaking


def judge(change: FieldChange) -> Iterator[Verdict]:
    """Of two patterns nobody can tell in general which allows more, so a change may refuse more."""
    old, new = change.old.facts.get("pattern"), change.new.facts.get("pattern")
    if new is not None and new != old:
        yield breaking(
            f"values must match {new!r}" + ("" if old is None else f", not {old!r}"),
            Whom.WRITERS,
            "values that were accepted may be refused, stored ones when somebody changes them",
            "leave the pattern; a new version may have another",
        )


RULE = Rule("pattern-tightened", judge)
