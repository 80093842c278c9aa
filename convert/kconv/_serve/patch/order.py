"""The order of a merged list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any


def in_set_order(
    items: Sequence[Any],
    names: Sequence[Any],
    name_of: Callable[[Any], Any],
    before: Sequence[Any],
) -> list[Any]:
    """Elements in the order that a patch gives, those it does not name kept in between.

    ``names`` is the order of the patch and ``before`` the order on the server. The rule is that
    of strategicpatch's ``mergeSortedSlice``: an element only the server has goes before the first
    named one that it preceded on the server, so its relative order to its neighbours stays.
    """
    named = [item for name in names for item in items if name_of(item) == name]
    others = [item for item in items if name_of(item) not in names]
    places = {_hashable(name): at for at, name in enumerate(before)}
    merged: list[Any] = []
    while named and others:
        left = places.get(_hashable(name_of(named[0])))
        right = places.get(_hashable(name_of(others[0])))
        if left is None or right is None or left <= right:
            merged.append(named.pop(0))
        else:
            merged.append(others.pop(0))
    return [*merged, *named, *others]


def _hashable(name: Any) -> Any:
    return name if isinstance(name, str | int) else repr(name)
