"""List: the objects of a collection, with selectors and in pages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any

from kconv._store import Key
from kconv._structural import is_structural, waits
from kconv._verbs.answer import Answer
from kconv._verbs.call import Call
from kconv._verbs.continuation import Continuation
from kconv._verbs.current import Current
from kconv._verbs.encoded import Encoded
from kconv._verbs.loop_work import Slices
from kconv._verbs.memory import CachedRow
from kconv._verbs.options import ListOptions
from kconv._verbs.search import Listing, Search, begin_search
from kconv._verbs.selectors import Selector
from kconv._verbs.undecodable import Undecodable, left_out_warning, unreadable_list

BATCH_BYTES = 256 * 1024
"""Bytes of rows that are put together at a time, of a list that is sent while it is made."""

MOST_BYTES = 64 * 1024 * 1024
"""Bytes of rows that are not in memory, over which a list must be asked for in pages."""


async def list_objects(
    call: Call, options: ListOptions, selector: Selector, *, in_batches: bool = False
) -> Answer:
    """The objects of a collection that the selectors choose, ordered by namespace and name.

    Where one cannot be read the list fails, or goes without it where the server is told so, and a
    warning names it. Where it may be ``in_batches``, one without a limit that is large is. Raises
    `Refusal`: 400 for a bad token, 410 for one, or a resourceVersion, that the change log no longer
    reaches, 500 for what cannot be read, 504 for a resourceVersion that is still to come.
    """
    search = await begin_search(call, options, selector)
    # Where a conversion may yet fail, nothing is sent before it is done.
    at_once = waits(call.kind)
    if in_batches and not options.limit and search.is_large and not at_once:
        return await _in_batches(call, search)
    listing = await search.finish(MOST_BYTES)
    metadata = metadata_of(call, listing)
    items, faults = await encode_items(call, listing)
    if not options.limit and selector.everything:
        found = {fault.stored.key for fault in faults}
        call.objects.undecodable.listed(call.kind.group_resource, call.target.namespace, found)
    warnings = _said([fault.stored.key for fault in faults], call)
    return Answer(frame(call, metadata), spoke=call.spoke, items=items, warnings=warnings)


def _said(unreadable: Sequence[Key], call: Call) -> tuple[str, ...]:
    """The warning of a list that goes without some. Raises `Refusal` (500) where it must not."""
    if not unreadable:
        return ()
    if not call.objects.leaves_out_unreadable:
        raise unreadable_list(unreadable)
    return (left_out_warning(unreadable),)


def metadata_of(call: Call, listing: Listing) -> dict[str, Any]:
    """The metadata of a list: as of when, and where it goes on."""
    metadata: dict[str, Any] = {"resourceVersion": str(listing.resource_version)}
    if listing.after is not None:
        token = Continuation(listing.resource_version, listing.after)
        metadata["continue"] = token.encode(within=call.target.namespace)
        if listing.remaining:
            metadata["remainingItemCount"] = listing.remaining
    return metadata


def of_bytes(rows: Sequence[CachedRow], most: int) -> Iterator[Sequence[CachedRow]]:
    """Rows in parts of about so many bytes."""
    start = size = 0
    for at, row in enumerate(rows):
        size += len(row.stored.data)
        if size >= most:
            yield rows[start : at + 1]
            start, size = at + 1, 0
    if start < len(rows):
        yield rows[start:]


async def encode_items(call: Call, listing: Listing) -> tuple[list[Encoded], list[Undecodable]]:
    """The objects as the client sees them, and the faults of those that cannot be read."""
    return await encode_rows(call, listing.items, listing.decoded)


async def encode_rows(
    call: Call, rows: Sequence[CachedRow], decoded: Mapping[CachedRow, Current]
) -> tuple[list[Encoded], list[Undecodable]]:
    """As `encode_items`; ``decoded`` are those that had to be decoded already."""
    spoke = call.spoke
    if not call.wants_metadata:
        # Mostly all of them have been encoded before.
        made = [row.encoded.get(spoke) for row in rows]
        ready = [each for each in made if each is not None]
        if len(ready) == len(made):
            call.objects.memory.use.hits += len(ready)
            return ready, []
    # Those are at hand even if there is no room to keep them.
    ahead = call.objects.ahead(spoke, rows) if is_structural(spoke) else {}
    found: list[Encoded] = []
    faults: list[Undecodable] = []
    slices = Slices()
    for row in rows:
        try:
            found.append(ahead.get(row) or call.encoded(row, decoded.get(row)))
        except Undecodable as fault:
            faults.append(fault)
        await slices.turn()
    return found, faults


def frame(call: Call, metadata: dict[str, Any]) -> dict[str, Any]:
    """A list without its items."""
    return {
        "kind": call.spoke.options.list_kind,
        "apiVersion": call.spoke.api_version,
        "metadata": metadata,
    }


async def _in_batches(call: Call, search: Search) -> Answer:
    """A list of many objects, which is sent while it is made.

    It ends in the middle, as none does that is whole, where an object turns out to be unreadable.
    """
    known = call.objects.undecodable.known(call.kind.group_resource, call.target.namespace)
    warnings = _said(known, call) if search.selector.everything else ()
    first = await search.next_rows()
    metadata = {"resourceVersion": str(search.listing.resource_version)}

    async def batches() -> AsyncIterator[Sequence[Encoded]]:
        rows = first
        while rows is not None:
            for some in of_bytes(rows, BATCH_BYTES):
                made, faults = await encode_rows(call, some, search.listing.decoded)
                _said([fault.stored.key for fault in faults], call)
                yield made
            rows = await search.next_rows()

    return Answer(frame(call, metadata), spoke=call.spoke, batches=batches(), warnings=warnings)
