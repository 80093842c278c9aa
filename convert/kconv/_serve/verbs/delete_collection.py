"""Delete collection: DELETE of all objects that the selectors choose."""

from __future__ import annotations

from functools import partial

from kconv._errors import NotFound
from kconv._serve.options import list_options
from kconv._serve.resource_request import Answer, Call
from kconv._serve.undecodable import left_out_warning
from kconv._serve.verbs.delete import DeleteOptions, delete_options, remove
from kconv._serve.verbs.list import encode_items, find, frame, selector_of
from kconv._serve.verbs.replace import with_retries
from kconv._store import Stored


def delete_collection(call: Call) -> Answer:
    """Delete each of them, and answer with the list of what they were.

    Preconditions of the options are checked for each. Raises `Refusal` and
    `kconv._errors.KconvError`; what was deleted before an error stays deleted.
    """
    options = delete_options(call)
    listing = find(call, list_options(call.query), selector_of(call))
    items, faults = encode_items(call, listing)
    for stored in listing.items:
        with_retries(partial(_delete_one, call, options, stored))
    head = call.objects.store.head()
    document = frame(call, {"resourceVersion": str(head)})
    warnings = (left_out_warning(faults),) if faults else ()
    return Answer(document, spoke=call.spoke, items=items, warnings=warnings)


def _delete_one(call: Call, options: DeleteOptions, stored: Stored) -> None:
    """Delete what was listed, unless it is gone or another object by now."""
    try:
        current = call.objects.get_or_salvage(call.kind, stored.key.namespace, stored.key.name)
        unwanted = options.uid and options.uid != current.stored.uid
        if not unwanted and current.stored.uid == stored.uid:
            remove(call, current, dry_run=options.dry_run)
    except NotFound:
        return
