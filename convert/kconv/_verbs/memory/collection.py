"""`Collection`: the objects of one resource that are in memory."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Sequence

from kconv._store import Change, Stored
from kconv._verbs.memory.cached_row import CachedRow
from kconv._verbs.memory.limits import MemoryUse

Place = tuple[str, str]
"""(namespace, name)."""

_LAST = "\U0010ffff"
"""Comes after every name."""


class Collection:
    """Rows of a resource: some that were read by name, or, once ``complete``, all of them.

    ``as_of`` is the resourceVersion that a complete collection was read at: it may be used from
    when its follower has come that far. ``changed_at`` is that of its last change, and
    ``removed_at`` that of the last one that deleted an object.
    """

    def __init__(self, use: MemoryUse, position: int) -> None:
        self.rows: dict[Place, CachedRow] = {}
        self.complete = False
        self.as_of = 0
        self.changed_at = self.removed_at = position
        self.too_large_until = 0.0
        """Until when (by the monotonic clock) nobody need try to take it into memory again."""
        self._use = use
        self._order: list[Place] = []
        self._missed: list[Change] | None = None

    def clear(self) -> None:
        """Forget everything."""
        for row in self.rows.values():
            self._use.remove(row)
        self.rows.clear()
        self._order.clear()
        self.complete = False
        self._missed = None

    def put(self, row: CachedRow) -> None:
        """Take in a row that was read by name, as the newest there is of its object."""
        self._replace(row.place, row)

    def shrink(self) -> None:
        """Forget the older half of the rows that were read by name."""
        for place in list(self.rows)[: (len(self.rows) + 1) // 2]:
            self._drop(place)

    def apply(self, change: Change, made: CachedRow) -> None:
        """Follow a change of the log; ``made`` is the row after it."""
        if self._missed is not None:
            self._missed.append(change)
        stored = change.stored
        self.changed_at = max(self.changed_at, stored.resource_version)
        if change.type == "DELETED":
            self.removed_at = max(self.removed_at, stored.resource_version)
        place = (stored.key.namespace, stored.key.name)
        known = self.rows.get(place)
        if known is not None and known.stored.resource_version >= stored.resource_version:
            return
        if change.type == "DELETED":
            self._drop(place)
        elif known is not None or self.complete:
            self._replace(place, made)

    def begin_load(self) -> None:
        """From now on remember the changes, which the rows being read may not have."""
        self._missed = []

    def end_load(self, rows: Iterable[Stored], as_of: int) -> None:
        """Take in all rows as of ``as_of``, and follow the changes since."""
        known = self.rows
        missed = self._missed or []
        self.rows, self._missed = {}, None
        for stored in rows:
            place = (stored.key.namespace, stored.key.name)
            old = known.pop(place, None)
            if old is not None and old.same_state(stored):
                self.rows[place] = old
            else:
                if old is not None:
                    self._use.remove(old)
                row = self.rows[place] = CachedRow(stored)
                self._use.add(row)
        for left in known.values():
            self._use.remove(left)
        self._order = sorted(self.rows)
        self.as_of, self.complete = as_of, True
        for change in missed:
            self.apply(change, CachedRow(change.stored))

    def within(
        self, namespace: str | None, after: Place | None = None, limit: int | None = None
    ) -> tuple[Sequence[CachedRow], int]:
        """Rows in order, those of a namespace or all, and how many more there are after them."""
        order = self._order
        start, end = 0, len(order)
        if namespace is not None:
            start = bisect_left(order, (namespace, ""))
            end = bisect_left(order, (namespace, _LAST))
        if after is not None:
            start = max(start, bisect_right(order, after))
        stop = end if limit is None else min(end, start + limit)
        rows = self.rows
        if start == 0 and stop == len(order) and len(order) == len(rows):
            return [rows[place] for place in order], 0
        return [rows[place] for place in order[start:stop]], end - max(stop, start)

    def within_at(
        self, version: int, namespace: str | None, after: Place | None, limit: int | None
    ) -> tuple[Sequence[CachedRow], int] | None:
        """As `within`, as it was at an earlier resourceVersion; None where that is not known."""
        if self.removed_at > version:
            return None
        found, rest = self.within(namespace, after, limit)
        if self.changed_at > version and any(
            row.stored.resource_version > version for row in found
        ):
            return None
        return found, rest

    def _replace(self, place: Place, row: CachedRow) -> None:
        old = self.rows.get(place)
        if old is row:
            return
        if old is not None:
            self._use.remove(old)
        elif self.complete:
            insort(self._order, place)
        self.rows[place] = row
        self._use.add(row)

    def _drop(self, place: Place) -> None:
        old = self.rows.pop(place, None)
        if old is None:
            return
        self._use.remove(old)
        if self.complete:
            at = bisect_left(self._order, place)
            del self._order[at]
