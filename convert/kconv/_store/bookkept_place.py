"""A place whose runs, before-images, quarantine and record are in kconv's side tables.

What is left to such a place are its rows: `kconv.place.Place` but for what is here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kconv._store import scan
from kconv._store.bookkeeping import Bookkeeping, place_in_order
from kconv.place import (
    BeforeImage,
    ClientCount,
    Ending,
    Images,
    Key,
    Mark,
    Place,
    Quarantined,
    Reclaimable,
    RecordedVersion,
    Row,
    RowName,
    Run,
    RunTarget,
    Server,
    UndoSize,
    Where,
)


class BookkeptPlace(Place):
    """The parts of a place that are the same wherever its rows are.

    Subclasses set ``books`` and ``names``, those of their collections. Marks are integers of 64
    bits.
    """

    books: Bookkeeping
    names: frozenset[str]

    def last(self, where: Where) -> Key | None:
        return None

    def written(self) -> int | None:
        return None

    def versions(self) -> list[RecordedVersion]:
        recorded = self.books.database.peek(self.books.versions)
        return [each for each in recorded if each.collection in self.names]

    def begin_run(
        self,
        holder: str,
        targets: Sequence[RunTarget],
        lease: float,
        *,
        keep_undo: float | None = None,
    ) -> Run:
        run = self.books.begin_run(holder, targets, lease, keep_undo)
        self.release([each for each in self._entries(None) if not self._still_fits(each)])
        return run

    def renew_run(self, run_id: str, lease: float) -> None:
        self.books.renew_run(run_id, lease)

    def end_run(self, run_id: str, state: Ending) -> bool:
        return self.books.end_run(run_id, state)

    def steer_run(
        self, run_id: str, *, paused: bool | None = None, rate: float | None = None
    ) -> Run:
        return self.books.steer_run(run_id, paused, rate)

    def report_run(
        self, run_id: str, *, done: int, total: int, waiting: str, raced: int | None = None
    ) -> Run:
        return self.books.report_run(run_id, done, total, waiting, raced)

    def run(self, run_id: str) -> Run:
        return self.books.run(run_id)

    def runs(self) -> list[Run]:
        return self.books.runs()

    def undo_size(self, run_id: str) -> UndoSize:
        return self.books.undo_size(run_id)

    def images(self, run_id: str, *, after: Key | None, limit: int) -> Images:
        page = self.books.undo_page(run_id, after, limit)
        if not page:
            return Images()
        found = (
            (RowName(each.collection, each.key), BeforeImage(each.version, each.raw))
            for each in page
        )
        return Images(tuple(found), place_in_order(page[-1]))

    def drop_undo(self, run_id: str) -> int:
        return self.books.drop_undo(run_id)

    def expire_undo(self) -> int:
        return self.books.expire_undo()

    def quarantine(self, entries: Sequence[Quarantined]) -> None:
        self.books.quarantine([(each, number(each.mark)) for each in entries])

    def quarantined(self, collection: str | None = None) -> list[Quarantined]:
        return [each for each in self._entries(collection) if self._still_fits(each)]

    def release(self, entries: Sequence[Quarantined]) -> int:
        return self.books.release([(each, number(each.mark)) for each in entries])

    def servers(self, within: float) -> list[Server]:
        return self.books.servers(within)

    def clients(self, group: str, version: str, *, since_days: int) -> list[ClientCount]:
        return []

    def reclaimable(self) -> Reclaimable:
        return self.books.reclaimable()

    def close(self) -> None:
        self.books.database.close()

    @staticmethod
    def page_of(
        rows: Iterable[Row], left_out: frozenset[tuple[Key, Mark]], limit: int
    ) -> list[Row]:
        """The first of some rows, as `kconv.place.Place.page` has to give them.

        Without those of `failed`; at most ``limit``, and up to some MiB of data.
        """
        page: list[Row] = []
        size = 0
        for row in rows:
            if len(page) >= limit or size >= scan.PAGE_BYTES:
                break
            if (row.key, row.mark) not in left_out:
                page.append(row)
                size += len(row.data)
        return page

    def failed(self, collection: str, run: str) -> frozenset[tuple[Key, Mark]]:
        """The rows that a run has put in quarantine: keys and marks. No run: none."""
        if not run:
            return frozenset()
        return frozenset((each.key, mark) for each, mark in self.books.quarantined(collection, run))

    def _entries(self, collection: str | None) -> list[Quarantined]:
        found = self.books.quarantined(collection)
        return [each for each, _ in found if each.collection in self.names]

    def _still_fits(self, entry: Quarantined) -> bool:
        row = self.row(Where(entry.collection), entry.key)
        return row is not None and row.mark == entry.mark


def number(mark: Mark) -> int:
    """A mark as the side tables have it."""
    assert isinstance(mark, int), "as the place made it"
    return mark
