"""Writing a new state of an existing object: what update and patch have in common."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, TypeVar

import msgspec

from kconv._errors import (
    ConversionError,
    InvalidObject,
    Problem,
)
from kconv._managed.lists import NoStep
from kconv._pipeline import Decoded, HubObject, Pipeline
from kconv._pipeline.view import View, metadata_of, with_metadata
from kconv._scheme import Spoke
from kconv._verbs.body import all_findings
from kconv._verbs.call import Call
from kconv._verbs.canonical import canonical, canonical_in_version
from kconv._verbs.current import Current
from kconv._verbs.deletion import finalizers_in
from kconv._verbs.encoded import Encoded, encode_object
from kconv._verbs.kind_rules import has_generation, has_status, is_kubernetes, is_namespace
from kconv._verbs.metadata import carry_over, timestamp
from kconv._verbs.metadata_rules import check_entries, check_metadata_update
from kconv._verbs.namespaces import FINALIZER, add_name_label
from kconv._verbs.ownership import (
    Document,
    Entries,
    both_with_entries,
    entries_of,
    same_but_for_time,
    without_entries,
)
from kconv._verbs.preparing import has_more
from kconv._verbs.refusal import invalid
from kconv._verbs.retrying import NotWritten
from kconv._verbs.store_anew import is_outdated

T = TypeVar("T")
Value = dict[str, Any]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Replacement:
    """From ``current`` to what the client wants, ``wanted``, in the client's version.

    ``newest`` says that nobody had written a later state than ``current`` when it was read.
    ``entries`` are the managedFields of the new state where they are known already; otherwise what
    changes belongs to ``field_manager``.
    """

    current: Current
    wanted: Decoded
    dry_run: bool = False
    newest: bool = True
    field_manager: str = ""
    entries: Entries | None = None


async def replace_object(call: Call, made: Replacement) -> Encoded:
    """Write the new state; returns the object as the client sees it.

    A change that changes nothing is not written. An object that waits for its deletion and has
    no finalizer left is removed. Raises `kconv._errors.Conflict` when someone wrote in between,
    `kconv._verbs.refusal.Refusal` (422) for a change that is not allowed.
    """
    current, pipeline = made.current, call.objects.pipeline
    old = bare_and_canonical(current.hub)
    before, _ = old
    merged, is_desired = _merged(call, made, before)
    judge = has_more(call.kind) and not call.target.subresource
    find = partial(_findings, call, made, merged, judge=judge)
    is_long = judge or pipeline.judges_updates(call.spoke)
    # A small patch may be of a large object.
    size = len(current.stored.data)
    findings = await call.work(find, size) if is_long else find()
    if findings:
        raise invalid(call.spoke.gvk.group, call.spoke.gvk.kind, call.target.name, findings)
    # A state that could not be read is replaced by whatever is sent.
    unchanged = current.fault is None and is_desired and _same(before, merged, _OBSERVED)
    owned = _owned(call, made, old, merged, unchanged)
    unchanged = owned.unchanged and not await is_outdated(call, current)
    _check_given(call, made, owned.entries)
    if (unchanged or made.dry_run) and not (
        made.newest or await call.objects.is_newest(current.row)
    ):
        raise NotWritten
    if unchanged:
        return call.encoded(current.row, current)
    shown = owned.shown or pipeline.from_hub(merged, call.spoke)
    merged, shown = both_with_entries(merged, shown, owned.entries)
    if made.dry_run:
        await call.objects.check_size(merged, shown, current)
        return encode_object(pipeline, merged, shown, current.resource_version)
    meta = metadata_of(merged.native)
    gone = meta.get("deletionTimestamp") and not finalizers_in(merged)
    write = call.objects.delete if gone else call.objects.update
    row = await write(current, merged, shown)
    if not gone:
        return call.objects.written(row, merged, shown)
    if call.target.namespace:
        call.namespaces.emptied(call.target.namespace)
    return encode_object(pipeline, merged, shown, str(row.stored.resource_version))


def _check_given(call: Call, made: Replacement, entries: Entries) -> None:
    """Refuse (422) managedFields that came with the new state, unless they were there before."""
    given = entries_of(metadata_of(made.wanted.native))
    if not given or given == entries_of(made.current.meta):
        return
    if findings := list(check_entries(entries)):
        gvk = call.spoke.gvk
        raise invalid(gvk.group, gvk.kind, call.target.name, findings)


class _Owned(NamedTuple):
    """The managedFields of a new state, and whether with them nothing changes at all.

    ``shown`` is the state in the client's version, if it was needed for that.
    """

    entries: Entries
    unchanged: bool = False
    shown: Decoded | None = None


def _owned(
    call: Call,
    made: Replacement,
    before: tuple[HubObject, bool],
    merged: HubObject,
    unchanged: bool,
) -> _Owned:
    current, ownership, pipeline = made.current, call.objects.ownership, call.objects.pipeline
    old = entries_of(current.meta) or []
    given = entries_of(metadata_of(made.wanted.native))
    shown, entries = None, made.entries
    if entries is None:
        if unchanged and (given is None or given == old):
            return _Owned(old, True)
        own = shown = pipeline.from_hub(merged, call.spoke)
        when = timestamp()
        manager = ownership.manager(call.spoke, call.target.subresource)

        def live() -> Document:
            return ownership.document(in_version(pipeline, current, before, call.spoke), before[0])

        def new() -> Document:
            return ownership.document(own, merged)

        if current.fault is not None:
            entries = ownership.entries_of_new(
                manager, own, given, made.field_manager, when, hub=merged
            )
            return _Owned(entries, shown=shown)
        try:
            entries = manager.update(live, new, old, given, made.field_manager, when)
        except (ConversionError, NoStep) as error:
            # A write does not fail for the sake of who owns what.
            about = f"{call.target.resource} {call.target.name}"
            _log.warning("%s: managedFields stay as they are: %s", about, error)
            entries = old
    if unchanged and same_but_for_time(entries, old):
        return _Owned(old, True)
    return _Owned(entries, shown=shown)


def bare_and_canonical(hub: HubObject) -> tuple[HubObject, bool]:
    """An object without managedFields and zeros, and whether it had no zeros."""
    bare = without_entries(hub)
    found = canonical(bare)
    return found, found is bare


def in_version(
    pipeline: Pipeline, current: Current, before: tuple[HubObject, bool], spoke: Spoke
) -> Decoded:
    """An object as it is now, in a version; ``before`` is what `bare_and_canonical` made of it."""
    hub, clean = before
    decoded = current.decoded
    if decoded is not None and decoded.spoke is spoke:
        return decoded if clean else canonical_in_version(decoded)
    return pipeline.from_hub(hub, spoke)


def _merged(call: Call, made: Replacement, before: HubObject) -> tuple[HubObject, bool]:
    """The new state: what this endpoint may write from the client, the rest as it was.

    And whether what is desired of the object is as it was: all but its metadata and status.
    """
    current = made.current
    hub = call.objects.pipeline.to_hub(made.wanted)
    if current.fault is not None:
        # What was salvaged is a dict.
        hub = HubObject(call.kind, hub.value)
    old, new = View(current.hub.native), View(hub.native)
    subresource = call.target.subresource
    part = {"status": "status", "finalize": "spec", "scale": "spec"}.get(subresource)
    # A part of a user's own kind is written without its metadata, as that of a custom resource.
    has_own = subresource == "scale" or (part is not None and not is_kubernetes(call.kind))
    source = old if has_own else new
    meta = carry_over(View(source["metadata"]), current.meta)
    meta["name"] = call.target.name
    if part is not None:
        merged = old.copied()
        merged.take(new, part)
    else:
        merged = new.copied()
        if has_status(call.kind):
            merged.take(old, "status")
        if is_namespace(call.kind):
            merged.take(old, "spec")
            add_name_label(meta)
        if current.fault is not None:
            merged = _completed(call, merged, meta)
    merged["metadata"] = meta.native
    state = canonical(HubObject(call.kind, merged.native))
    desired = {*old, *merged}.difference(_OBSERVED)
    is_desired = _same(before, state, desired)
    if not is_desired and has_generation(call.kind):
        state = HubObject(call.kind, _with_next_generation(state.native, meta))
    return state, is_desired


def _with_next_generation(made: Any, meta: View) -> Any:
    own = metadata_of(made).copied()
    own["generation"] = (meta.get("generation") or 0) + 1
    return with_metadata(made, own)


def _completed(call: Call, merged: View, meta: View) -> View:
    """What replaces an object that could not be read, with what the server gives a new one."""
    if is_namespace(call.kind):
        merged["spec"] = {"finalizers": [FINALIZER]}
        merged["status"] = {"phase": "Terminating" if meta.get("deletionTimestamp") else "Active"}
        return merged
    pipeline = call.objects.pipeline
    merged["metadata"] = meta.native
    shown = pipeline.dump(pipeline.from_hub(HubObject(call.kind, merged.native), call.spoke))
    return View(pipeline.to_hub(pipeline.load(shown, spoke=call.spoke, trusted=True)).value)


def _same(one: HubObject, other: HubObject, names: Iterable[str]) -> bool:
    """Whether two states of an object have the same in these fields.

    They are compared as what they are encoded to, since the values of the two may be of different
    classes; the order of keys makes no difference.
    """
    left, right = View(one.native), View(other.native)
    return all(
        _ordered(left[name]) == _ordered(right[name])
        if name in left and name in right
        else name not in left and name not in right
        for name in names
    )


_ordered = msgspec.json.Encoder(order="sorted").encode
_OBSERVED = ("metadata", "status")
"""What is not desired of an object, so that changing it is no new generation."""


def findings_about(call: Call, current: Current, document: Value) -> list[Problem]:
    """All that is wrong with what a document would make of an object, in the client's version.

    For a document that breaks rules itself; its types are right.
    """
    wanted = call.objects.pipeline.load(document, spoke=call.spoke, trusted=True)
    made = Replacement(current, wanted)
    merged, _ = _merged(call, made, canonical(current.hub))
    return _findings(call, made, merged, judge=True)


def _findings(call: Call, made: Replacement, merged: HubObject, *, judge: bool) -> list[Problem]:
    """What is wrong with the change, and with the new state if that is to be judged anew."""
    pipeline, spoke, current = call.objects.pipeline, call.spoke, made.current
    meta = metadata_of(merged.native)
    of_metadata = check_metadata_update(meta, current.meta, call.kind)
    others: list[Problem] = []
    changes = current.fault is None and pipeline.judges_updates(spoke)
    if judge or changes:
        # Few kinds have such rules; the new state is converted once more when it is written.
        new = canonical_in_version(pipeline.from_hub(merged, spoke))
        if judge:
            try:
                pipeline.load(pipeline.dump(new), spoke=spoke)
            except InvalidObject as error:
                others += error.findings
        if changes:
            decoded = current.decoded
            same = decoded is not None and decoded.spoke is spoke
            old = decoded if same and decoded else pipeline.from_hub(current.hub, spoke)
            try:
                pipeline.check_update(new, canonical_in_version(old))
            except InvalidObject as error:
                others += error.findings
    return all_findings(of_metadata, others)
