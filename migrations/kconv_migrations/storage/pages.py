"""Pages of rows through the hands that convert them, several at a time, in order."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final, TypeVar

from kconv.errors import Unavailable
from kconv.gvk import GroupResource
from kconv.store import Change, Store, Stored
from kconv_migrations.rows.jobs import Done, Job
from kconv_migrations.rows.workers import Hands

Row = TypeVar("Row", bound=Stored | Change)
T = TypeVar("T")

ALL: Final = ""
"""As ``other_than``: no row is in this version."""

_PAUSE = 0.25


def stored_of(row: Stored | Change) -> Stored:
    """The object that a row holds."""
    return row.stored if isinstance(row, Change) else row


def objects_of(
    store: Store, resource: GroupResource, limit: int, other_than: str = ALL
) -> Iterator[list[Stored]]:
    """Pages of a resource's objects, by key."""
    after: tuple[str, str] | None = None
    group, name = resource.group, resource.resource
    while page := store.encoded(group, name, other_than=other_than, after=after, limit=limit):
        yield page
        after = (page[-1].key.namespace, page[-1].key.name)


def changes_of(
    store: Store, resource: GroupResource, limit: int, other_than: str = ALL
) -> Iterator[list[Change]]:
    """Pages of a resource's entries in the change log, up to the newest one at the beginning."""
    after, head = 0, store.head()
    group, name = resource.group, resource.resource
    while after < head and (
        page := store.encoded_changes(group, name, other_than=other_than, after=after, limit=limit)
    ):
        yield page
        after = page[-1].stored.resource_version


def through(
    hands: Hands, pages: Iterable[Sequence[Row]], job: Callable[[Sequence[Row]], Job]
) -> Iterator[tuple[Sequence[Row], Done]]:
    """Each page with what became of its job, in order; a few further ones are under way."""
    waiting: deque[tuple[Sequence[Row], Future[Done]]] = deque()
    for page in ahead(pages) if hands.depth else pages:
        waiting.append((page, hands.submit(job(page))))
        if len(waiting) > hands.depth:
            rows, future = waiting.popleft()
            yield rows, future.result()
    while waiting:
        rows, future = waiting.popleft()
        yield rows, future.result()


def ahead(pages: Iterable[T]) -> Iterator[T]:
    """The same pages, each read while the one before it is dealt with."""
    iterator = iter(pages)
    with ThreadPoolExecutor(1, thread_name_prefix="kconv-reader") as reader:
        following: Future[T | None] = reader.submit(next, iterator, None)
        while (page := following.result()) is not None:
            following = reader.submit(next, iterator, None)
            yield page


class Patient:
    """A store that is asked again while its database is away, for up to ``outage`` seconds.

    ``say`` hears what the database said, and the empty string when it is back. Only for calls
    that may be repeated: what a write that broke at commit may have done, the next one finds done.
    """

    def __init__(self, store: Store, outage: float, say: Callable[[str], None]) -> None:
        self._store = store
        self._outage = outage
        self._say = say

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._store, name)

        def asked(*arguments: Any, **named: Any) -> Any:
            first: float | None = None
            while True:
                try:
                    result = call(*arguments, **named)
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

        return asked


def patient(store: Store, outage: float, say: Callable[[str], None]) -> Store:
    """The store as a `Patient` one."""
    asked: Any = Patient(store, outage, say)
    found: Store = asked
    return found
