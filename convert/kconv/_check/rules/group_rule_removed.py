"""A rule of the group about a type that is gone."""

from __future__ import annotations

from collections.abc import Iterator

from kconv._check.change import TypeChange
from kconv._check.rule import Rule
from kconv._check.verdict import Verdict, Whom, minor


def judge(change: TypeChange) -> Iterator[Verdict]:
    """A rule that went, and for which none came."""
    for old, new in (
        (change.old.rules, change.new.rules),
        (change.old.update_rules, change.new.update_rules),
    ):
        gone = sorted(set(old) - set(new))
        if gone and not set(new) - set(old):
            yield minor(
                f"the rule {', '.join(gone)} was removed",
                Whom.READERS,
                "they may meet objects that used to be refused",
                "nothing, once every server that writes accepts them",
            )


RULE = Rule("group-rule-removed", judge)
