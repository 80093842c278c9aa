"""Request counts by version, resource and user agent, flushed to the store every few seconds."""

from __future__ import annotations

import threading
from collections import Counter

from kconv._gvk import GroupVersionResource
from kconv._store import Store

MOST = 10_000
"""Counts kept between two flushes; over that, further user agents share one."""

OTHERS = "(others)"
NO_AGENT = "(none)"

_AGENT_LIMIT = 200

Caller = tuple[str, str, str, str]
"""(group, version, resource, user agent)."""


class RequestCounts:
    """Requests per version, resource and user agent since the last flush; thread-safe."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._counts: Counter[Caller] = Counter()

    def count(self, gvr: GroupVersionResource, user_agent: str) -> None:
        """Count a request. Costs about a microsecond."""
        caller = (gvr.group, gvr.version, gvr.resource, user_agent[:_AGENT_LIMIT] or NO_AGENT)
        with self._lock:
            counts = self._counts
            if caller in counts:
                counts[caller] += 1
            else:
                self._add(caller, 1)

    def flush(self) -> None:
        """Add what was counted to the store; blocks. What cannot be stored now is kept."""
        with self._lock:
            taken, self._counts = self._counts, Counter()
        if not taken:
            return
        try:
            self._store.count_requests(taken)
        except BaseException:
            with self._lock:
                for caller, number in taken.items():
                    self._add(caller, number)
            raise

    def _add(self, caller: Caller, number: int) -> None:
        if len(self._counts) >= MOST and caller not in self._counts:
            caller = (*caller[:3], OTHERS)
        self._counts[caller] += number
