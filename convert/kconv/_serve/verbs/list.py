"""List: GET of a collection, with selectors and in pages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from kconv._serve.continuation import INCONSISTENT, Continuation, parse_continue
from kconv._serve.encoded import Encoded
from kconv._serve.history import HistoryCompacted, ListHistory
from kconv._serve.names import path_segment_problems
from kconv._serve.objects import Current
from kconv._serve.options import ListOptions, list_options
from kconv._serve.resource_request import Answer, Call
from kconv._serve.selectors import (
    Selector,
    parse_field_selector,
    parse_label_selector,
    selectable_fields,
)
from kconv._serve.status import Refusal, expired, future_version
from kconv._serve.undecodable import Undecodable, left_out_warning
from kconv._store import Key, Page, Stored

_PAGE = 500

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

    items: list[Stored] = field(default_factory=list)
    decoded: dict[Key, Current] = field(default_factory=dict)
    resource_version: int = 0
    after: tuple[str, str] | None = None
    remaining: int | None = None


def selector_of(call: Call) -> Selector:
    """The selectors in the query; a name in the path of a watch counts as one.

    Raises `kconv._serve.status.Refusal` (400) for one that cannot be read.
    """
    return Selector(
        parse_label_selector(call.query.get("labelSelector", "")),
        parse_field_selector(
            call.query.get("fieldSelector", ""),
            [field.name for field in selectable_fields(call.kind)],
        ),
    )


def list_objects(call: Call) -> Answer:
    """The objects of a collection that the selectors choose, ordered by namespace and name.

    Those that cannot be read are left out, and a warning names them. Raises `Refusal`: 400 and 422
    for bad parameters, 410 for a token or resourceVersion that the change log no longer reaches,
    504 for a resourceVersion that is still to come.
    """
    options = list_options(call.query)
    selector = selector_of(call)
    listing = find(call, options, selector)
    metadata: dict[str, Any] = {"resourceVersion": str(listing.resource_version)}
    if listing.after is not None:
        token = Continuation(listing.resource_version, listing.after)
        metadata["continue"] = token.encode(within=call.target.namespace)
        if listing.remaining:
            metadata["remainingItemCount"] = listing.remaining
    items, faults = encode_items(call, listing)
    if not options.limit and selector.everything:
        found = {fault.stored.key for fault in faults}
        call.objects.undecodable.listed(call.kind.group_resource, call.target.namespace, found)
    warnings = (left_out_warning(faults),) if faults else ()
    return Answer(frame(call, metadata), spoke=call.spoke, items=items, warnings=warnings)


def encode_items(call: Call, listing: Listing) -> tuple[list[Encoded], list[Undecodable]]:
    """The objects as the client sees them, and the faults of those that cannot be read."""
    found: list[Encoded] = []
    faults: list[Undecodable] = []
    for stored in listing.items:
        try:
            found.append(call.encoded(stored, listing.decoded.get(stored.key)))
        except Undecodable as fault:
            faults.append(fault)
    return found, faults


def frame(call: Call, metadata: dict[str, Any]) -> dict[str, Any]:
    """A list without its items."""
    return {
        "kind": call.spoke.options.list_kind,
        "apiVersion": call.spoke.api_version,
        "metadata": metadata,
    }


def find(call: Call, options: ListOptions, selector: Selector) -> Listing:
    """The rows that a list is to show, at most ``options.limit`` of them.

    All pages of a list show the moment that the first one was read at.
    """
    store, resource = call.objects.store, call.kind.group_resource
    namespace = call.target.namespace or None
    given = _continuation(call, options)
    began = given.after if given else None
    listing = Listing(after=began)
    if options.resource_version:
        head = store.head()
        if options.resource_version > head:
            raise future_version(options.resource_version, head)
    narrow = selector.fields.exact("metadata.namespace") if namespace is None else None
    if narrow and call.kind.namespaced and not path_segment_problems(narrow):
        namespace = narrow
    if given and given.resource_version != INCONSISTENT:
        listing.resource_version = given.resource_version
    while True:
        wanted = options.limit - len(listing.items) if options.limit else None
        size = wanted if wanted and selector.everything else (_PAGE if options.limit else None)
        page = store.list(
            resource.group,
            resource.resource,
            namespace=namespace,
            limit=size,
            after=listing.after,
        )
        listing.resource_version = listing.resource_version or page.resource_version
        if listing.resource_version > page.resource_version:
            raise future_version(listing.resource_version, page.resource_version)
        past = ListHistory(store, resource, namespace, listing.resource_version)
        try:
            page = past.page(page, listing.after)
        except HistoryCompacted:
            if listing.after == began:
                raise _inconsistent(call, listing.after) from None
            # What was found so far is a page, too.
            listing.remaining = None
            break
        if _take(call, page, selector, listing, options.limit):
            break
    if options.match == "Exact" and options.resource_version:
        _check_unchanged(call, options.resource_version)
        listing.resource_version = options.resource_version
    return listing


def _take(call: Call, page: Page, selector: Selector, listing: Listing, limit: int) -> bool:
    """Add what is selected of a page; returns whether the list is complete."""
    for at, stored in enumerate(page.items):
        if not selector.everything:
            subject, current = call.objects.subject(call.kind, stored)
            if not selector.matches(subject):
                continue
            if current is not None:
                listing.decoded[stored.key] = current
        listing.items.append(stored)
        if limit and len(listing.items) == limit:
            rest = len(page.items) - at - 1
            more = rest > 0 or page.next is not None
            listing.after = (stored.key.namespace, stored.key.name) if more else None
            listing.remaining = page.remaining + rest if selector.everything else None
            return True
    listing.after = page.next
    return page.next is None


def _continuation(call: Call, options: ListOptions) -> Continuation | None:
    if not options.continue_token:
        return None
    given = parse_continue(
        options.continue_token, within=call.target.namespace, namespaced=call.kind.namespaced
    )
    version = given.resource_version
    if version != INCONSISTENT and version < call.objects.store.oldest():
        raise _inconsistent(call, given.after)
    return given


def _inconsistent(call: Call, after: tuple[str, str] | None) -> Refusal:
    """410, with a token to go on with all the same where there is a place to go on from."""
    if after is None:
        return expired(_TOO_OLD)
    return expired(_TOO_OLD, Continuation(INCONSISTENT, after).encode(within=call.target.namespace))


def _check_unchanged(call: Call, version: int) -> None:
    """An exact list is given while nothing it shows has changed since."""
    resource = call.kind.group_resource
    later = call.objects.store.changes(
        version,
        group=resource.group,
        resource=resource.resource,
        namespace=call.target.namespace or None,
        limit=1,
    )
    if later:
        raise expired(f"The resourceVersion for the provided list is too old: {version}")
