"""Walking the types of a kind on both sides at once, place by place."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from kconv._check.change import Types
from kconv._check.finding import joined
from kconv._check.lock import FieldLock
from kconv._check.shape import retyped

Pair = tuple[str, str]
"""The names of a type in the base and of the one in its place in the code."""


def places(old: Types, new: Types, root: Pair) -> dict[Pair, list[str]]:
    """Each pair of types that is reached from a root's pair, with the paths where it stands.

    The shortest path comes first. A type within itself is not walked again.
    """
    found: dict[Pair, list[str]] = {root: [""]}
    waiting: deque[tuple[Pair, str]] = deque([(root, "")])
    while waiting:
        (one, other), at = waiting.popleft()
        ours, theirs = old[one].fields, new[other].fields
        for name in sorted(ours.keys() & theirs.keys()):
            for path, before, after in steps(name, ours[name], theirs[name]):
                pair = (before.of, after.of)
                if not before.of or not after.of or retyped(before, after):
                    continue
                place = joined(at, path)
                if pair not in found:
                    found[pair] = [place]
                    waiting.append((pair, place))
                else:
                    found[pair].append(place)
    return found


def steps(path: str, old: FieldLock, new: FieldLock) -> Iterator[tuple[str, FieldLock, FieldLock]]:
    """A field, then its elements, then theirs, for as long as both sides are of one type."""
    yield path, old, new
    if old.items is not None and new.items is not None and not retyped(old, new):
        yield from steps(f"{path}[*]", old.items, new.items)
