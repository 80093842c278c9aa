"""A short name, a category or the singular that is gone."""

from __future__ import annotations

from collections.abc import Iterator

from kconv._check.change import KindChange
from kconv._check.rule import Rule
from kconv._check.verdict import Verdict, Whom, compatible, minor


def judge(change: KindChange) -> Iterator[Verdict]:
    """Only what people type at kubectl is concerned."""
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


RULE = Rule("short-name-removed", judge)
