"""Keeping the change log short: every few seconds, by one of the servers on a database."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from anyio import CapacityLimiter, to_thread

from kconv._durations import parse_duration
from kconv._errors import KconvError
from kconv._serve.background import Background
from kconv._settings import Limits
from kconv._store import Retention, Store

TEND_SECONDS: Final = 5.0
"""Time between two looks at the change log; what was written in between is taken for as old."""

_log = logging.getLogger(__name__)


def retention_of(limits: Limits) -> Retention:
    """What the settings keep of the change log. Raises `kconv._errors.UsageError`."""
    return Retention(
        age=parse_duration(limits.keep_changes, "--keep-changes"),
        rows=limits.keep_changes_rows or None,
        bytes=limits.keep_changes_mib * 1024 * 1024 or None,
    )


class LogKeeper(Background):
    """Compacts the change log beside the requests, and drops before-images that are due.

    ``holder`` tells this server from the others; ``retention`` says what is kept.
    """

    name = "kconv-log-keeper"

    def __init__(self, store: Store, holder: str, retention: Retention | None = None) -> None:
        super().__init__()
        self.retention = retention or Retention()
        self._store = store
        self._holder = holder

    async def _run(self) -> None:
        # Its own thread: requests that wait for a slow database must not hold it up.
        limiter = CapacityLimiter(1)
        steps: tuple[Callable[[], object], ...] = (self._compact, self._store.expire_undo)
        while True:
            for step in steps:
                try:
                    await to_thread.run_sync(step, limiter=limiter)
                except KconvError as error:
                    _log.warning("the change log cannot be compacted: %s", error)
            await asyncio.sleep(TEND_SECONDS)

    def _compact(self) -> None:
        forgotten = self._store.tend_log(self._holder, self.retention)
        if forgotten:
            _log.info("the change log was compacted: %d changes", forgotten)
