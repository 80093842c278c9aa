"""Printer columns that went or show something else."""

from __future__ import annotations

from collections.abc import Iterator

from kconv._check.change import KindChange
from kconv._check.rule import Rule
from kconv._check.verdict import Verdict, Whom, compatible, minor


def judge(change: KindChange) -> Iterator[Verdict]:
    """Scripts that cut columns out of what kubectl prints are concerned."""
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


RULE = Rule("column-removed", judge)
