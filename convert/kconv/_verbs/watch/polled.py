"""`Polled`: changes for watches in threads, each of which reads the change log by itself."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Sequence

from kconv._gvk import GroupResource
from kconv._store import Change, Position, Store
from kconv._verbs.memory import CachedRow
from kconv._verbs.watch.broadcaster import PAGE, POLL_SECONDS
from kconv._verbs.watch.live_change import LiveChange, OwnChange


class PolledChanges:
    """The changes of one resource, read from the log when they are asked for."""

    def __init__(self, store: Store, resource: GroupResource, namespace: str, page: int) -> None:
        self._store = store
        self._resource = resource
        self._namespace = namespace
        self._page = page
        self._stopped = threading.Event()
        look = store.look()
        self._at = Position(look.value, look, None)
        self.position = look.value
        self.expired = False

    @property
    def ended(self) -> bool:
        """Whether somebody ended it."""
        return self._stopped.is_set()

    def end(self) -> None:
        """Let the watch finish; from any thread."""
        self._stopped.set()

    async def take(self, seconds: float) -> Sequence[LiveChange]:
        """Read the log until there is a change, or the time is up.

        Raises `kconv._errors.Expired` where changes are missing.
        """
        deadline = time.monotonic() + seconds
        while not self.ended:
            if found := self._read():
                return [OwnChange(each, CachedRow(each.stored)) for each in found]
            left = deadline - time.monotonic()
            if left <= 0 or self._stopped.wait(min(left, POLL_SECONDS)):
                break
        return ()

    def _read(self) -> list[Change]:
        look = self._store.look()
        self._at.check(look, None)
        if look.value == self._at.value:
            return []
        found = self._store.changes(
            self._at.value,
            group=self._resource.group,
            resource=self._resource.resource,
            namespace=self._namespace or None,
            limit=self._page,
        )
        last = found[-1].stored.resource_version if found else 0
        # Where there may be more, they come next; what was written after the look, too.
        position = last if len(found) == self._page else max(last, look.value)
        self._at = Position(position, look, None)
        return found


class Polled:
    """Gives each watch changes of its own; any thread may use it."""

    def __init__(self, store: Store, *, page: int = PAGE) -> None:
        self.page = page
        self._store = store
        self._open: weakref.WeakSet[PolledChanges] = weakref.WeakSet()

    async def subscribe(self, resource: GroupResource, namespace: str) -> PolledChanges:
        """See `kconv._verbs.watch.source.Source`."""
        changes = PolledChanges(self._store, resource, namespace, self.page)
        self._open.add(changes)
        return changes

    def unsubscribe(self, changes: PolledChanges) -> None:
        """It is forgotten by itself."""

    def close(self) -> None:
        """End every watch."""
        for changes in list(self._open):
            changes.end()
