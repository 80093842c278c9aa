"""One watch: what was there, what happened since, what happens now."""

from __future__ import annotations

import random
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

import msgspec

from kconv._errors import Expired
from kconv._store import Change, Stored
from kconv._structural import waits
from kconv._verbs.call import Call
from kconv._verbs.encoded import Encoded
from kconv._verbs.loop_work import Slices
from kconv._verbs.memory import CachedRow
from kconv._verbs.options import ListOptions
from kconv._verbs.selectors import Subject
from kconv._verbs.undecodable import Undecodable
from kconv._verbs.watch.events import Events
from kconv._verbs.watch.live_change import LiveChange, OwnChange
from kconv._verbs.watch.source import Changes, Source

E = TypeVar("E")
T = TypeVar("T")

BOOKMARK_SECONDS = 60.0
_LEAST_SECONDS, _MOST_SECONDS = 1800, 3600


@dataclass(slots=True)
class Watch(Generic[E]):
    """A watch that has been accepted; `events_since` are its events."""

    call: Call
    source: Source[Any]
    options: ListOptions
    events: Events[E]
    subscription: Changes | None = None
    fault: Undecodable | None = None
    """What could not be read, so that the watch has to end."""

    async def begin(self) -> None:
        """Subscribe to changes. Raises `kconv._errors.StoreError` while the database is away."""
        resource = self.call.kind.group_resource
        self.subscription = await self.source.subscribe(resource, self.call.target.namespace)

    def end(self) -> None:
        """Let it finish: its client has gone."""
        if self.subscription is not None:
            self.subscription.end()
            self.source.unsubscribe(self.subscription)

    async def events_since(self) -> AsyncGenerator[E]:
        """The events, some at a time, until the time is up or somebody ends it.

        Raises `kconv._errors.Expired` where changes are missing, `Undecodable` where an object
        cannot be read, and `StoreError`.
        """
        assert self.subscription is not None, "it has begun"
        try:
            async for some in self._follow(self.subscription):
                yield some
            if self.subscription.expired:
                raise Expired("the changes that this watch goes on with are gone: list again")
        finally:
            self.source.unsubscribe(self.subscription)

    async def _follow(self, subscription: Changes) -> AsyncIterator[E]:
        position = self.options.resource_version or 0
        if not position and not self._wants_initial():
            position = subscription.position
        if position > subscription.position:
            # The database went back to an earlier state since it was there.
            raise Expired(f"resource version {position} is ahead of {subscription.position}")
        deadline = time.monotonic() + self._seconds()
        if self._wants_initial():
            async for some, version in self._initial():
                position = max(position, version)
                if some:
                    yield some
                self._go_on()
            if self.options.send_initial_events and self.options.bookmarks:
                yield self.events.bookmark(position, initial_end=True)
        blocking = self.call.objects.waiting.blocking
        # What was written before the subscription began is read from the log.
        while position < subscription.position:
            changes = await blocking(partial(self._changes, position))
            due: list[LiveChange] = [
                OwnChange(each, self.call.objects.memory.of_log(each))
                for each in changes
                if each.stored.resource_version <= subscription.position
            ]
            if events := await self._events(due):
                yield events
            self._go_on()
            if len(due) < self.source.page:
                break
            position = due[-1].resource_version
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
            due = [each for each in taken if each.resource_version > position]
            if events := await self._events(due):
                yield events
            self._go_on()
            if due:
                position = due[-1].resource_version
        if self.options.bookmarks and not subscription.expired:
            yield self.events.bookmark(position)

    def _go_on(self) -> None:
        """Raises `Undecodable` where an object could not be read, once what came before is told."""
        if self.fault is not None:
            raise self.fault

    def _wants_initial(self) -> bool:
        if self.options.send_initial_events is not None:
            return self.options.send_initial_events
        return not self.options.resource_version

    async def _initial(self) -> AsyncIterator[tuple[E, int]]:
        """ADDED for each object; the version of the first page is where changes go on from."""
        call, began = self.call, 0
        pages = call.objects.pages(call.kind, call.target.namespace or None, size=self.source.page)
        async for rows, version in pages:
            began = began or version
            await self._ahead(rows)
            yield await self._joined(rows, self._initial_event), began

    async def _ahead(self, rows: Sequence[CachedRow]) -> None:
        """Have rows converted that somebody else converts, for whom nobody may be kept waiting."""
        kind, spoke, objects = self.call.kind, self.call.spoke, self.call.objects
        if waits(kind) and rows:

            def make() -> tuple[dict[CachedRow, Encoded], dict[CachedRow, Subject]]:
                made = objects.made_ahead(spoke, rows)
                if self.events.has_all:
                    return made, {}
                due = [row for row in rows if row.subject is None]
                return made, {row: objects.read_or_salvage(kind, row).subject for row in due}

            made, subjects = await objects.waiting.elsewhere(make)
            # The memory belongs to the loop. What is kept last is dropped last.
            for row, subject in subjects.items():
                objects.memory.use.keep_subject(row, subject)
            objects.memory.use.keep_ahead(spoke, made)

    async def _events(self, changes: Sequence[LiveChange]) -> E | None:
        await self._ahead([each.row for each in changes])
        if len(changes) == 1:
            try:
                return await self._event(changes[0])
            except Undecodable as fault:
                self.fault = fault
                return None
        return await self._joined(changes, self._event)

    async def _event(self, change: LiveChange) -> E | None:
        """The event of a change; an object that leaves the selector is shown as it last matched."""
        events = self.events
        if events.has_all:
            return events.of_all(change)
        kind, current = events.kind_of(change)
        if not kind:
            return None
        if kind == "DELETED" and change.type != "DELETED":
            last = await change.last(self._last)
            if last is not None:
                return events.of_state(kind, last, None)
        return events.of_state(kind, change.row, current)

    async def _initial_event(self, row: CachedRow) -> E | None:
        return self.events.of_row(row)

    async def _joined(self, items: Sequence[T], event_of: Callable[[T], Awaitable[E | None]]) -> E:
        slices = Slices()
        found: list[E] = []
        for item in items:
            try:
                event = await event_of(item)
            except Undecodable as fault:
                self.fault = fault
                break
            if event:
                found.append(event)
            await slices.turn()
        return self.events.joined(found)

    async def _last(self, stored: Stored) -> CachedRow | None:
        """The state before a change, as an event of that change shows it."""
        version = stored.resource_version
        before = partial(self.call.objects.store.state_before, stored.key, version)
        found = await self.call.objects.waiting.blocking(before)
        if found is None:
            return None
        row = CachedRow(msgspec.structs.replace(found, resource_version=version))
        await self._ahead([row])
        return row

    def _changes(self, position: int) -> list[Change]:
        resource = self.call.kind.group_resource
        return self.call.objects.store.changes(
            position,
            group=resource.group,
            resource=resource.resource,
            namespace=self.call.target.namespace or None,
            limit=self.source.page,
        )

    def _seconds(self) -> float:
        asked = self.options.timeout_seconds
        if asked is not None and asked > 0:
            return asked
        # Spread, so that the watches of a restarted server do not all come back at once.
        return random.uniform(_LEAST_SECONDS, _MOST_SECONDS)
