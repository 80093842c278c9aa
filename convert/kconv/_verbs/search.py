"""The search for the objects of a collection: with selectors, in pages, as of one moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from kconv._scheme import HubKind
from kconv._store import Change, Page
from kconv._verbs.call import Call
from kconv._verbs.continuation import INCONSISTENT, Continuation, parse_continue
from kconv._verbs.current import Current
from kconv._verbs.history import HistoryCompacted, ListHistory
from kconv._verbs.kind_rules import is_kubernetes
from kconv._verbs.loop_work import Slices
from kconv._verbs.memory import CachedRow, Collection
from kconv._verbs.options import ListOptions
from kconv._verbs.refusal import Refusal, expired, future_version, too_large_list
from kconv._verbs.selectors import (
    Selector,
    parse_field_selector,
    parse_label_selector,
    selectable_fields,
)
from kconv.names import path_segment_problems

_PAGE = 500
_AT_ONCE = 1024 * 1024
"""Bytes of rows in memory over which a list is sent while it is made."""

_TOO_OLD = (
    "The provided continue parameter is too old to display a consistent list result. You can "
    "start a new list without the continue parameter, or use the continue token in this response "
    "to retrieve the remainder of the results. Continuing with the provided token results in an "
    "inconsistent list - objects that were created, modified, or deleted between the time the "
    "first chunk was returned and now may show up in the list."
)


@dataclass(slots=True)
class Listing:
    """What was found: rows, where the list goes on, and as of which resourceVersion.

    ``decoded`` are those that had to be decoded to see whether they are selected.
    """

    items: list[CachedRow] = field(default_factory=list)
    decoded: dict[CachedRow, Current] = field(default_factory=dict)
    resource_version: int = 0
    after: tuple[str, str] | None = None
    remaining: int | None = None


def selector_of(kind: HubKind, labels: str = "", fields: str = "") -> Selector:
    """A label and a field selector for objects of a kind.

    Raises `kconv._verbs.refusal.Refusal` (400) for one that cannot be read.
    """
    return Selector(
        parse_label_selector(labels),
        parse_field_selector(
            fields,
            [field.name for field in selectable_fields(kind)],
            # Kubernetes says it otherwise of kinds that have fields of their own.
            lists=is_kubernetes(kind) and not kind.options.selectable_fields,
        ),
    )


async def find(call: Call, options: ListOptions, selector: Selector) -> Listing:
    """The rows that a list is to show, at most ``options.limit`` of them.

    All pages of a list show the moment that the first one was read at.
    """
    return await (await begin_search(call, options, selector)).finish()


async def begin_search(call: Call, options: ListOptions, selector: Selector) -> Search:
    """Settle what a list is to show, and where from. Raises as `list_objects`."""
    memory, resource = call.objects.memory, call.kind.group_resource
    collection = await memory.complete(resource)
    position = memory.position
    if options.resource_version and options.resource_version > position:
        raise future_version(options.resource_version, position)
    given = _continuation(call, options)
    version = position
    if given is not None and given.resource_version != INCONSISTENT:
        version = given.resource_version
    if version > position:
        raise future_version(version, position)
    listing = Listing(after=given.after if given else None, resource_version=version)
    namespace = _namespace_of(call, selector)
    if options.match == "Exact" and options.resource_version:
        await _check_unchanged(call, options.resource_version, collection)
        listing.resource_version = options.resource_version
    rows: Sequence[CachedRow] | None = None
    rest = 0
    # All that was in memory may have been forgotten meanwhile.
    if collection is not None and collection.complete:
        most = options.limit if selector.everything else 0
        known = collection.within_at(version, namespace, listing.after, most or None)
        if known is not None:
            rows, rest = known
    return Search(call, selector, options.limit, namespace, listing, rows, rest)


def _namespace_of(call: Call, selector: Selector) -> str | None:
    """The namespace to look in, which a field selector may name as well; None for all."""
    namespace = call.target.namespace or None
    if namespace is None and call.kind.namespaced:
        narrow = selector.fields.exact("metadata.namespace")
        if narrow and not path_segment_problems(narrow):
            return narrow
    return namespace


@dataclass(slots=True)
class Search:
    """The search for the rows of a list, in memory or page by page in the database.

    ``rows`` are those in memory, ``rest`` how many there are after them; None where the resource is
    not in memory, or not as it was when the list began.
    """

    call: Call
    selector: Selector
    limit: int
    namespace: str | None
    listing: Listing
    rows: Sequence[CachedRow] | None
    rest: int
    began: tuple[str, str] | None = field(init=False)
    at: int = 0
    done: bool = False

    def __post_init__(self) -> None:
        self.began = self.listing.after

    @property
    def is_large(self) -> bool:
        """Whether there may be more than is put together at once."""
        return self.rows is None or sum([len(row.stored.data) for row in self.rows]) > _AT_ONCE

    async def finish(self, most_bytes: int | None = None) -> Listing:
        """All rows, up to the limit. Raises `Refusal` (413) where they are too many bytes."""
        if self.rows is not None:
            await self._take(self.rows, self.rest, None)
            return self.listing
        size = 0
        while not self.done:
            rows, rest, following = await self._read_page()
            size += sum(len(row.stored.data) for row in rows)
            if most_bytes is not None and size > most_bytes:
                raise too_large_list(most_bytes)
            await self._take(rows, rest, following)
        return self.listing

    async def next_rows(self) -> Sequence[CachedRow] | None:
        """Some more rows of those that are selected; None when that were all."""
        if self.done:
            return None
        self.listing.decoded = {}
        if self.rows is not None:
            some = self.rows[self.at : self.at + _PAGE]
            self.at += len(some)
            await self._take(some, 0, some[-1].place if self.at < len(self.rows) else None)
        else:
            await self._take(*await self._read_page())
        found, self.listing.items = self.listing.items, []
        return found

    async def _read_page(self) -> tuple[list[CachedRow], int, tuple[str, str] | None]:
        """Rows of a resource that is not in memory, or as it was earlier."""
        listing, store, resource = self.listing, self.call.objects.store, self.call.target.key
        past = ListHistory(
            store, self.call.kind.group_resource, self.namespace, listing.resource_version
        )
        wanted = self.limit - len(listing.items) if self.limit else None
        size = wanted if wanted and self.selector.everything else _PAGE
        after = listing.after

        def read() -> Page:
            page = store.list(
                resource.group,
                resource.resource,
                namespace=self.namespace,
                limit=size,
                after=after,
            )
            return past.page(page, after)

        try:
            page = await self.call.objects.waiting.blocking(read)
        except HistoryCompacted:
            if after == self.began or not self.limit:
                raise _inconsistent(self.call, after) from None
            # What was found so far is a page, too.
            listing.remaining = None
            self.done = True
            return [], 0, after
        rest = page.remaining if page.next is not None else 0
        return [CachedRow(stored) for stored in page.items], rest, page.next

    async def _take(
        self, rows: Sequence[CachedRow], rest: int, following: tuple[str, str] | None
    ) -> None:
        """Add what is selected of some rows; ``following`` is where they go on, None if they end.

        ``rest`` is how many there are after them.
        """
        listing, limit = self.listing, self.limit
        listing.after = following
        self.done = self.done or following is None
        if self.selector.everything and not limit:
            listing.items.extend(rows)
            return
        slices = Slices()
        for at, row in enumerate(rows):
            if not self.selector.everything:
                subject, current = self.call.objects.subject(self.call.kind, row)
                await slices.turn()
                if not self.selector.matches(subject):
                    continue
                if current is not None:
                    listing.decoded[row] = current
            listing.items.append(row)
            if limit and len(listing.items) == limit:
                left = len(rows) - at - 1
                listing.after = row.place if left > 0 or rest or following else None
                listing.remaining = rest + left if self.selector.everything else None
                self.done = True
                return


def _continuation(call: Call, options: ListOptions) -> Continuation | None:
    if not options.continue_token:
        return None
    given = parse_continue(
        options.continue_token, within=call.target.namespace, namespaced=call.kind.namespaced
    )
    version = given.resource_version
    if version != INCONSISTENT and version < call.objects.memory.compacted:
        raise _inconsistent(call, given.after)
    return given


def _inconsistent(call: Call, after: tuple[str, str] | None) -> Refusal:
    """410, with a token to go on with anyway where there is a place to go on from."""
    if after is None:
        return expired(_TOO_OLD)
    return expired(_TOO_OLD, Continuation(INCONSISTENT, after).encode(within=call.target.namespace))


async def _check_unchanged(call: Call, version: int, collection: Collection | None) -> None:
    """An exact list is given while nothing it shows has changed since."""
    if collection is not None and collection.changed_at <= version:
        return
    resource = call.kind.group_resource

    def changed() -> list[Change]:
        return call.objects.store.changes(
            version,
            group=resource.group,
            resource=resource.resource,
            namespace=call.target.namespace or None,
            limit=1,
        )

    if await call.objects.waiting.blocking(changed):
        raise expired(f"The resourceVersion for the provided list is too old: {version}")
