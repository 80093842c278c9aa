"""Writing objects: what they were is kept first, and what they are then is noted behind it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from kconv._cluster.connection import Connection
from kconv._cluster.listing import ClusterKey
from kconv._cluster.proof import Written
from kconv._cluster.resources import Resources
from kconv._cluster.rewriting import Rewritten, rewrite
from kconv._cluster.rows import before_image
from kconv._cluster.threads import Threads
from kconv._cluster.walk import see
from kconv._store.bookkeeping import Bookkeeping, Kept
from kconv._store.bookkept_place import number
from kconv.place import Key, NewData

if TYPE_CHECKING:
    from sqlalchemy import Connection as Transaction

_FIRST: Final = 32
"""Objects whose before-images are kept before the first one is written.

The others' are kept while those are written, together with what there is to note of the last call.
"""


class _Noted(NamedTuple):
    """What has become of objects, for the notes: see `Bookkeeping.keep`, `forget`, `rewritten`."""

    run: str
    collection: str
    kept: Sequence[Kept]
    gone: Sequence[Kept]
    known: Sequence[tuple[Key, int]]

    @property
    def keys(self) -> Iterator[Key]:
        """Of which objects there is something to note."""
        yield from (each.key for each in (*self.kept, *self.gone))
        yield from (tuple(key) for key, _ in self.known)


class Writing:
    """Rewrites objects, many at a time, and keeps the notes of it.

    That an object has its before-image on disk before it is written is never put off. What its
    resourceVersion is then is noted along with the next before-images, or by `settle`: in between a
    run that is killed leaves as much as one that is killed before it could note it.
    """

    def __init__(
        self, connection: Connection, books: Bookkeeping, resources: Resources, threads: Threads
    ) -> None:
        self._connection = connection
        self._books = books
        self._resources = resources
        self._threads = threads
        self._noted: list[_Noted] = []

    def write(self, name: str, items: Sequence[NewData], run: str, *, keep: bool) -> int:
        """Write objects of a collection; see `kconv.place.Place.write`.

        Raises `NotAsBefore` where the answers to patches are not what the objects were, and what
        ended a request for good, once all that is under way is settled.
        """
        again = {row for each in self._noted for row in each.keys}
        if not again.isdisjoint(tuple(each.row.key) for each in items):
            self.settle()
        outcomes = self._outcomes(name, items, run, keep=keep)
        done = [(item, found) for item, found in zip(items, outcomes, strict=True) if found.mark]
        error = next((each.error for each in outcomes if each.error), None)
        # Read behind the writes: what was written is where the CRD said if it still says so.
        held = error is None and self._resources.is_held(name)
        lost = [item for item, found in zip(items, outcomes, strict=True) if not found.mark]
        self._noted.append(_noted(run, name, done, lost, held=held, keep=keep))
        failed = [
            (found.entry(run, name, item.row), number(item.row.mark))
            for item, found in zip(items, outcomes, strict=True)
            if found.message
        ]
        try:
            if failed:
                self._books.quarantine(failed)
            if error is not None:
                raise error
            # If it is not held, nobody knows where they are stored: they are written once more.
            if held:
                self._compare(name, done, run)
        except BaseException:
            self.settle()
            raise
        return len(done)

    def settle(self) -> None:
        """Write what is to be noted. Raises what the database does."""
        if self._noted:
            self._books.database.write(self._write_notes)
            self._noted.clear()

    def _outcomes(
        self, name: str, items: Sequence[NewData], run: str, *, keep: bool
    ) -> list[Rewritten]:
        """Write objects once their before-images are kept; after an error, no more of them."""
        definition = self._resources.known[name]

        def write_one(item: NewData) -> Rewritten:
            found = rewrite(self._connection, definition, item)
            if found.error is not None:
                stream.stop()
            return found

        stream = self._threads.stream(write_one, len(items))
        try:
            for part in filter(None, (items[:_FIRST], items[_FIRST:])):
                self._begin(name, part, run, keep=keep, with_notes=part[-1] is items[-1])
                stream.put(part)
        except BaseException as error:
            stream.stop()
            if isinstance(error, Exception):
                stream.end()  # nothing is written behind the caller's back
            else:
                stream.close()
            raise
        return [each or Rewritten() for each in stream.end()]

    def _begin(
        self, name: str, part: Sequence[NewData], run: str, *, keep: bool, with_notes: bool
    ) -> None:
        images = [before_image(name, each, None) for each in part] if keep else []

        def transact(transaction: Transaction) -> None:
            self._books.check_held(transaction, run)
            if with_notes:
                self._write_notes(transaction)
            self._books.keep(transaction, run, images)

        self._books.database.write(transact)
        if with_notes:
            self._noted.clear()

    def _write_notes(self, transaction: Transaction) -> None:
        for each in self._noted:
            self._books.keep(transaction, each.run, each.kept)
            self._books.forget(transaction, each.run, each.gone)
            self._books.rewritten(transaction, each.collection, each.known)

    def _compare(self, name: str, done: Sequence[tuple[NewData, Rewritten]], run: str) -> None:
        """Compare what the server answered with what objects were. Raises `NotAsBefore`."""
        definition, proofs = self._resources.known[name], self._resources.proofs[name]
        written = [
            Written(ClusterKey(*map(str, item.row.key)), found.mark, item.data, found.answer)
            for item, found in done
        ]
        proofs.rewritten(written, run)
        proofs.try_first(
            written,
            lambda keys: self._threads.side_by_side(
                lambda key: see(self._connection, definition, key), keys
            ),
            run,
        )


def _noted(
    run: str,
    name: str,
    done: Sequence[tuple[NewData, Rewritten]],
    lost: Sequence[NewData],
    *,
    held: bool,
    keep: bool,
) -> _Noted:
    """What is to be noted of objects that were written, and of those that were not."""
    images = [before_image(name, item, found.mark) for item, found in done] if keep else []
    if not held:
        images = [each._replace(written_version="") for each in images]
    gone = [before_image(name, each, None) for each in lost] if keep else []
    known = [(item.row.key, number(item.row.mark)) for item, _ in done if held]
    return _Noted(run, name, images, gone, known)
