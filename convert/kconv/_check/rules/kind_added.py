"""A kind or a version that is new."""

from __future__ import annotations

from collections.abc import Iterator

from kconv._check.change import ProjectChange
from kconv._check.rule import Rule
from kconv._check.verdict import Verdict, Weight, Whom, compatible


def judge(change: ProjectChange) -> Iterator[Verdict]:
    """Breaks nobody; that it loses fields of the versions there were wants a look."""
    for gv, lock in change.new.items():
        base = change.old.get(gv)
        for name, kind in lock.kinds.items():
            if base is not None and name in base.kinds:
                continue
            lost = [*kind.conversion.lost_to_spoke, *kind.conversion.lost_to_hub]
            if lost:
                yield Verdict(
                    Weight.MINOR,
                    f"the kind was added, and loses {', '.join(lost)}",
                    Whom.CONVERSIONS,
                    "whoever reads and writes an object in it drops these fields",
                    f'keep them: Preserve("{lost[0]}")',
                    version=gv,
                    kind=name,
                )
            else:
                added = compatible("the kind was added")
                yield Verdict(
                    added.weight, added.changed, added.whom, added.breaks, added.todo,
                    version=gv, kind=name,
                )  # fmt: skip


RULE = Rule("kind-added", judge)
