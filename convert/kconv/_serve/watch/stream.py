"""One watch: what was there, what happened since, what happens now."""

from __future__ import annotations

import random
import time
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass

from anyio import to_thread

from kconv._errors import Expired, KconvError
from kconv._serve.options import ListOptions, list_options
from kconv._serve.resource_request import Call
from kconv._serve.status import Refusal, expired, refusal_of
from kconv._serve.tables import check_include
from kconv._serve.verbs.list import selector_of
from kconv._serve.watch.broadcaster import Broadcaster, Subscription
from kconv._serve.watch.events import Events
from kconv._store import Change, Page

BOOKMARK_SECONDS = 60.0
_LEAST_SECONDS, _MOST_SECONDS = 1800, 3600


@dataclass(slots=True)
class Watch:
    """A watch that has been accepted; `lines` is the body of its answer."""

    call: Call
    broadcaster: Broadcaster
    options: ListOptions
    events: Events

    async def lines(self) -> AsyncGenerator[bytes]:
        """The events, a line each, until the time is up, the client goes or the server stops."""
        target = self.call.target
        resource = self.call.kind.group_resource
        subscription = await self.broadcaster.subscribe(resource, target.namespace)
        try:
            async for line in self._follow(subscription):
                yield line
        except Expired as error:
            refusal = expired(error.message)
            yield self.events.error(error, refusal)
        except KconvError as error:
            yield self.events.error(error, refusal_of(error))
        finally:
            self.broadcaster.unsubscribe(subscription)

    async def _follow(self, subscription: Subscription) -> AsyncIterator[bytes]:
        position = self.options.resource_version or 0
        deadline = time.monotonic() + self._seconds()
        if self._wants_initial():
            async for line, version in self._initial():
                position = max(position, version)
                if line is not None:
                    yield line
            if self.options.send_initial_events and self.options.bookmarks:
                yield self.events.bookmark(position, initial_end=True)
        # What was written before the subscription began is read from the log.
        while position < subscription.position:
            changes = await to_thread.run_sync(self._changes, position)
            due = [
                each for each in changes if each.stored.resource_version <= subscription.position
            ]
            for line in await self._events(due):
                yield line
            if len(due) < self.broadcaster.page:
                break
            position = due[-1].stored.resource_version
        if position > subscription.position:
            await self._check_not_ahead(position)
        position = max(position, subscription.position)
        bookmark_at = time.monotonic() + BOOKMARK_SECONDS
        while not subscription.ended:
            current = time.monotonic()
            if current >= deadline:
                break
            if self.options.bookmarks and current >= bookmark_at:
                bookmark_at = current + BOOKMARK_SECONDS
                yield self.events.bookmark(position)
            wait = min(deadline, bookmark_at) - time.monotonic()
            taken = await subscription.take(max(wait, 0.001))
            due = [each for each in taken if each.stored.resource_version > position]
            for line in await self._events(due):
                yield line
            if due:
                position = due[-1].stored.resource_version
        if subscription.reset:
            raise Expired(f"too old resource version: {position}")
        if self.options.bookmarks:
            yield self.events.bookmark(position)

    async def _check_not_ahead(self, position: int) -> None:
        """Refuse a resourceVersion that the database has not come to: it went back since.

        Raises `Expired`.
        """
        head = await to_thread.run_sync(self.call.objects.store.head)
        if position > head:
            raise Expired(f"resource version {position} is ahead of {head}")

    def _wants_initial(self) -> bool:
        if self.options.send_initial_events is not None:
            return self.options.send_initial_events
        return not self.options.resource_version

    async def _initial(self) -> AsyncIterator[tuple[bytes | None, int]]:
        """ADDED for each object; the version of the first page is where changes go on from."""
        after: tuple[str, str] | None = None
        version = 0
        while True:
            page = await to_thread.run_sync(self._page, after)
            version = version or page.resource_version
            for line in await to_thread.run_sync(self._rows, page):
                yield line, version
            after = page.next
            if after is None:
                yield None, version
                return

    async def _events(self, changes: list[Change]) -> list[bytes]:
        if not changes:
            return []
        return await to_thread.run_sync(self._lines, changes)

    def _lines(self, changes: list[Change]) -> list[bytes]:
        made = (self.events.of_change(change) for change in changes)
        return [line for line in made if line is not None]

    def _rows(self, page: Page) -> list[bytes]:
        made = (self.events.of_row(row) for row in page.items)
        return [line for line in made if line is not None]

    def _page(self, after: tuple[str, str] | None) -> Page:
        resource = self.call.kind.group_resource
        return self.call.objects.store.list(
            resource.group,
            resource.resource,
            namespace=self.call.target.namespace or None,
            limit=self.broadcaster.page,
            after=after,
        )

    def _changes(self, position: int) -> list[Change]:
        resource = self.call.kind.group_resource
        return self.call.objects.store.changes(
            position,
            group=resource.group,
            resource=resource.resource,
            namespace=self.call.target.namespace or None,
            limit=self.broadcaster.page,
        )

    def _seconds(self) -> float:
        asked = self.options.timeout_seconds
        if asked is not None and asked > 0:
            return asked
        # Spread, so that the watches of a restarted server do not all come back at once.
        return random.uniform(_LEAST_SECONDS, _MOST_SECONDS)


def open_watch(call: Call, broadcaster: Broadcaster) -> Watch:
    """Check the parameters of a watch and prepare it.

    Raises `kconv._serve.status.Refusal` for parameters that make no sense.
    """
    options = list_options(call.query)
    if call.accepted.view == "Table":
        check_include(call.query.get("includeObject", ""))
    if broadcaster.closed:
        raise Refusal("ServiceUnavailable", "the server is shutting down")
    return Watch(call, broadcaster, options, Events(call, selector_of(call)))
