"""Group commit: writes that arrive while another is committing share the next transaction."""

from __future__ import annotations

import asyncio
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Final, TypeVar

from sqlalchemy import Connection

from kconv._errors import KconvError, TooManyRequests, Unavailable
from kconv._store.database import Database
from kconv._store.records import Key, Stored
from kconv._store.write import Outcome, Write
from kconv._store.write_batch import apply

T = TypeVar("T")

_MOST_WRITES: Final = 200
_MOST_BYTES: Final = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class WriteStatistics:
    """What a writer has done since it was made, and what waits for it now.

    ``queued`` writes of ``queued_bytes`` bytes wait. ``commits`` batches of ``writes`` writes took
    ``seconds`` in all, the last of them ``last_writes`` and ``last_seconds``. ``refused`` writes
    found the queue full.
    """

    queued: int
    queued_bytes: int
    commits: int
    writes: int
    seconds: float
    last_writes: int
    last_seconds: float
    refused: int


class _Entry:
    """A place in the queue: of a write, or of a caller that wants a turn alone.

    Who waits for a write does so on an event loop (``future``) or in a thread (``woken``). A
    thread is woken either with an outcome or, without one, because it is its turn.
    """

    __slots__ = ("future", "outcome", "woken", "write")

    def __init__(self, write: Write | None, future: asyncio.Future[Stored] | None = None) -> None:
        self.write = write
        self.future = future
        self.woken = threading.Event() if future is None else None
        self.outcome: Stored | BaseException | None = None


