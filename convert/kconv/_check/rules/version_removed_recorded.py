"""A version that went although databases may hold objects in it."""

from __future__ import annotations

from collections.abc import Iterator

from kconv._check.change import ProjectChange
from kconv._check.rule import Rule
from kconv._check.verdict import Verdict, Weight, Whom


def judge(change: ProjectChange) -> Iterator[Verdict]:
    """The base stored the kind in this version, so the record of a database may name it."""
    for gv, lock in change.old.items():
        now = change.new.get(gv)
        for name, kind in lock.kinds.items():
            if kind.storage and (now is None or name not in now.kinds):
                yield Verdict(
                    Weight.BREAKING,
                    f"the version is gone, in which the base stores {kind.stored_as}",
                    Whom.STORED,
                    "databases that hold objects in it can no longer be read; servers do not start",
                    "ship a release that has both versions and stores another; remove it once "
                    "`kconv migrate` has taken it off the record",
                    version=gv,
                    kind=name,
                )


RULE = Rule("version-removed-recorded", judge)
