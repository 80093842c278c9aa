"""Comparing releases: ``1.9`` is earlier than ``v1.10``."""

from __future__ import annotations

import re


def earlier(one: str, other: str) -> bool:
    """Whether a release comes before another; parts that are numbers compare as such."""
    return release_key(one) < release_key(other)


def release_key(release: str) -> list[tuple[int, str]]:
    """What releases are sorted by."""
    parts = re.findall(r"\d+|[a-z]+", release.lower().removeprefix("v"))
    key = [(int(part), "") if part.isdigit() else (-1, part) for part in parts]
    while key and key[-1] == (0, ""):
        key.pop()
    return key