class Writer:
    """The one place in a process that writes to the database.

    Writes queue. One at a time has the turn: it commits all that is queued by then, so that many
    writes cost one sync to disk, hands each its outcome, and passes the turn on to whoever waits
    at the front. Callers that block take their turn themselves; for those on an event loop, a
    thread does. It starts with the first such write and ends with `close`.
    """

    most_queued = 5_000
    """Writes that may wait."""

    most_queued_bytes = 128 * 1024 * 1024
    """Bytes of writes that may wait; a single write may be larger."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._mutex = threading.Lock()
        self._queue: deque[_Entry] = deque()
        self._queued_bytes = 0
        self._busy = False
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
        size = write.size
        with self._mutex:
            if len(self._queue) >= self.most_queued or (
                self._queued_bytes and self._queued_bytes + size > self.most_queued_bytes
            ):
                self._refused += 1
                raise TooManyRequests(
                    f"{len(self._queue)} writes of {self._queued_bytes} bytes wait for the "
                    "database: try again in a moment"
                )
            self._queue.append(_Entry(write, future))
            self._queued_bytes += size
            if not self._busy:
                self._busy = True
                self._wake_thread()
        return future

    def write(self, write: Write) -> Stored:
        """Do one write. Returns when it is on disk; raises what it was refused with."""
        entry = _Entry(write)
        if self._wait(entry):
            with self._turn():
                self._commit(self._next_batch())
        if isinstance(entry.outcome, Stored):
            return entry.outcome
        assert entry.outcome is not None, "whoever has the turn is served in it"
        raise entry.outcome

    def alone(self, work: Callable[[Connection], T]) -> T:
        """Run another writing transaction, in turn with the writes."""
        with self._turn_alone():
            return self._database.write(work)

    def close(self) -> None:
        """Do what is queued, and end the thread; a later write starts another."""
        with self._turn_alone():
            thread, self._thread = self._thread, None
            if thread is not None:
                self._turns.put(None)
                thread.join()

    def statistics(self) -> WriteStatistics:
        """The numbers by now."""
        with self._mutex:
            return WriteStatistics(
                len(self._queue),
                self._queued_bytes,
                self._commits,
                self._writes,
                self._seconds,
                self._last_writes,
                self._last_seconds,
                self._refused,
            )

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
            finally:
                with self._mutex:
                    mine = bool(self._queue) and self._queue[0].woken is None
            if not mine:
                self._pass_on()
                return

    def _wait(self, entry: _Entry) -> bool:
        """Queue; True when it is this caller's turn, False when it has been served."""
        assert entry.woken is not None
        with self._mutex:
            self._queue.append(entry)
            if entry.write is not None:
                self._queued_bytes += entry.write.size
            if not self._busy:
                self._busy = True
                return True
        try:
            entry.woken.wait()
        except BaseException:
            self._leave(entry)
            raise
        return entry.outcome is None

    def _leave(self, entry: _Entry) -> None:
        """Give up waiting (Ctrl-C), and the turn if it has just come."""
        assert entry.woken is not None
        with self._mutex:
            self._remove(entry)
            has_turn = entry.woken.is_set() and entry.outcome is None
        if has_turn:
            self._pass_on()

    def _remove(self, entry: _Entry) -> None:
        with suppress(ValueError):
            self._queue.remove(entry)
            if entry.write is not None:
                self._queued_bytes -= entry.write.size

    @contextmanager
    def _turn(self) -> Iterator[None]:
        try:
            yield
        finally:
            self._pass_on()

    @contextmanager
    def _turn_alone(self) -> Iterator[None]:
        entry = _Entry(None)
        self._wait(entry)
        with self._turn():
            with self._mutex:
                self._remove(entry)
            yield

    def _pass_on(self) -> None:
        with self._mutex:
            if not self._queue:
                self._busy = False
            elif (woken := self._queue[0].woken) is not None:
                woken.set()
            else:
                self._wake_thread()

    def _next_batch(self) -> list[tuple[_Entry, Write]]:
        """The oldest writes of the queue, but none that another of them must go before.

        That is so of two writes to one key, and of a write to an object that others rely on.
        """
        batch: list[tuple[_Entry, Write]] = []
        later: list[_Entry] = []
        written: set[Key] = set()
        relied_on: set[Key] = set()
        size = 0
        with self._mutex:
            while self._queue and len(batch) < _MOST_WRITES and size < _MOST_BYTES:
                entry = self._queue.popleft()
                write = entry.write
                if write is None:
                    later.append(entry)
                    continue
                if entry.future is not None and entry.future.cancelled():
                    self._queued_bytes -= write.size
                    continue
                within = write.within and write.within[0]
                if write.key in written or write.key in relied_on or within in written:
                    later.append(entry)
                else:
                    self._queued_bytes -= write.size
                    size += write.size
                    batch.append((entry, write))
                # Those that wait for the next batch keep others from overtaking them, too.
                written.add(write.key)
                if within:
                    relied_on.add(within)
            self._queue.extendleft(reversed(later))
        return batch

    def _commit(self, batch: Sequence[tuple[_Entry, Write]]) -> None:
        if not batch:
            return
        started = time.perf_counter()
        try:
            outcomes = self._outcomes([write for _, write in batch])
            for (entry, _), outcome in zip(batch, outcomes, strict=True):
                entry.outcome = outcome
        finally:
            taken = time.perf_counter() - started
            for entry, _ in batch:
                if entry.outcome is None:
                    # Ctrl-C reached this caller: the others must not wait for ever.
                    entry.outcome = Unavailable(
                        "the write was interrupted; it may be stored", cause="was interrupted"
                    )
            with self._mutex:
                self._commits += 1
                self._writes += len(batch)
                self._seconds += taken
                self._last_writes, self._last_seconds = len(batch), taken
            _hand_out([entry for entry, _ in batch])

    def _outcomes(self, writes: Sequence[Write]) -> Sequence[Outcome | Exception]:
        try:
            return self._database.write(lambda connection: apply(connection, writes))
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


def _hand_out(entries: Sequence[_Entry]) -> None:
    """Give each caller its outcome: one call for each event loop, however many wait on it."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Entry]] = {}
    for entry in entries:
        if entry.woken is not None:
            entry.woken.set()
        elif entry.future is not None:
            by_loop.setdefault(entry.future.get_loop(), []).append(entry)
    for loop, waiting in by_loop.items():
        # A loop that was closed has nobody left who waits.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(_settle, waiting)


def _settle(entries: Sequence[_Entry]) -> None:
    for entry in entries:
        future, outcome = entry.future, entry.outcome
        if future is None or future.done():
            continue
        if isinstance(outcome, Stored):
            future.set_result(outcome)
        elif outcome is not None:
            future.set_exception(outcome)
