"""What people type at kubectl and what it prints: names and columns."""

from __future__ import annotations

from collections.abc import Iterator

from kconv._check.change import KindChange
from kconv._check.rule import rule
from kconv._check.verdict import Verdict, Whom, compatible, minor


@rule("column-removed")
def column_removed(change: KindChange) -> Iterator[Verdict]:
    """Printer columns that went or show something else.

    Scripts that cut columns out of what kubectl prints are concerned.
    """
    old = {str(column.get("name")): column for column in change.old.columns}
    new = {str(column.get("name")): column for column in change.new.columns}
    for name in sorted(old.keys() - new.keys()):
        yield minor(
            f"the printer column {name} was removed",
            Whom.READERS,
            "scripts that read what kubectl prints miss a column",
            "put the column back, with a priority if it is rarely wanted",
        )
    for name in sorted(old.keys() & new.keys()):
        if old[name] != new[name]:
            yield compatible(f"the printer column {name} shows something else")
    for name in sorted(new.keys() - old.keys()):
        yield compatible(f"the printer column {name} was added")


@rule("short-name-removed")
def short_name_removed(change: KindChange) -> Iterator[Verdict]:
    """A short name, a category or the singular that is gone.

    Only what people type at kubectl is concerned.
    """
    for what, old, new in (
        ("short name", change.old.short_names, change.new.short_names),
        ("category", change.old.categories, change.new.categories),
        ("singular", (change.old.singular,), (change.new.singular,)),
    ):
        for name in sorted(set(old) - set(new)):
            yield minor(
                f"the {what} {name} is gone",
                Whom.READERS,
                f"`kubectl get {name}` no longer finds the objects",
                f"put the {what} back",
            )
        for name in sorted(set(new) - set(old)):
            if what != "singular":
                yield compatible(f"the {what} {name} was added")
