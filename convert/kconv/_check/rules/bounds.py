"""What values a field takes: bounds and patterns."""

from __future__ import annotations

from collections.abc import Iterator

from kconv._check.change import FieldChange
from kconv._check.rule import rule
from kconv._check.verdict import Verdict, Whom, breaking, minor

LOWER = ("minimum", "minLength", "minItems")
UPPER = ("maximum", "maxLength", "maxItems")


@rule("bound-loosened")
def bound_loosened(change: FieldChange) -> Iterator[Verdict]:
    """A bound that refuses less than before.

    A bound that went or moved outwards.
    """
    for name, old, new in bounds(change):
        if not tighter(name, old, new):
            yield minor(
                f"{name} {old} " + ("is gone" if new is None else f"became {new}"),
                Whom.READERS,
                "they may meet values out of the bounds that they know",
                "nothing, once every server that writes has the new bound",
            )
    if change.old.facts.get("unique") and not change.new.facts.get("unique"):
        yield minor(
            "duplicates are allowed now",
            Whom.READERS,
            "they may meet duplicates",
            "nothing, once every server that writes allows them",
        )


@rule("bound-tightened")
def bound_tightened(change: FieldChange) -> Iterator[Verdict]:
    """A bound that refuses more than before.

    A lower bound that rose or an upper one that fell, or either where there was none.
    """
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


@rule("pattern-loosened")
def pattern_loosened(change: FieldChange) -> Iterator[Verdict]:
    """A pattern that is gone.

    Any string where a pattern was to be matched.
    """
    old = change.old.facts.get("pattern")
    if old is not None and "pattern" not in change.new.facts:
        yield minor(
            f"values need no longer match {old!r}",
            Whom.READERS,
            "they may meet values of another form",
            "nothing, once every server that writes allows them",
        )


@rule("pattern-tightened")
def pattern_tightened(change: FieldChange) -> Iterator[Verdict]:
    """A pattern that is new, or another than before.

    Of two patterns nobody can tell in general which allows more, so a change may refuse more.
    """
    old, new = change.old.facts.get("pattern"), change.new.facts.get("pattern")
    if new is not None and new != old:
        yield breaking(
            f"values must match {new!r}" + ("" if old is None else f", not {old!r}"),
            Whom.WRITERS,
            "values that were accepted may be refused, stored ones when somebody changes them",
            "leave the pattern; a new version may have another",
        )
