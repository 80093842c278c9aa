"""A kind that a version no longer has."""

from __future__ import annotations

from collections.abc import Iterator

from kconv._check.change import ProjectChange
from kconv._check.rule import Rule
from kconv._check.verdict import Verdict, Weight, Whom


def judge(change: ProjectChange) -> Iterator[Verdict]:
    """The version is still there; of versions that went, the rules about versions speak."""
    for gv, lock in change.old.items():
        if gv not in change.new:
            continue
        for name in lock.kinds:
            if name not in change.new[gv].kinds:
                yield Verdict(
                    Weight.BREAKING,
                    "the kind was removed",
                    Whom.WRITERS,
                    "requests for it are answered with 404",
                    "put the kind back; deprecate the version, and leave the kind out of the next",
                    version=gv,
                    kind=name,
                )


RULE = Rule("kind-removed", judge)
