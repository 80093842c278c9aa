"""A walk over all objects of a resource, each as it is shown in every version that is served."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from kconv._cluster.connection import Connection, Refused
from kconv._cluster.definition import Definition
from kconv._cluster.kinds import Shown, content_of
from kconv._cluster.listing import ClusterKey, Paged, key_of, mark_of, order_of
from kconv._errors import Conflict

Item = Mapping[str, Any]

_LOOKS: Final = 20
"""Looks at an object that is written between them."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An object: ``mark`` is its resourceVersion, ``shown`` what it is in each version.

    ``problem`` is what the server said where it could not show it in some version.
    """

    key: ClusterKey
    uid: str
    mark: int
    shown: Shown
    problem: str = ""


class Walk:
    """Objects in order, from after a key, a page of lists at a time.

    The lists are asked for side by side, and ahead: meanwhile objects of the page before are
    written.
    """

    def __init__(
        self, connection: Connection, definition: Definition, after: ClusterKey | None
    ) -> None:
        self._connection = connection
        self._definition = definition
        # The storage version last: objects in other versions may be asked of nobody else.
        self._versions = sorted(definition.served, key=lambda each: each == definition.storage)
        self._lists = {
            each: _Ahead(iter(Paged(connection, definition, each, after=after, ahead=True)))
            for each in self._versions
        }

    def __iter__(self) -> Iterator[Seen]:
        """Every object. Raises `Refused` where no version can be listed at all."""
        while True:
            heads = {version: each.head() for version, each in self._lists.items()}
            if all(each.refused is not None for each in self._lists.values()):
                first = next(iter(self._lists.values())).refused
                assert first is not None
                raise first
            keys = [key_of(each) for each in heads.values() if each is not None]
            if not keys:
                return
            key = min(keys, key=order_of)
            seen = self._see(key, heads)
            for each in self._lists.values():
                each.leave(key)
            if seen is not None:
                yield seen

    def _see(self, key: ClusterKey, heads: Mapping[str, Item | None]) -> Seen | None:
        items: dict[str, Item] = {}
        for version, head in heads.items():
            if head is not None and key_of(head) == key:
                items[version] = head
        marks = {mark_of(each) for each in items.values()}
        if len(items) < len(self._versions) or len(marks) > 1:
            # Not there at the time of some list, written in between, or in a list that failed.
            return see(self._connection, self._definition, key)
        return _seen(self._definition, key, items)


class _Ahead:
    """A list, one object ahead; one that fails has no more objects."""

    def __init__(self, items: Iterator[Item]) -> None:
        self._items = items
        self._head: Item | None = None
        self._is_over = False
        self.refused: Refused | None = None

    def head(self) -> Item | None:
        if self._head is None and not self._is_over:
            try:
                self._head = next(self._items, None)
            except Refused as error:
                self.refused = error
            self._is_over = self._head is None
        return self._head

    def leave(self, key: ClusterKey) -> None:
        if self._head is not None and order_of(key_of(self._head)) <= order_of(key):
            self._head = None


def see(connection: Connection, definition: Definition, key: ClusterKey) -> Seen | None:
    """One object as it is now in every version; None if there is none.

    Where it is written between the looks, they are taken again.
    """
    for _ in range(_LOOKS):
        items: dict[str, Item] = {}
        problem = gone = ""
        for version in definition.served:
            try:
                items[version] = connection.get(definition.path(version, *key)).body
            except Refused as error:
                if error.status == 404:
                    gone = error.message
                else:
                    problem = problem or f"cannot be shown in {version}: {error.message}"
        if gone and not items:
            return None
        if not items:
            return Seen(key, "", 0, {}, problem)
        if not gone and len({mark_of(each) for each in items.values()}) == 1:
            return _seen(definition, key, items, problem)
    if gone:
        raise Conflict(f"the CRD has changed meanwhile: {gone}")
    raise Conflict(f"{definition.name} {key} is written all the time: it cannot be compared")


def _seen(
    definition: Definition, key: ClusterKey, items: Mapping[str, Item], problem: str = ""
) -> Seen:
    one = next(iter(items.values()))
    shown = {version: content_of(each, definition, version) for version, each in items.items()}
    return Seen(key, one["metadata"]["uid"], mark_of(one), shown, problem)
