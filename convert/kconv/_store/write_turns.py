"""Who writes at present: one at a time, in the order in which they came."""

from __future__ import annotations

import threading
import weakref
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Final

from kconv._store.queued_write import Entry
from kconv._store.write_queue import WriteQueue

LOOK_SECONDS: Final = 1.0
"""How often those who wait see whether a loop still looks after what it sent."""


class WriteTurns(ABC):
    """The queue of those who want to write, and the turn, which passes from one to the next.

    Callers that block take their turn themselves; a thread does for those on event loops.
    """

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._queue = WriteQueue()
        self._busy = False
        self._turns: SimpleQueue[WriteTurns | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        weakref.finalize(self, self._turns.put, None).atexit = False

    @abstractmethod
    def lead(self) -> None:
        """Have the turn, in the thread, and give it on."""

    @abstractmethod
    def take_over(self) -> None:
        """See whether the one who has the turn will ever give it on, and do so otherwise."""

    def _wake_thread(self) -> None:
        """Give the turn to the thread; the mutex must be held."""
        if self._thread is None:
            self._thread = threading.Thread(
                target=_take_turns, args=(self._turns,), name="kconv-writer", daemon=True
            )
            self._thread.start()
        self._turns.put(self)

    def _end_thread(self) -> None:
        """End the thread; the turn must be had."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._turns.put(None)
            thread.join()

    def _wait(self, entry: Entry) -> bool:
        """Queue; True when it is this caller's turn, False when it has been served."""
        with self._mutex:
            self._queue.append(entry)
            if not self._busy:
                self._busy = True
                if self._queue.first is entry:
                    return True
                self._give_turn()
        return self._wait_for_turn(entry)

    def _wait_for_turn(self, entry: Entry) -> bool:
        assert entry.woken is not None
        try:
            self.take_over()
            while not entry.woken.wait(LOOK_SECONDS):
                self.take_over()
        except BaseException:
            self._leave(entry)
            raise
        return entry.outcome is None

    def _leave(self, entry: Entry) -> None:
        """Give up waiting (Ctrl-C), and the turn if it has just come."""
        assert entry.woken is not None
        with self._mutex:
            self._queue.remove(entry)
            self._queue.locked.remove(entry)
            if entry.woken.is_set() and entry.outcome is None:
                self._give_turn()

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
                self._queue.remove(entry)
            yield

    def _give_turn(self) -> None:
        """Give the turn to the caller at the front; the mutex must be held."""
        first = self._queue.first
        if first is None:
            self._busy = False
        elif first.woken is not None:
            first.woken.set()
        else:
            self._wake_thread()


def _take_turns(turns: SimpleQueue[WriteTurns | None]) -> None:
    """What the thread does. It keeps no writer that nobody else has from being collected."""
    while (writer := turns.get()) is not None:
        writer.lead()
        del writer
