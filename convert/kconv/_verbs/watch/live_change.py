"""`LiveChange`: a change of the log, with what has been made of it for the watches so far."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from kconv._scheme import Spoke
from kconv._store import Change, ChangeType, Stored
from kconv._verbs.memory import CachedRow
from kconv._verbs.selectors import Subject


class LiveChange:
    """A change that many watches are told of; what each needs is made once for all of them.

    ``lines`` are the events that watches of a version get that select everything, by the form
    that they get them in.
    """

    __slots__ = ("_last", "_was", "before", "lines", "row", "type")

    def __init__(self, change: Change, row: CachedRow) -> None:
        self.type: ChangeType = change.type
        self.row = row
        self.before = change.before
        self.lines: dict[tuple[Spoke, str], bytes | None] = {}
        self._last: asyncio.Future[CachedRow | None] | None = None
        self._was: Subject | None = None

    @property
    def stored(self) -> Stored:
        """The object after the change."""
        return self.row.stored

    @property
    def resource_version(self) -> int:
        """Its place in the log."""
        return self.row.stored.resource_version

    @property
    def was(self) -> Subject | None:
        """What selectors look at of the object before the change; None where there was none."""
        if self._was is None and self.before is not None:
            self._was = Subject.decode(self.before)
        return self._was

    async def last(self, read: Callable[[Stored], Awaitable[CachedRow | None]]) -> CachedRow | None:
        """The state before it, with the resourceVersion of the change; None where it is not known.

        For watches whose selector the object leaves with it. It is read once for all of them;
        raises what ``read`` does.
        """
        if self._last is None:
            self._last = asyncio.ensure_future(read(self.stored))
        # A caller that is cancelled must not take the others along.
        return await asyncio.shield(self._last)


class OwnChange(LiveChange):
    """A change that one watch alone is told of."""

    __slots__ = ()

    async def last(self, read: Callable[[Stored], Awaitable[CachedRow | None]]) -> CachedRow | None:
        """As `LiveChange.last`; there is nobody to share it with."""
        return await read(self.stored)
