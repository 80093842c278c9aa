"""A pattern that is gone."""

from __future__ import annotations

from collections.abc import Iterator

from kconv._check.change import FieldChange
from kconv._check.rule import Rule
from kconv._check.verdict import Verdict, Whom, minor


def judge(change: FieldChange) -> Iterator[Verdict]:
    """Any string where a pattern was to be matched."""
    old = change.old.facts.get("pattern")
    if old is not None and "pattern" not in change.new.facts:
        yield minor(
            f"values need no longer match {old!r}",
            Whom.READERS,
            "they may meet values of another form",
            "nothing, once every server that writes allows them",
        )


RULE = Rule("pattern-loosened", judge)
