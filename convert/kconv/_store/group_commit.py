"""Group commit: writes that arrive while another is committing share the next transaction."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Final, TypeVar

from sqlalchemy import Connection

from kconv._errors import KconvError, TooManyRequests, Unavailable
from kconv._store.database import Database
from kconv._store.locked_rows import LockedRows, still_locked
from kconv._store.queued_write import Entry, hand_out
from kconv._store.records import Key, Stored
from kconv._store.write import Outcome, Write
from kconv._store.write_connection import write_connection
from kconv._store.write_statistics import WriteStatistics

T = TypeVar("T")

_log = logging.getLogger(__name__)

_MOST_WRITES: Final = 200
_MOST_BYTES: Final = 16 * 1024 * 1024


class Writer:
    """The one place in a process that writes to the database.

    Writes queue. One at a time has the turn: it commits all that is queued by then, so that many
    writes cost one sync to disk, hands each its outcome, and passes the turn on to whoever waits
    at the front. Callers that block take their turn themselves; for those on an event loop, a
    thread does. It starts with the first such write and ends with `close`.

    Writes to rows that others have locked are set aside meanwhile, with the later ones to the
    same keys. What has waited for too long ends with `Unavailable`.
    """

    most_queued = 5_000
    """Writes that may wait."""

    most_queued_bytes = 128 * 1024 * 1024
    """Bytes of writes that may wait; a single write may be larger."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection = write_connection(database)
        self._mutex = threading.Lock()
        self._queue: deque[Entry] = deque()
        self._queued_bytes = 0
        self._busy = False
        self._locked = LockedRows()
        self._trying_again = False
        self._turns: SimpleQueue[Writer | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._commits = self._writes = self._last_writes = self._refused = 0
        self._seconds = self._last_seconds = 0.0
        weakref.finalize(self, self._turns.put, None).atexit = False

    def submit(self, write: Write) -> asyncio.Future[Stored]:
        """Queue a write; call it on the thread of a running event loop.

        The future has the object once it is on disk, or what the write was refused with. One that
        is cancelled before its turn is not written. Raises `TooManyRequests` where the queue is
        full.
        """
        future: asyncio.Future[Stored] = asyncio.get_running_loop().create_future()
        entry = Entry(write, future)
        with self._mutex:
            if len(self._queue) >= self.most_queued or (
                self._queued_bytes and self._queued_bytes + entry.size > self.most_queued_bytes
            ):
                self._refused += 1
                raise TooManyRequests(
                    f"{len(self._queue)} writes of {self._queued_bytes} bytes wait for the "
                    "database: try again in a moment"
                )
            self._append(entry)
            if not self._busy:
                self._busy = True
                self._wake_thread()
        return future

    def write(self, write: Write) -> Stored:
        """Do one write. Returns when it is on disk; raises what it was refused with."""
        entry = Entry(write)
        has_turn = self._wait(entry)
        while True:
            if has_turn:
                with self._turn():
                    self._commit(self._next_batch())
            if entry.outcome is not None:
                break
            has_turn = self._wait_for_turn(entry)
        if isinstance(entry.outcome, Stored):
            return entry.outcome
        raise entry.outcome

    def alone(self, work: Callable[[Connection], T]) -> T:
        """Run another writing transaction, in turn with the writes."""
        with self._turn_alone():
            return self._database.write(work)

    def close(self) -> None:
        """Do what is queued, end the thread and the connection; a later write begins anew."""
        with self._turn_alone():
            thread, self._thread = self._thread, None
            if thread is not None:
                self._turns.put(None)
                thread.join()
            with self._mutex:
                waiting = self._locked.take()
            for entry in waiting:
                entry.outcome = still_locked(entry)
            hand_out(waiting)
            self._connection.close()

    def statistics(self) -> WriteStatistics:
        """The numbers by now."""
        with self._mutex:
            return WriteStatistics(
                queued=len(self._queue),
                queued_bytes=self._queued_bytes,
                locked=len(self._locked),
                commits=self._commits,
                writes=self._writes,
                seconds=self._seconds,
                last_writes=self._last_writes,
                last_seconds=self._last_seconds,
                refused=self._refused,
            )

    def _append(self, entry: Entry) -> None:
        self._queue.append(entry)
        self._queued_bytes += entry.size

    def _wake_thread(self) -> None:
        """Give the turn to the thread; the mutex must be held."""
        if self._thread is None:
            self._thread = threading.Thread(
                target=_take_turns, args=(self._turns,), name="kconv-writer", daemon=True
            )
            self._thread.start()
        self._turns.put(self)

    def _lead(self) -> None:
        """Have the turn, in the thread, for as long as those at the front are on event loops."""
        while True:
            try:
                self._commit(self._next_batch())
            except Exception:  # noqa: BLE001 - the thread must go on for the others
                _log.exception("a batch of writes ended unexpectedly")
            with self._mutex:
                if not self._queue or self._queue[0].woken is not None:
                    self._give_turn()
                    return

    def _wait(self, entry: Entry) -> bool:
        """Queue; True when it is this caller's turn, False when it has been served."""
        with self._mutex:
            self._append(entry)
            if not self._busy:
                self._busy = True
                return True
        return self._wait_for_turn(entry)

    def _wait_for_turn(self, entry: Entry) -> bool:
        assert entry.woken is not None
        try:
            entry.woken.wait()
        except BaseException:
            self._leave(entry)
            raise
        return entry.outcome is None

    def _leave(self, entry: Entry) -> None:
        """Give up waiting (Ctrl-C), and the turn if it has just come."""
        assert entry.woken is not None
        with self._mutex:
            self._remove(entry)
            self._locked.remove(entry)
            if entry.woken.is_set() and entry.outcome is None:
                self._give_turn()

    def _remove(self, entry: Entry) -> None:
        if entry in self._queue:
            self._queue.remove(entry)
            self._queued_bytes -= entry.size

    @contextmanager
    def _turn(self) -> Iterator[None]:
        try:
            yield
        finally:
            with self._mutex:
                self._give_turn()

    @contextmanager
    def _turn_alone(self) -> Iterator[None]:
        entry = Entry(None)
        self._wait(entry)
        with self._turn():
            with self._mutex:
                self._remove(entry)
            yield

    def _give_turn(self) -> None:
        """Give the turn to whoever is at the front; the mutex must be held."""
        if not self._queue:
            self._busy = False
        elif (woken := self._queue[0].woken) is not None:
            woken.set()
        else:
            self._wake_thread()

    def _next_batch(self) -> list[tuple[Entry, Write]]:
        """The oldest writes of the queue, but none that another of them must go before.

        That is so of two writes to one key, and of a write to an object that others rely on.
        """
        batch: list[tuple[Entry, Write]] = []
        later: list[Entry] = []
        late: list[Entry] = []
        written: set[Key] = set()
        relied_on: set[Key] = set()
        size = 0
        now = time.monotonic()
        patience = self._connection.patience
        with self._mutex:
            while self._queue and len(batch) < _MOST_WRITES and size < _MOST_BYTES:
                entry = self._queue.popleft()
                write = entry.write
                if write is None:
                    later.append(entry)
                    continue
                within = write.within and write.within[0]
                if write.key in written or write.key in relied_on or within in written:
                    later.append(entry)
                else:
                    self._queued_bytes -= entry.size
                    if entry.abandoned:
                        continue
                    if entry.until is None and now - entry.since > patience:
                        late.append(entry)
                        continue
                    if write.key in self._locked:
                        self._locked.put(entry, now + patience)
                        continue
                    size += entry.size
                    batch.append((entry, write))
                # Those that wait for the next batch keep others from overtaking them, too.
                written.add(write.key)
                if within:
                    relied_on.add(within)
            self._queue.extendleft(reversed(later))
        for entry in late:
            entry.outcome = Unavailable(
                f"the database kept writes waiting for more than {patience:g} s: try again",
                cause="is busy",
            )
        hand_out(late)
        return batch

    def _commit(self, batch: Sequence[tuple[Entry, Write]]) -> None:
        if not batch:
            return
        started = time.perf_counter()
        outcomes: Sequence[Outcome | Exception | None] | None = None
        try:
            outcomes = self._outcomes([write for _, write in batch])
        finally:
            taken = time.perf_counter() - started
            if outcomes is None:
                # Ctrl-C reached this caller: the others must not wait for ever.
                message = "the write was interrupted; it may be stored"
                outcomes = [Unavailable(message, cause="was interrupted") for _ in batch]
            with self._mutex:
                self._commits += 1
                self._writes += len(batch)
                self._seconds += taken
                self._last_writes, self._last_seconds = len(batch), taken
                done = self._set_aside(batch, outcomes)
            hand_out(done)

    def _set_aside(
        self,
        batch: Sequence[tuple[Entry, Write]],
        outcomes: Sequence[Outcome | Exception | None],
    ) -> list[Entry]:
        """Keep the writes whose row is locked for later; returns the others, with outcomes."""
        now = time.monotonic()
        done = []
        for (entry, _), outcome in zip(batch, outcomes, strict=True):
            if outcome is not None:
                entry.outcome = outcome
            elif entry.until is not None and now >= entry.until:
                entry.outcome = still_locked(entry)
            else:
                self._locked.put(entry, now + self._connection.patience)
                continue
            done.append(entry)
        if self._locked and not self._trying_again:
            self._trying_again = True
            threading.Thread(target=self._try_again, name="kconv-locked-rows", daemon=True).start()
        return done

    def _try_again(self) -> None:
        """Put the writes that were set aside back at the front, again and again."""
        while True:
            with self._mutex:
                if not self._locked:
                    self._trying_again = False
                    return
                pause = self._locked.next_pause()
            time.sleep(pause)
            with self._mutex:
                entries = self._locked.take()
                self._queue.extendleft(reversed(entries))
                self._queued_bytes += sum(entry.size for entry in entries)
                if entries and not self._busy:
                    self._busy = True
                    self._give_turn()

    def _outcomes(self, writes: Sequence[Write]) -> Sequence[Outcome | Exception | None]:
        try:
            return self._connection.write(writes)
        except Unavailable as error:
            return [
                Unavailable(error.message, about=error.about, cause=error.cause) for _ in writes
            ]
        except Exception as error:  # noqa: BLE001 - whatever it is, each caller must get an outcome
            if len(writes) > 1:
                return [outcome for write in writes for outcome in self._outcomes([write])]
            if not isinstance(error, KconvError):
                error.add_note(f"while writing {writes[0].key}")
            return [error]


def _take_turns(turns: SimpleQueue[Writer | None]) -> None:
    """What the thread does. It keeps no writer that nobody else has from being collected."""
    while (writer := turns.get()) is not None:
        writer._lead()
        del writer
