"""The rows of a resource in pages, and spans of them through the hands that do them."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final, TypeVar

from kconv._errors import Denied, Unavailable
from kconv._gvk import GroupResource
from kconv._store import Place, Store, Stored
from kconv_migrations._executors.jobs import Job
from kconv_migrations._executors.process import WorkerEnded
from kconv_migrations._executors.spans import ALL, Answer, Mark, Span
from kconv_migrations._executors.workers import Asked, Hands

T = TypeVar("T")

_PAUSE: Final = 0.25


def objects_of(
    store: Store, resource: GroupResource, limit: int, other_than: str = ALL
) -> Iterator[list[Stored]]:
    """Pages of a resource's objects, by key."""
    after: tuple[str, str] | None = None
    group, name = resource.group, resource.resource
    while page := store.encoded(group, name, other_than=other_than, after=after, limit=limit):
        yield page
        after = (page[-1].key.namespace, page[-1].key.name)


def spans_of(
    store: Store,
    job: Job,
    where: Place,
    limit: int,
    other_than: str = ALL,
    runs: tuple[str, ...] = (),
) -> Iterator[Span]:
    """The rows of a job's resource in spans of some ``limit`` rows, in order.

    Of the change log, the entries up to the newest one at the beginning.
    """
    rest = Span(job, where, other_than, limit, runs=runs)
    last: Mark | None = None
    # Marks of objects are found from marks of objects, those of the log from those of the log.
    find: Any = store.encoded_mark
    if where == "changes":
        find, last, rest = store.encoded_changes_mark, store.head(), replace(rest, after=0)
    group, resource = job.resource.group, job.resource.resource
    while True:
        mark: Mark | None = find(
            group, resource, other_than=other_than, after=rest.after, rows=limit
        )
        if mark is None or (last is not None and mark >= last):  # type: ignore[operator]
            yield replace(rest, until=last)
            return
        yield replace(rest, until=mark)
        rest = replace(rest, after=mark)


def through(
    hands: Hands, spans: Iterable[Span], ask: Callable[[Callable[[], Answer]], Answer] | None = None
) -> Iterator[Answer]:
    """What becomes of each span, in order; a few further ones are under way.

    Where the first one is not there yet, this process does one of the further ones itself.

    ``ask`` is given what waits for an answer, and may call it again when it raises.
    """
    spans = iter(spans)
    waiting: deque[_Anew] = deque()
    helped, most = 0, max(hands.depth, 1)
    while True:
        while len(waiting) - helped < most and (span := next(spans, None)) is not None:
            waiting.append(_Anew(hands, span))
        if not waiting:
            return
        if not waiting[0].ready() and helped < hands.depth:
            span = next(spans, None)
            own = None if span is None else hands.here(span)
            if span is not None and own is not None:
                waiting.append(_Anew(hands, span, own))
                helped += 1
                continue
        asked = waiting.popleft()
        helped -= asked.own
        answer = asked.answer() if ask is None else ask(asked.answer)
        if answer.rest is not None:
            waiting.appendleft(_Anew(hands, answer.rest))
        yield answer


class _Anew:
    """A span under way; it is begun anew when its answer is asked for again.

    One of this process' ``own`` is done at once.
    """

    def __init__(self, hands: Hands, span: Span, own: Asked | None = None) -> None:
        self._hands = hands
        self._span = span
        self._asked: Asked | None = hands.submit(span) if own is None else None
        self._answer: Answer | None = None
        self.own: Final = own is not None
        if own is not None:
            with suppress(Unavailable):  # its turn comes, and then it is asked again
                self._answer = own.result()

    def ready(self) -> bool:
        return self._asked is None or self._asked.ready()

    def answer(self) -> Answer:
        if self._answer is not None:
            return self._answer
        asked = self._asked or self._hands.submit(self._span)
        self._asked = None
        return asked.result()


class Patient:
    """A store that is asked again while its database is away, for up to ``outage`` seconds.

    ``say`` hears what the database said, and the empty string when it is back. Only for calls
    that may be repeated: what a write that broke at commit may have done, the next one finds done.
    """

    def __init__(self, store: Store, outage: float, say: Callable[[str], None]) -> None:
        self._store = store
        self._outage = outage
        self._say = say

    @property
    def store(self) -> Store:
        """This, as the store that it stands for."""
        found: Any = self
        return found  # type: ignore[no-any-return]

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._store, name)
        return lambda *arguments, **named: self.until_back(lambda: call(*arguments, **named))

    def until_back(self, call: Callable[[], T]) -> T:
        """What a call returns, made again while the database is away."""
        first: float | None = None
        while True:
            try:
                result = call()
            except (WorkerEnded, Denied):
                raise
            except Unavailable as error:
                first = first or time.monotonic()
                if time.monotonic() - first >= self._outage:
                    raise
                self._say(error.message)
                time.sleep(_PAUSE)
            else:
                if first is not None:
                    self._say("")
                return result
