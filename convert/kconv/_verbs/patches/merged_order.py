"""The order of a merged list: that of the patch, and what only the server has in between."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

NameOf = Callable[[Any], Any]


def in_merged_order(
    items: Sequence[Any], wanted: Sequence[Any], before: Sequence[Any], name_of: NameOf
) -> list[Any]:
    """The elements of a merged list in their order.

    Those in ``wanted`` come in its order, the others in that of ``before``, the list on the
    server. An element that only the server has goes before one of the patch if it was before it
    on the server, and after it if one of the two is new. Elements of one name stay together.
    """
    order, places = _places(wanted, name_of), _places(before, name_of)
    named = [item for item in items if name_of(item) in order]
    others = [item for item in items if name_of(item) not in order]
    named.sort(key=lambda item: order[name_of(item)])
    others.sort(key=lambda item: places.get(name_of(item), len(places)))
    merged: list[Any] = []
    at = 0
    for item in named:
        place = places.get(name_of(item), -1)
        while at < len(others) and places.get(name_of(others[at]), len(places)) < place:
            merged.append(others[at])
            at += 1
        merged.append(item)
    return [*merged, *others[at:]]


def _places(items: Sequence[Any], name_of: NameOf) -> dict[Any, int]:
    found: dict[Any, int] = {}
    for at, item in enumerate(items):
        found.setdefault(name_of(item), at)
    return found
