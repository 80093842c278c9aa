"""Who writes at present: one at a time, in the order in which they came."""

from __future__ import annotations

import asyncio
import threading
import time
import weakref
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Final

from kconv._store.queued_write import Entry
from kconv._store.write_queue import WriteQueue

LOOK_SECONDS: Final = 1.0
"""How often those who wait see whether the turn will ever be given on."""


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
        self._watching: set[asyncio.AbstractEventLoop] = set()
        self._doing, self._since = "", 0.0
        weakref.finalize(self, self._turns.put, None).atexit = False

    @abstractmethod
    def lead(self) -> None:
        """Have the turn, in the thread, and give it on."""

    @abstractmethod
    def take_over(self) -> None:
        """See whether the one who has the turn will ever give it on, and do so otherwise."""

    @abstractmethod
    def look(self, loop: asyncio.AbstractEventLoop) -> None:
        """See, on a loop whose writes may wait, that they do not wait for ever."""

    def _does(self, what: str) -> None:
        """Note what is done with the turn, for those who wait too long for it."""
        self._doing, self._since = what, time.monotonic()

    @property
    def _waits_for(self) -> str:
        """What is done with the turn at present; empty where nobody has it."""
        if not self._busy or not self._doing:
            return ""
        return f"{self._doing} has taken {time.monotonic() - self._since:.0f} s so far"

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Have `look` called on a loop, from time to time while anything waits.

        The mutex must be held.
        """
        if loop not in self._watching:
            self._watching = {each for each in self._watching if not each.is_closed()} | {loop}
            loop.call_later(LOOK_SECONDS, self._tick, loop)

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        with self._mutex:
            self._watching.discard(loop)
            if self._busy or len(self._queue) or self._queue.locked:
                self._watch(loop)
        self.look(loop)

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
