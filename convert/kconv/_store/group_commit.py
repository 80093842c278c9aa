"""Group commit: writes that arrive while another is committing share the next transaction."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, TypeVar

from sqlalchemy import Connection

from kconv._errors import KconvError, Unavailable
from kconv._store.database import Database
from kconv._store.records import Key, Stored
from kconv._store.write_batch import Outcome, Write, apply

T = TypeVar("T")

_MOST_WRITES: Final = 200
_MOST_BYTES: Final = 16 * 1024 * 1024


class _Ticket:
    """A caller in the queue, with its write, or without one when it wants a turn alone.

    The caller is woken either with an outcome or, without one, because it is its turn.
    """

    __slots__ = ("outcome", "woken", "write")

    def __init__(self, write: Write | None) -> None:
        self.write = write
        self.outcome: Stored | BaseException | None = None
        self.woken = threading.Event()


class Writer:
    """The one place in a process that writes to the database.

    There is no thread behind it. Callers queue; the one at the front has the turn and commits
    all that is queued by then, so that many callers' writes cost one sync to disk, and then
    wakes those it served and the one whose turn is next.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._mutex = threading.Lock()
        self._queue: deque[_Ticket] = deque()
        self._busy = False

    def submit(self, write: Write) -> Stored:
        """Do one write. Returns when it is on disk; raises what it was refused with."""
        ticket = _Ticket(write)
        if self._wait(ticket):
            with self._turn():
                self._commit(self._next_batch())
        if isinstance(ticket.outcome, Stored):
            return ticket.outcome
        assert ticket.outcome is not None, "whoever has the turn is served in it"
        raise ticket.outcome

    def alone(self, work: Callable[[Connection], T]) -> T:
        """Run another writing transaction, in turn with the writes."""
        ticket = _Ticket(None)
        self._wait(ticket)
        with self._turn():
            with self._mutex:
                self._queue.remove(ticket)
            return self._database.write(work)

    def _wait(self, ticket: _Ticket) -> bool:
        """Queue; True when it is this caller's turn, False when it has been served."""
        with self._mutex:
            self._queue.append(ticket)
            if not self._busy:
                self._busy = True
                return True
        try:
            ticket.woken.wait()
        except BaseException:
            self._leave(ticket)
            raise
        return ticket.outcome is None

    def _leave(self, ticket: _Ticket) -> None:
        """Give up waiting (Ctrl-C), and the turn if it has just come."""
        with self._mutex:
            if ticket in self._queue:
                self._queue.remove(ticket)
            has_turn = ticket.woken.is_set() and ticket.outcome is None
        if has_turn:
            self._pass_on()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        try:
            yield
        finally:
            self._pass_on()

    def _pass_on(self) -> None:
        with self._mutex:
            if self._queue:
                self._queue[0].woken.set()
            else:
                self._busy = False

    def _next_batch(self) -> list[tuple[_Ticket, Write]]:
        """The oldest writes of the queue, no two of them to the same key."""
        batch: list[tuple[_Ticket, Write]] = []
        later: list[_Ticket] = []
        keys: set[Key] = set()
        size = 0
        with self._mutex:
            while self._queue and len(batch) < _MOST_WRITES and size < _MOST_BYTES:
                ticket = self._queue.popleft()
                if ticket.write is None or ticket.write.key in keys:
                    later.append(ticket)
                    continue
                keys.add(ticket.write.key)
                size += ticket.write.size
                batch.append((ticket, ticket.write))
            self._queue.extendleft(reversed(later))
        return batch

    def _commit(self, batch: Sequence[tuple[_Ticket, Write]]) -> None:
        try:
            outcomes = self._outcomes([write for _, write in batch])
            for (ticket, _), outcome in zip(batch, outcomes, strict=True):
                ticket.outcome = outcome
        finally:
            for ticket, _ in batch:
                if ticket.outcome is None:
                    # Ctrl-C reached this caller: the others must not wait for ever.
                    ticket.outcome = Unavailable(
                        "the write was interrupted; it may be stored", cause="was interrupted"
                    )
                ticket.woken.set()

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
