"""The preferred version of a group is less stable than it was."""

from __future__ import annotations

from collections.abc import Iterator

from kconv._check.change import ProjectChange
from kconv._check.lock import Locks
from kconv._check.rule import Rule
from kconv._check.stability import less_stable
from kconv._check.verdict import Verdict, Weight, Whom
from kconv._gvk import GroupVersion, level


def judge(change: ProjectChange) -> Iterator[Verdict]:
    """Clients that leave the choice to the server get a version that may change."""
    old, new = _preferred(change.old), _preferred(change.new)
    for group in sorted(old.keys() & new.keys()):
        before, after = old[group], new[group]
        if less_stable(after.version, before.version):
            yield Verdict(
                Weight.BREAKING,
                f"the preferred version moved from {before} to the less stable {after}",
                Whom.READERS,
                "who leaves the choice to the server gets a version that may still change",
                f"prefer {before}",
                version=after,
                level=level(before.version),
            )


def _preferred(locks: Locks) -> dict[str, GroupVersion]:
    return {gv.group: gv for gv, lock in locks.items() if lock.preferred}


RULE = Rule("preferred-unstable", judge)
