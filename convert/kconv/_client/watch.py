"""`Watch`: the changes of objects, one after the other, in the thread that iterates."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Any, Generic, TypeVar

from kconv._client.core import ENDLESS, Core, Selects, fail
from kconv._client.object_events import Told
from kconv._client.results import Event
from kconv._errors import KconvError
from kconv._verbs.waiting import run_at_once

T = TypeVar("T")


class Watch(Iterator[Event[T]], Generic[T]):
    """The events of a watch. ``resource_version`` is where one goes on that follows it."""

    def __init__(
        self,
        core: Core,
        of: tuple[Any, str | None, Selects, Selects],
        resource_version: str,
        timeout: float | None,
    ) -> None:
        self.resource_version = resource_version
        seconds = ENDLESS if timeout is None else max(timeout, 0.001)
        self._watch, self._target = core.watch(*of, resource_version, seconds)
        run_at_once(self._watch.begin())
        self._events = self._watch.events_since()
        self._pending: list[Told] = []

    def __iter__(self) -> Watch[T]:
        return self

    def __next__(self) -> Event[T]:
        while True:
            while self._pending:
                kind, found, self.resource_version = self._pending.pop(0)
                if kind != "BOOKMARK":
                    return Event(kind, found, self.resource_version)
            try:
                self._pending = run_at_once(self._more())
            except KconvError as error:
                fail(error, self._target)
            if not self._pending:
                raise StopIteration

    async def _more(self) -> list[Told]:
        return await anext(self._events, [])

    def __enter__(self) -> Watch[T]:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End it; from any thread."""
        self._watch.end()
