"""Whether the database can be read and written, for readiness: asked anew, never waited for long.

A look that hangs holds up nobody but itself: each is made in a thread of its own, one at a time.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable

from kconv._errors import KconvError, Unavailable
from kconv._serve.status import UNREACHABLE
from kconv._store import SqlStore, Store

PATIENCE = 0.8
"""Seconds that a probe waits: a kubelet gives up after one."""

WRITE_EVERY = 2.0
"""Seconds after which it is tried again whether a write succeeds."""

WRITE_SECONDS = 5.0
"""For how long such a write waits for locks."""

WRITES_FRESH = 10.0
"""For how long a write that succeeded counts while the one that is tried is still under way."""

Observe = Callable[[str, float], None]
"""Is told what was tried and how many seconds it took."""

_log = logging.getLogger(__name__)


class DatabaseCheck:
    """Looks at the database when a probe asks. It belongs to one event loop at a time."""

    def __init__(self, store: Store, observe: Observe) -> None:
        self._read = _Look("read", lambda: store.head(), observe)
        self._write = _Look("write", lambda: store.can_write(WRITE_SECONDS), observe)
        self._store = store

    async def problem(self) -> str:
        """What is wrong with the database, without a word on where it is; empty if nothing."""
        reading = self._read.begin()
        due = time.monotonic() - self._write.ended >= WRITE_EVERY
        writing = self._write.begin() if due or self._write.running else None
        looks = [reading] if writing is None else [reading, writing]
        await asyncio.wait(looks, timeout=PATIENCE)
        if not reading.done():
            return f"the database has not answered for {self._read.seconds:.1f} seconds"
        if found := reading.result() or self._write.problem:
            return found
        if writing is not None and not writing.done():
            waited = time.monotonic() - self._last_written
            if waited > WRITES_FRESH:
                return f"the database has taken no write for {self._write.seconds:.1f} seconds"
        return ""

    @property
    def _last_written(self) -> float:
        """When a write last succeeded: one of a request's is as good as one that was tried."""
        stored = float("-inf")
        if isinstance(self._store, SqlStore):
            stored = self._store.write_statistics().last_stored
        return max(self._write.succeeded, stored)


class _Look:
    """One thing to try, in a thread of its own, never twice at a time."""

    def __init__(self, name: str, work: Callable[[], object], observe: Observe) -> None:
        self._name = name
        self._done_to = {"read": "read", "write": "written"}[name]
        self._observe = observe
        self._work = work
        self._future: asyncio.Future[str] | None = None
        self._began = 0.0
        self.ended = float("-inf")
        self.succeeded = float("-inf")
        self.problem = ""
        """What went wrong at last, or the empty string."""

    @property
    def running(self) -> bool:
        """Whether it is under way."""
        return self._future is not None and not self._future.done()

    @property
    def seconds(self) -> float:
        """For how long it has been under way."""
        return time.monotonic() - self._began

    def begin(self) -> asyncio.Future[str]:
        """What will be wrong: a new look, or the one under way."""
        loop = asyncio.get_running_loop()
        if self._future is None or self._future.done() or self._future.get_loop() is not loop:
            self._future = loop.create_future()
            self._began = time.monotonic()
            threading.Thread(
                target=self._run,
                args=(loop, self._future),
                name=f"kconv-database-{self._name}",
                daemon=True,
            ).start()
        return self._future

    def _run(self, loop: asyncio.AbstractEventLoop, future: asyncio.Future[str]) -> None:
        try:
            self._work()
            problem = ""
        except KconvError as error:
            # Where the database is and what its driver said is not for everybody who may probe.
            _log.warning("the database cannot be %s: %s", self._done_to, error.message)
            problem = UNREACHABLE
            if isinstance(error, Unavailable):
                problem = f"the database {error.cause}; try again"
        except Exception:  # noqa: BLE001 - nobody awaits the thread, and the probe must learn of it
            _log.exception("the database cannot be %s", self._done_to)
            problem = "the database cannot be used"
        try:
            loop.call_soon_threadsafe(self._done, future, problem)
        except RuntimeError:
            # The loop has ended meanwhile, and the request with it.
            return

    def _done(self, future: asyncio.Future[str], problem: str) -> None:
        self.ended = time.monotonic()
        self._observe(self._name, self.ended - self._began)
        self.problem = problem
        if not problem:
            self.succeeded = self.ended
        if not future.done():
            future.set_result(problem)
