"""Strategic merge patches mean something else."""

from __future__ import annotations

from collections.abc import Iterator

from kconv._check.change import FieldChange
from kconv._check.rule import Rule
from kconv._check.verdict import Verdict, Whom, breaking


def judge(change: FieldChange) -> Iterator[Verdict]:
    """Another merge key or patch strategy."""
    for name in ("mergeKey", "patchStrategy"):
        old, new = change.old.facts.get(name), change.new.facts.get(name)
        if old != new:
            yield breaking(
                f"{name} changed from {old or 'none'} to {new or 'none'}",
                Whom.WRITERS,
                "their strategic merge patches replace where they merged, or the other way round",
                "leave it; a new version may have another",
            )


RULE = Rule("merge-key-changed", judge)
