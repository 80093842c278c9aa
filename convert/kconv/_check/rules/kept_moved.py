"""Fields that objects keep in an annotation which the code no longer reads."""

from __future__ import annotations

from collections.abc import Iterator

from kconv._check.change import KindChange
from kconv._check.rule import Rule
from kconv._check.verdict import Verdict, Whom, breaking


def judge(change: KindChange) -> Iterator[Verdict]:
    """What objects of this version hold of newer ones is in the annotation that the base names."""
    now = change.new.conversion.kept
    for path, annotation in sorted(change.old.conversion.kept.items()):
        if now.get(path) != annotation:
            yield breaking(
                f"{path} was kept in the annotation {annotation}, now "
                + (f"in {now[path]}" if path in now else "in none"),
                Whom.STORED,
                f"what objects of this version keep in {annotation} is no longer read",
                "read the old annotation too: Functions() can, where the rule names another",
                path,
            )


RULE = Rule("kept-moved", judge)
