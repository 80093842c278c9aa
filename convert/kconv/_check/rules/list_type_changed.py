"""A list whose elements are told apart otherwise."""

from __future__ import annotations

from collections.abc import Iterator

from kconv._check.change import FieldChange
from kconv._check.rule import Rule
from kconv._check.verdict import Verdict, Whom, breaking

_BREAKS = "what they apply combines otherwise with what others wrote: elements vanish or double"


def judge(change: FieldChange) -> Iterator[Verdict]:
    """Another list type, or other keys of a map list."""
    for name in ("listType", "mapKeys"):
        old, new = change.old.facts.get(name), change.new.facts.get(name)
        if old != new:
            yield breaking(
                f"{name} changed from {_told(old)} to {_told(new)}",
                Whom.WRITERS,
                _BREAKS,
                "leave it; a new version may have another",
            )


def _told(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value or "none")


RULE = Rule("list-type-changed", judge)
