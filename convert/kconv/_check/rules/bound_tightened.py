"""A bound that refuses more than before."""

from __future__ import annotations

from collections.abc import Iterator

from kconv._check.change import FieldChange
from kconv._check.rule import Rule
from kconv._check.verdict import Verdict, Whom, breaking

LOWER = ("minimum", "minLength", "minItems")
UPPER = ("maximum", "maxLength", "maxItems")


def judge(change: FieldChange) -> Iterator[Verdict]:
    """A lower bound that rose or an upper one that fell, or either where there was none."""
    for name, old, new in bounds(change):
        if tighter(name, old, new):
            yield breaking(
                f"{name} {new} " + ("is new" if old is None else f"was {old}"),
                Whom.WRITERS,
                "values that were accepted are refused, stored ones when somebody changes them",
                "leave the bound; a new version may have a tighter one",
            )
    if change.new.facts.get("unique") and not change.old.facts.get("unique"):
        yield breaking(
            "duplicates are refused now",
            Whom.WRITERS,
            "lists with duplicates, which were accepted, are refused",
            "allow duplicates: unique=False",
        )


def bounds(change: FieldChange) -> Iterator[tuple[str, float | None, float | None]]:
    """Each bound that differs: its name, and what it was and is."""
    for name in (*LOWER, *UPPER):
        old, new = change.old.facts.get(name), change.new.facts.get(name)
        if old != new:
            yield name, old, new


def tighter(name: str, old: float | None, new: float | None) -> bool:
    """Whether a bound refuses what it did not refuse."""
    if new is None:
        return False
    if old is None:
        return not (name in ("minLength", "minItems") and new <= 0)
    return new > old if name in LOWER else new < old


RULE = Rule("bound-tightened", judge)
