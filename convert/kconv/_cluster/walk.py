"""A walk over all objects of a resource, each as it is shown in every version that is served."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from itertools import islice
from typing import Any, Final, Generic, TypeVar

import msgspec

from kconv._cluster.connection import OBJECT, Connection, Refused
from kconv._cluster.definition import Definition
from kconv._cluster.differing import Problem
from kconv._cluster.hubs import Hubs
from kconv._cluster.kinds import Shown, content_of
from kconv._cluster.listing import ClusterKey, Listed, Paged, mark_of
from kconv._errors import Conflict
from kconv.place import RowFinding

Item = Mapping[str, Any]
T = TypeVar("T")

_LOOKS: Final = 20
"""Looks at an object that is written between them."""


class Seen(msgspec.Struct, frozen=True, gc=False):
    """An object: ``mark`` is its resourceVersion, ``shown`` what it is in each version.

    ``generation`` is that of its metadata. ``problem`` is what the server said where it could not
    show it in some version, or in what versions do not say the same, with ``findings``.
    """

    key: ClusterKey
    uid: str
    mark: int
    shown: Shown
    problem: str = ""
    generation: object = None
    findings: tuple[RowFinding, ...] = ()


class Walk:
    """Objects in order, from after a key, a page of lists at a time.

    In some ``versions``, or in all that are served. The lists are asked for side by side, and
    ahead: meanwhile objects of the page before are written. What versions show is compared through
    the kinds that ``hubs`` know.
    """

    def __init__(
        self,
        connection: Connection,
        definition: Definition,
        after: ClusterKey | None,
        versions: Sequence[str] = (),
        hubs: Hubs | None = None,
    ) -> None:
        self._connection = connection
        self._hubs = hubs
        self._definition = definition
        # The storage version last: objects in other versions may be asked of nobody else.
        wanted = versions or definition.served
        self._versions = sorted(wanted, key=lambda each: each == definition.storage)
        self._lists = {
            each: _Ahead(iter(Paged(connection, definition, each, after=after, ahead=True)))
            for each in self._versions
        }

    def __iter__(self) -> Iterator[Seen]:
        """Every object. Raises `Refused` where no version can be listed at all."""
        lists = list(self._lists.values())
        while True:
            heads = [each.head() for each in lists]
            first = heads[0]
            if first is None or any(
                each is None or each.order != first.order or each.mark != first.mark
                for each in heads
            ):
                found = [each for each in heads if each is not None]
                if not found:
                    self._raise_refused(lists)
                    return
                first = min(found, key=lambda each: each.order)
                # Not there at the time of some list, written in between, or in a list that failed.
                seen = see(self._connection, self._definition, first.key, self._hubs)
            else:
                items = {
                    version: self._connection.read(each.text, OBJECT)
                    for version, each in zip(self._versions, heads, strict=True)
                    if each is not None
                }
                seen = _seen(self._definition, first.key, items, hubs=self._hubs)
            for each in lists:
                each.leave(first.order)
            if seen is not None:
                yield seen

    @staticmethod
    def _raise_refused(lists: Sequence[_Ahead]) -> None:
        refused = [each.refused for each in lists if each.refused is not None]
        if len(refused) == len(lists):
            raise refused[0]


class _Ahead:
    """A list, one object ahead; one that fails has no more objects."""

    def __init__(self, items: Iterator[Listed]) -> None:
        self._items = items
        self._head: Listed | None = None
        self._is_over = False
        self.refused: Refused | None = None

    def head(self) -> Listed | None:
        if self._head is None and not self._is_over:
            try:
                self._head = next(self._items, None)
            except Refused as error:
                self.refused = error
            self._is_over = self._head is None
        return self._head

    def leave(self, order: str) -> None:
        if self._head is not None and self._head.order <= order:
            self._head = None


class Chunks(Generic[T]):
    """What a walk gives in chunks, the next of which is made while those before are worked on.

    ``aside`` has something called in another thread.
    """

    def __init__(
        self, walk: Iterator[T], aside: Callable[[Callable[[], list[T]]], Future[list[T]]]
    ) -> None:
        self._walk = walk
        self._aside = aside
        self._next: Future[list[T]] | None = None
        self._size = 0

    def take(self, size: int) -> list[T]:
        """The next objects, at most ``size``; none at the end. Raises as `Walk` does."""
        if self._next is None or self._size > size:
            found = [] if self._next is None else self._next.result()
            found, left = found[:size], found[size:]
            self._next = None
            if left:
                # Smaller chunks are wanted now: what is there already comes first.
                self._walk = _after(left, self._walk)
            found = found or list(islice(self._walk, size))
        else:
            found = self._next.result()
            self._next = None
        if found:
            self._size = size
            self._next = self._aside(partial(_taken, self._walk, size))
        return found


def _taken(walk: Iterator[T], size: int) -> list[T]:
    found = []
    for each in islice(walk, size):
        found.append(each)
        # Threads that write meanwhile get the interpreter's lock at once, and not 5 ms later.
        time.sleep(0)
    return found


def _after(first: Sequence[T], rest: Iterator[T]) -> Iterator[T]:
    yield from first
    yield from rest


def see(
    connection: Connection, definition: Definition, key: ClusterKey, hubs: Hubs | None = None
) -> Seen | None:
    """One object as it is now in every version; None if there is none.

    Versions are compared as by `Walk`. Where it is written between the looks, they are taken again.
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
            return _seen(definition, key, items, problem, hubs)
    if gone:
        raise Conflict(f"the CRD has changed meanwhile: {gone}")
    raise Conflict(f"{definition.name} {key} is written all the time: it cannot be compared")


def _seen(
    definition: Definition,
    key: ClusterKey,
    items: Mapping[str, Item],
    problem: str = "",
    hubs: Hubs | None = None,
) -> Seen:
    one = next(iter(items.values()))
    metadata = one["metadata"]
    shown = {version: content_of(each, definition, version) for version, each in items.items()}
    found = Problem(problem)
    if hubs is not None and not problem:
        found = hubs.disagreement(definition, items, shown)
    generation = metadata.get("generation")
    return Seen(key, metadata["uid"], mark_of(one), shown, found.text, generation, found.findings)
