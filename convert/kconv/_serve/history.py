"""Lists at an earlier resourceVersion, reconstructed from the change log."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from kconv._errors import Expired
from kconv._gvk import GroupResource
from kconv._store import Change, Key, Page, Store, Stored

_PAGE = 500


class HistoryCompacted(Exception):
    """The change log no longer has what a list of that time would show."""


@dataclass(frozen=True, slots=True)
class ListHistory:
    """The objects of a resource as they were at ``version``; ``namespace`` None is all."""

    store: Store
    resource: GroupResource
    namespace: str | None
    version: int

    def page(self, now: Page, after: tuple[str, str] | None) -> Page:
        """A page read just ``now``, from ``after`` on, as it was.

        What was created since is left out; what was changed or deleted since is shown in the last
        state that the log has of that time. The page covers the same names, so it may hold more
        objects or fewer. Raises `HistoryCompacted`.
        """
        if now.resource_version <= self.version:
            return now
        since = self._changed(now, after)
        if not since:
            return now
        wanted = {key for key, change in since.items() if change.type != "ADDED"}
        found = {stored.key: stored for stored in now.items if stored.key not in since}
        found |= self._states(wanted)
        items = sorted(found.values(), key=lambda stored: (stored.key.namespace, stored.key.name))
        return Page(items, self.version, now.next, now.remaining)

    def _changed(self, now: Page, after: tuple[str, str] | None) -> dict[Key, Change]:
        """The first change of each object of the page between then and now."""
        since: dict[Key, Change] = {}
        for change in self._log(self.version, now.resource_version):
            key = change.stored.key
            place = (key.namespace, key.name)
            if (after is None or place > after) and (now.next is None or place <= now.next):
                since.setdefault(key, change)
        return since

    def _states(self, keys: Collection[Key]) -> dict[Key, Stored]:
        """The last states that the log has of objects that were there at ``version``."""
        found: dict[Key, Stored] = {}
        if keys:
            for change in self._log(self.store.oldest(), self.version):
                if change.stored.key in keys:
                    found[change.stored.key] = change.stored
        if len(found) < len(keys):
            raise HistoryCompacted
        return found

    def _log(self, after: int, upto: int) -> Iterator[Change]:
        """The resource's changes over ``after``, up to ``upto``. Raises `HistoryCompacted`."""
        while after < upto:
            try:
                changes = self.store.changes(
                    after,
                    group=self.resource.group,
                    resource=self.resource.resource,
                    namespace=self.namespace,
                    limit=_PAGE,
                )
            except Expired:
                raise HistoryCompacted from None
            for change in changes:
                after = change.stored.resource_version
                if after > upto:
                    return
                yield change
            if len(changes) < _PAGE:
                return
