"""Lists at an earlier resourceVersion, reconstructed from the change log."""

from __future__ import annotations

from dataclasses import dataclass

from kconv._errors import Expired
from kconv._gvk import GroupResource
from kconv._store import Page, Store, Stored

_PAGE = 5000
"""Keys that have changed which are looked at for a page; it ends where there are more."""


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
        state of that time. The page covers the same names, so it may hold more objects or fewer;
        where very many of them have changed, it ends earlier. Raises `HistoryCompacted`.
        """
        if now.resource_version <= self.version:
            return now
        try:
            since = self.store.states_at(
                self.resource.group,
                self.resource.resource,
                self.version,
                namespace=self.namespace,
                after=after,
                upto=now.next,
                most=_PAGE,
            )
        except Expired:
            raise HistoryCompacted from None
        if since.unknown:
            raise HistoryCompacted
        if not since.states and since.end is None:
            return now
        kept = [stored for stored in now.items if stored.key not in since.states]
        end, later = now.next, 0
        if since.end is not None and (end is None or since.end < end):
            end = since.end
            within = [stored for stored in kept if _place(stored) <= end]
            kept, later = within, len(kept) - len(within)
        items = kept + [stored for stored in since.states.values() if stored is not None]
        items.sort(key=_place)
        return Page(items, self.version, end, now.remaining + later)


def _place(stored: Stored) -> tuple[str, str]:
    return stored.key.namespace, stored.key.name
