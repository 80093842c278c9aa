"""Delete collection: all objects go that the selectors choose."""

from __future__ import annotations

from functools import partial

from kconv._errors import NotFound
from kconv._verbs.answer import Answer
from kconv._verbs.call import Call
from kconv._verbs.delete import check_preconditions, remove
from kconv._verbs.list import encode_items, frame, metadata_of
from kconv._verbs.memory import CachedRow
from kconv._verbs.options import DeleteOptions, ListOptions
from kconv._verbs.propagation import deletion_warning
from kconv._verbs.retrying import NotWritten, with_retries
from kconv._verbs.search import find
from kconv._verbs.selectors import Selector
from kconv._verbs.undecodable import left_out_warning


async def delete_collection(
    call: Call, chosen: ListOptions, selector: Selector, options: DeleteOptions
) -> Answer:
    """Delete each of them, and answer with the list of what they were.

    Preconditions of the options are checked for each, as in Kubernetes: the first object that they
    do not fit ends it with 409. Raises `Refusal` and `kconv._errors.KconvError`; what was deleted
    before an error stays deleted.
    """
    listing = await find(call, chosen, selector)
    items, faults = await encode_items(call, listing)
    await call.objects.waiting.each_of(listing.items, partial(_delete_one, call, options))
    await call.objects.memory.fresh()
    listing.resource_version = call.objects.memory.position
    document = frame(call, metadata_of(call, listing))
    warnings = [left_out_warning([fault.stored.key for fault in faults])] if faults else []
    if call.objects.collects_garbage:
        warnings += filter(None, [deletion_warning(call.spoke, options.propagation)])
    return Answer(document, spoke=call.spoke, items=items, warnings=tuple(warnings))


async def _delete_one(call: Call, options: DeleteOptions, row: CachedRow) -> None:
    """Delete what was listed, unless it is gone or another object by now."""
    key, uid = row.key, row.stored.uid

    async def attempt(newest: bool) -> None:
        current = await call.objects.get_or_salvage(call.kind, key, newest=newest)
        if current.stored.uid == uid:
            check_preconditions(call, current, options)
            await remove(call, current, options.propagation, dry_run=options.dry_run, newest=newest)
        elif not newest:
            raise NotWritten

    try:
        await with_retries(call, key, attempt)
    except NotFound:
        return
