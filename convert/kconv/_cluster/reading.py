"""Reading objects: as rows in pages, each page made ready while the one before it is worked on."""

from __future__ import annotations

from kconv._cluster.connection import Connection
from kconv._cluster.hubs import Hubs
from kconv._cluster.listing import FIRST_PAGE, ClusterKey, look, marks
from kconv._cluster.rehearsing import rehearsed
from kconv._cluster.resources import Resources
from kconv._cluster.rows import (
    CHUNK,
    Documented,
    chunks,
    cluster_key,
    documented,
    label_of,
    row_of,
    versions_of,
)
from kconv._cluster.threads import Threads
from kconv._cluster.walk import Chunks, Walk, see
from kconv.place import OBJECTS, Count, Key, Mark, Row


class Reading:
    """The rows of resources, which are their objects.

    A walk over the objects of one stays open between pages.
    """

    def __init__(
        self, connection: Connection, resources: Resources, threads: Threads, hubs: Hubs
    ) -> None:
        self._connection = connection
        self._resources = resources
        self._threads = threads
        self._hubs = hubs
        self._walks: dict[str, tuple[Key, Chunks[Documented]]] = {}

    def close(self) -> None:
        """Leave the walks."""
        self._walks.clear()

    def counts(self) -> list[Count]:
        """See `kconv.place.Place.counts`."""
        found = []
        for name, definition in sorted(self._resources.known.items()):
            numbers = dict.fromkeys(versions_of(definition), 0)
            if definition.problem or definition.storage not in definition.served:
                pass
            elif not definition.old or self._resources.proofs[name].is_of_nothing:
                label = label_of(definition, not definition.old)
                numbers[label] = look(self._connection, definition)[1]
            else:
                for keys in chunks(marks(self._connection, definition)):
                    proved = self._resources.proofs[name].of(keys)
                    for key in keys:
                        numbers[label_of(definition, key in proved)] += 1
            found += [Count(name, OBJECTS, each, rows) for each, rows in numbers.items()]
        return found

    def goes_on(self, name: str, after: Key | None) -> bool:
        """Whether the page after a key is the next one of a walk that is open."""
        return name in self._walks and self._walks[name][0] == after

    def page(
        self,
        name: str,
        after: Key | None,
        limit: int,
        *,
        other_than: str,
        left_out: frozenset[tuple[Key, Mark]],
        rehearses: bool,
    ) -> list[Row]:
        """See `kconv.place.Place.page`.

        Rows that are to be written have what the server says would become of them, where it
        ``rehearses``, or where it is known that objects may lose something.
        """
        self._resources.proofs[name].is_read = True
        definition = self._resources.known[name]
        goes_on = self.goes_on(name, after)
        _, walk = self._walks.pop(name, (None, None))
        if walk is None or not goes_on:
            begun = Walk(self._connection, definition, cluster_key(after), hubs=self._hubs)
            walk = Chunks(map(documented, begun), self._threads.aside)
        size = min(limit, CHUNK if after else FIRST_PAGE)
        while found := walk.take(size):
            rows = [row for row in self._rows(name, found) if row.version != other_than]
            page = [row for row in rows if (row.key, row.mark) not in left_out]
            if not page:
                continue
            self._walks[name] = (page[-1].key, walk)
            if other_than and (rehearses or definition.loses):
                return self._threads.side_by_side(
                    lambda row: rehearsed(self._connection, definition, row, self._hubs), page
                )
            return page
        return []

    def row(self, name: str, key: ClusterKey) -> Row | None:
        """One object as it is now; None if there is none."""
        seen = see(self._connection, self._resources.known[name], key, self._hubs)
        return None if seen is None else self._rows(name, [documented(seen)])[0]

    def _rows(self, name: str, found: list[Documented]) -> list[Row]:
        definition = self._resources.known[name]
        proved = self._resources.proofs[name].of({each.seen.key: each.seen.mark for each in found})
        return [row_of(definition, each, each.seen.key in proved) for each in found]
