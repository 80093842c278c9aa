"""Writing objects: what they were is kept first, and what they are then is noted behind it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from kconv._cluster.connection import Connection
from kconv._cluster.kinds import shown_in
from kconv._cluster.listing import ClusterKey
from kconv._cluster.proof import Written
from kconv._cluster.resources import Resources
from kconv._cluster.rewriting import Rewritten, rewrite
from kconv._cluster.rows import before_image
from kconv._cluster.threads import Threads
from kconv._cluster.walk import see
from kconv._errors import KconvError
from kconv._store.bookkeeping import Bookkeeping, Kept
from kconv._store.bookkept_place import number
from kconv.place import Key, NewData

if TYPE_CHECKING:
    from sqlalchemy import Connection as Transaction

_FIRST: Final = (32, 128)
"""Objects up to which before-images are kept before others are written, and before yet others.

The others' are kept while those are written, together with what there is to note of the last call.
"""


class _Patched(NamedTuple):
    """What a call has written, and what it has not; ``keep`` says that it has before-images."""

    run: str
    collection: str
    done: Sequence[tuple[NewData, Rewritten]]
    lost: Sequence[NewData]
    keep: bool


class _Noted(NamedTuple):
    """What has become of objects, for the notes: see `Bookkeeping.keep`, `forget`, `rewritten`."""

    run: str
    collection: str
    kept: Sequence[Kept]
    gone: Sequence[Kept]
    known: Sequence[tuple[Key, int]]


class Writing:
    """Rewrites objects, many at a time, and keeps the notes of it.

    That an object has its before-image on disk before it is written is never put off. What it is
    then is compared and noted while the next ones are written, or by `settle`: in between a run
    that is killed leaves as much as one that is killed before it could note it.
    """

    def __init__(
        self, connection: Connection, books: Bookkeeping, resources: Resources, threads: Threads
    ) -> None:
        self._connection = connection
        self._books = books
        self._resources = resources
        self._threads = threads
        self._patched: list[_Patched] = []
        self._noted: list[_Noted] = []

    def write(self, name: str, items: Sequence[NewData], run: str, *, keep: bool) -> int:
        """Write objects of a collection; see `kconv.place.Place.write`.

        Raises `NotAsBefore` where the answers to patches are not what the objects were, and what
        ended a request for good, once all that is under way is settled.
        """
        if not self._is_apart(items):
            self.settle()
        definition = self._resources.known[name]
        is_suspect = not self._resources.proofs[name].has_tried

        def write_one(item: NewData) -> Rewritten:
            nonlocal is_suspect
            found = rewrite(self._connection, definition, item)
            if found.error is not None:
                stream.stop()
            elif found.mark and found.answer != shown_in(item.data).get(definition.storage):
                is_suspect = True
            return found

        stream = self._threads.stream(write_one, len(items))
        failure: Exception | None = None
        first, second = _FIRST
        parts = items[:first], items[first:second], items[second:]
        try:
            for part in parts:
                if part is parts[-1]:
                    self._conclude()
                self._begin(name, part, run, keep=keep)
                stream.put(part)
        except Exception as error:  # noqa: BLE001 - it is raised once what is under way has ended
            stream.stop()
            failure = error
        except BaseException:
            stream.stop()
            stream.close()
            raise
        outcomes = [each or Rewritten() for each in stream.end()]
        outcomes += [Rewritten()] * (len(items) - len(outcomes))
        found = list(zip(items, outcomes, strict=True))
        done = [(item, outcome) for item, outcome in found if outcome.mark]
        lost = [item for item, outcome in found if not outcome.mark]
        self._patched.append(_Patched(run, name, done, lost, keep))
        failure = failure or next((each.error for each in outcomes if each.error), None)
        failed = [
            (outcome.entry(run, name, item.row), number(item.row.mark))
            for item, outcome in found
            if outcome.message
        ]
        if failure is not None:
            # The server may be away, or the database: what can be said still is said.
            with suppress(KconvError):
                self.settle(asking=False)
                self._books.quarantine(failed)
            raise failure
        if failed:
            self._books.quarantine(failed)
        if is_suspect:
            self.settle()
        return len(done)

    def settle(self, *, asking: bool = True) -> None:
        """Compare and note what was written. Raises `NotAsBefore`, and what the database does.

        Without ``asking`` nobody knows where it is stored: it is noted, and written once more.
        """
        try:
            self._conclude(asking=asking)
        finally:
            if self._noted:
                self._books.database.write(self._write_notes)
                self._noted.clear()

    def _is_apart(self, items: Sequence[NewData]) -> bool:
        """Whether what is to be noted still may wait for these: it is of other objects.

        And the first of them have been read again.
        """
        if not all(self._resources.proofs[each.collection].has_tried for each in self._patched):
            return False
        found = {tuple(item.row.key) for each in self._patched for item, _ in each.done}
        found |= {tuple(item.row.key) for each in self._patched for item in each.lost}
        for noted in self._noted:
            found |= {each.key for each in (*noted.kept, *noted.gone)}
        return found.isdisjoint(tuple(each.row.key) for each in items)

    def _begin(self, name: str, part: Sequence[NewData], run: str, *, keep: bool) -> None:
        """Keep before-images, and note what there is to note."""
        if not part and not self._noted:
            return
        images = [before_image(name, each, None) for each in part] if keep else []

        def transact(transaction: Transaction) -> None:
            self._books.check_held(transaction, run)
            self._write_notes(transaction)
            self._books.keep(transaction, run, images)

        self._books.database.write(transact)
        self._noted.clear()

    def _write_notes(self, transaction: Transaction) -> None:
        for each in self._noted:
            self._books.keep(transaction, each.run, each.kept)
            self._books.forget(transaction, each.run, each.gone)
            self._books.rewritten(transaction, each.collection, each.known)

    def _conclude(self, *, asking: bool = True) -> None:
        """Compare what the server answered with what objects were. Raises `NotAsBefore`."""
        while self._patched:
            patched = self._patched[0]
            # Read behind the writes: what was written is where the CRD said if it still says so.
            held = asking and self._resources.is_held(patched.collection)
            self._noted.append(_noted(patched, held=held))
            del self._patched[0]
            # If it is not held, nobody knows where they are stored: they are written once more.
            if held:
                self._compare(patched)

    def _compare(self, patched: _Patched) -> None:
        name, run = patched.collection, patched.run
        definition, proofs = self._resources.known[name], self._resources.proofs[name]
        written = [
            Written(ClusterKey(*map(str, item.row.key)), found.mark, item.data, found.answer)
            for item, found in patched.done
        ]
        proofs.rewritten(written, run)
        proofs.try_first(
            written,
            lambda keys: self._threads.side_by_side(
                lambda key: see(self._connection, definition, key), keys
            ),
            run,
        )


def _noted(patched: _Patched, *, held: bool) -> _Noted:
    """What is to be noted of objects that were written, and of those that were not."""
    run, name, done, lost, keep = patched
    images = [before_image(name, item, found.mark) for item, found in done] if keep else []
    if not held:
        images = [each._replace(written_version="") for each in images]
    gone = [before_image(name, each, None) for each in lost] if keep else []
    known = [(item.row.key, number(item.row.mark)) for item, _ in done if held]
    return _Noted(run, name, images, gone, known)
