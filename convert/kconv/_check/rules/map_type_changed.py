"""An object that writers replace as a whole now, or no longer do."""

from __future__ import annotations

from collections.abc import Iterator

from kconv._check.change import TypeChange
from kconv._check.rule import Rule
from kconv._check.verdict import Verdict, Whom, breaking


def judge(change: TypeChange) -> Iterator[Verdict]:
    """Another map type."""
    if change.old.map_type != change.new.map_type:
        old, new = change.old.map_type, change.new.map_type
        yield breaking(
            f"mapType changed from {old or 'none'} to {new or 'none'}",
            Whom.WRITERS,
            "what they apply combines otherwise with what others wrote",
            "leave it; a new version may have another",
        )


RULE = Rule("map-type-changed", judge)
