"""Group commit: writes that come while another is committed share the next transaction."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, TypeVar

from sqlalchemy import Connection

from kconv._errors import TooManyRequests
from kconv._store.database import Database
from kconv._store.gathering import gather
from kconv._store.locked_rows import still_locked
from kconv._store.queued_write import Entry, hand_out
from kconv._store.records import Stored
from kconv._store.sent_batch import SentBatch
from kconv._store.write import Outcome, Write
from kconv._store.write_connection import outcomes_of, write_connection
from kconv._store.write_queue import Batch, interrupted
from kconv._store.write_statistics import WriteStatistics, WriteTally
from kconv._store.write_turns import WriteTurns

T = TypeVar("T")

_log = logging.getLogger(__name__)

_PROMPT = 0.001
"""Seconds that a batch usually waits for the disk, up to which an event loop commits it itself."""

_SMALL: Final = 256 * 1024
"""Bytes of writes, likewise."""


class Writer(WriteTurns):
    """The one place in a process that writes to the database.

    Writes queue. One at a time has the turn: it commits all that is queued by then, so that many
    writes cost one sync to disk, hands each its outcome, and passes the turn to the next caller
    at the front. Callers that block take their turn themselves. For those on an event loop, the
    loop itself does, where the database is a file and the disk takes a millisecond or less: to hand
    a batch to a thread and back would take as long. To a database server the loop sends the batch,
    and goes on until it is answered. Otherwise a thread does, which starts with the first such
    write and ends with `close`.

    Writes to rows that others have locked are set aside meanwhile, with the later ones to the
    same keys. What has waited for too long ends with `Unavailable`, whatever it waits for: on an
    event loop within seconds more, and in a thread when its turn comes.
    """

    most_queued = 5_000
    """Writes that may wait."""

    most_queued_bytes = 128 * 1024 * 1024
    """Bytes of writes that may wait; a single write may be larger."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self._database = database
        self._connection = write_connection(database)
        self._due_on: asyncio.AbstractEventLoop | None = None
        self._trying_again = False
        self._sent: SentBatch | None = None
        self._tally = WriteTally()

    def submit(self, write: Write) -> asyncio.Future[Stored]:
        """Queue a write; call it on the thread of a running event loop.

        The future has the object once it is on disk, or what the write was refused with. One that
        is cancelled before its turn is not written. Raises `TooManyRequests` where the queue is
        full.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Stored] = loop.create_future()
        entry = Entry(write, future)
        with self._mutex:
            try:
                self._queue.check_room(entry.size, self.most_queued, self.most_queued_bytes)
            except TooManyRequests:
                self._tally.refused += 1
                raise
            self._queue.append(entry)
            self._watch(loop)
            if self._busy or self._due_on is loop:
                return future
            if not self._connection.immediate or self._tally.is_prompt(_PROMPT):
                self._commit_soon(loop)
            else:
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
            self._does("another transaction of this process")
            return self._database.write(work)

    def close(self) -> None:
        """Do what is queued, end the thread and the connection; a later write begins anew."""
        with self._turn_alone():
            self._end_thread()
            with self._mutex:
                waiting = self._queue.locked.take()
            for entry in waiting:
                entry.outcome = still_locked(entry)
            hand_out(waiting)
            self._connection.close()

    def statistics(self) -> WriteStatistics:
        """The numbers by now."""
        with self._mutex:
            queue = self._queue
            return self._tally.statistics(
                queued=len(queue), queued_bytes=queue.bytes, locked=len(queue.locked)
            )

    def _commit_soon(self, loop: asyncio.AbstractEventLoop) -> None:
        """Commit on a loop, once it has run what else is ready: it may be more writes.

        The mutex must be held.
        """
        self._due_on = loop
        last = self._tally.last_writes if self._connection.immediate else None
        gather(loop, self._queue.__len__, partial(self._commit_on_loop, loop), last)

    def _commit_on_loop(self, loop: asyncio.AbstractEventLoop) -> None:
        """Commit what is queued, on the thread of a loop, if nobody else has the turn.

        Where it would have to wait, or there is much to write, the thread has the turn.
        """
        with self._mutex:
            self._due_on = None
            front = self._queue.first
            if self._busy or front is None:
                return
            self._busy = True
            if front.woken is not None or self._queue.bytes > _SMALL:
                self._give_turn()
                return
        if not self._connection.immediate:
            self._send(self._next_batch(), loop)
            return
        is_done = False
        left: Batch = []
        try:
            batch = self._next_batch()
            is_done = self._commit(batch, loop)
            left = [] if is_done else batch
        finally:
            with self._mutex:
                self._queue.put_back([entry for entry, _ in left])
                front = self._queue.first
                if is_done and front is not None and front.is_on(loop):
                    # What had to wait for this one: a later write to the same object.
                    # One of another loop must not wait for this one, which may end meanwhile.
                    self._busy = False
                    self._commit_soon(loop)
                else:
                    self._give_turn()

    def _send(self, batch: Batch, loop: asyncio.AbstractEventLoop) -> None:
        """Send a batch from a loop and keep the turn until it is answered.

        Where it cannot be sent, as over no connection, the thread has the turn.
        """
        self._does(f"a batch of {len(batch)} writes")
        sent = self._sent = SentBatch(batch, loop)
        writes = [write for _, write in batch]
        wait = None
        try:
            if batch and sent.is_of_one_loop:
                wait = self._connection.send(
                    writes, loop, lambda found: self._answered(sent, found)
                )
        finally:
            sent.wait = wait
            if wait is None:
                self._answered(sent, None)

    def _answered(self, sent: SentBatch, outcomes: Sequence[Outcome | None] | None) -> None:
        """A batch has its answer, on its loop, unless somebody else has waited for that."""
        with self._mutex:
            if self._sent is not sent:
                return
            self._sent = None
        self._conclude(sent, outcomes)

    def _conclude(
        self, sent: SentBatch, outcomes: Sequence[Outcome | None] | None, *, here: bool = True
    ) -> None:
        """Hand out what became of a batch that was sent; with None the thread tries it again.

        ``here`` says that this is the thread of its loop.
        """
        if outcomes is None:
            with self._mutex:
                self._queue.put_back([entry for entry, _ in sent.batch])
                self._give_turn()
            return
        loop = sent.loop
        try:
            self._settle(sent.batch, outcomes, sent.seconds, loop if here else None)
        finally:
            with self._mutex:
                front = self._queue.first
                is_next = here and front is not None and front.woken is None
                self._busy = not is_next
                if not is_next:
                    self._give_turn()
        if is_next:
            self._commit_on_loop(loop)

    def look(self, loop: asyncio.AbstractEventLoop) -> None:
        """Answer writes that wait for too long, and end what they wait for where that may be.

        Another loop may have ended that sent others before them.
        """
        with self._mutex:
            late = self._queue.take_late(self._connection.patience, self._waits_for)
            sent = self._sent
            self._go_on()
        hand_out(late, loop)
        self._connection.cut_if_late()
        if sent is not None and sent.loop is not loop and not sent.is_looked_after:
            threading.Thread(target=self.take_over, name="kconv-sent", daemon=True).start()

    def take_over(self) -> None:
        """Wait for a batch that its loop sent and will not look after: it may have ended.

        So may one that was going to commit.
        """
        with self._mutex:
            self._go_on()
            sent = self._sent
            if sent is None or sent.wait is None or sent.is_looked_after:
                return
            self._sent = None
        try:
            outcomes = sent.wait()
        except BaseException:
            self._connection.close()
            self._conclude(sent, interrupted(sent.batch), here=False)
            raise
        self._conclude(sent, outcomes, here=False)

    def _go_on(self) -> None:
        """Have what is queued written where nobody has the turn; the mutex must be held.

        The loop that was going to take it may have ended. If it has not, it finds nothing to do.
        """
        if not self._busy and self._queue.first is not None:
            self._busy = True
            self._give_turn()

    def lead(self) -> None:
        """Have the turn, in the thread, for as long as those at the front are on event loops."""
        while True:
            try:
                self._commit(self._next_batch())
            except Exception:  # noqa: BLE001 - the thread must go on for the others
                _log.exception("a batch of writes ended unexpectedly")
            with self._mutex:
                first = self._queue.first
                if first is None or first.woken is not None:
                    self._give_turn()
                    return

    def _next_batch(self) -> Batch:
        with self._mutex:
            batch, late = self._queue.next_batch(self._connection.patience, self._waits_for)
        hand_out(late)
        return batch

    def _commit(self, batch: Batch, loop: asyncio.AbstractEventLoop | None = None) -> bool:
        """Commit a batch and hand out the outcomes.

        On the thread of ``loop`` it does not wait for locks: False where it would have to, and
        nothing is done.
        """
        if not batch:
            return True
        self._does(f"a batch of {len(batch)} writes")
        started, computed = time.perf_counter(), time.thread_time()
        writes = [write for _, write in batch]
        try:
            outcomes = outcomes_of(self._connection, writes, wait=loop is None)
        except BaseException:
            # Ctrl-C reached this caller: the others must not wait for ever.
            self._settle(batch, interrupted(batch))
            raise
        if outcomes is None:
            return False
        taken = time.perf_counter() - started
        if loop is not None:
            self._tally.waited(taken - (time.thread_time() - computed), _PROMPT)
        self._settle(batch, outcomes, taken, loop)
        return True

    def _settle(
        self,
        batch: Batch,
        outcomes: Sequence[Outcome | Exception | None],
        taken: float = 0.0,
        loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        with self._mutex:
            stored = any(isinstance(outcome, Stored) for outcome in outcomes)
            self._tally.committed(len(batch), taken, stored=stored)
            done = self._set_aside(batch, outcomes)
        hand_out(done, loop)

    def _set_aside(
        self,
        batch: Batch,
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
                self._queue.locked.put(entry, now + self._connection.patience)
                continue
            done.append(entry)
        if self._queue.locked and not self._trying_again:
            self._trying_again = True
            threading.Thread(target=self._try_again, name="kconv-locked-rows", daemon=True).start()
        return done

    def _try_again(self) -> None:
        """Put the writes that were set aside back at the front, again and again."""
        while True:
            with self._mutex:
                if not self._queue.locked:
                    self._trying_again = False
                    return
                pause = self._queue.locked.next_pause()
            time.sleep(pause)
            with self._mutex:
                entries = self._queue.locked.take()
                self._queue.put_back(entries)
                if entries and not self._busy:
                    self._busy = True
                    self._give_turn()
