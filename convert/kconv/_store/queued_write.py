"""Places in the queue of a writer, and how those who wait there get their outcome."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from contextlib import suppress

from kconv._store.records import Stored
from kconv._store.write import Write


class Entry:
    """A place in the queue: of a write, or of a caller that wants a turn alone.

    Who waits for a write does so on an event loop (``future``) or in a thread (``woken``). A
    thread is woken either with an outcome or, without one, because it is its turn. ``since`` is
    when it came, ``until`` when it is no longer tried again because its row is locked, ``size`` are
    the bytes of its write.
    """

    __slots__ = ("future", "outcome", "since", "size", "until", "woken", "write")

    def __init__(self, write: Write | None, future: asyncio.Future[Stored] | None = None) -> None:
        self.write = write
        self.size = 0 if write is None else write.size
        self.future = future
        self.woken = threading.Event() if future is None else None
        self.outcome: Stored | BaseException | None = None
        self.since = time.monotonic()
        self.until: float | None = None

    @property
    def abandoned(self) -> bool:
        """Whether nobody waits for it any more."""
        return self.future is not None and self.future.cancelled()

    def is_on(self, loop: asyncio.AbstractEventLoop | None) -> bool:
        """Whether it is waited for on a loop."""
        return self.future is not None and self.future.get_loop() is loop


def hand_out(entries: Sequence[Entry], here: asyncio.AbstractEventLoop | None = None) -> None:
    """Give each its outcome: one call for each event loop, however many wait on it.

    ``here`` is the loop whose thread this is.
    """
    by_loop: dict[asyncio.AbstractEventLoop, list[Entry]] = {}
    for entry in entries:
        if entry.woken is not None:
            entry.woken.set()
        elif entry.future is not None:
            by_loop.setdefault(entry.future.get_loop(), []).append(entry)
    for loop, waiting in by_loop.items():
        if loop is here:
            _settle(waiting)
            continue
        # A loop that was closed has nobody left who waits.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(_settle, waiting)


def _settle(entries: Sequence[Entry]) -> None:
    for entry in entries:
        future, outcome = entry.future, entry.outcome
        if future is None or future.done():
            continue
        if isinstance(outcome, Stored):
            future.set_result(outcome)
        elif outcome is not None:
            future.set_exception(outcome)
