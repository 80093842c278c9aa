"""Create: a new object is judged and stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from kconv._errors import AlreadyExists, ConditionFailed, InvalidObject, NotFound, Problem
from kconv._pipeline import Checks, Decoded, HubObject
from kconv._pipeline.view import View, metadata_of, with_metadata
from kconv._structural import has_rules_of
from kconv._verbs.answer import Answer
from kconv._verbs.body import Body, InvalidBody, all_findings, decode_whole
from kconv._verbs.call import Call
from kconv._verbs.canonical import canonical
from kconv._verbs.current import key_of
from kconv._verbs.encoded import Encoded, encode_object
from kconv._verbs.kind_rules import has_status, reads_namespace
from kconv._verbs.memory import CachedRow
from kconv._verbs.metadata import begin, timestamp
from kconv._verbs.metadata_rules import check_entries, check_metadata
from kconv._verbs.options import WriteOptions
from kconv._verbs.ownership import (
    Entries,
    both_with_entries,
    entries_of,
)
from kconv._verbs.preparing import has_more, prepared
from kconv._verbs.refusal import Refusal, already_exists, check_namespace, invalid
from kconv._verbs.retrying import insists

_NAME_ATTEMPTS = 8


async def create(
    call: Call, body: Body, options: WriteOptions, *, entries: Entries | None = None
) -> Answer:
    """Store the object in the body; 201 with what was stored.

    ``entries`` are its managedFields where they are known already. Raises `Refusal` and
    `kconv._errors.KconvError`.
    """
    # Rules in CEL see the name, which may have to be made first.
    ruled = has_rules_of(call.spoke)

    def decode() -> Decoded:
        # What the server sets first is judged with the rest.
        checks: Checks = "types" if has_more(call.kind) or ruled else "all"
        return decode_whole(call, body, options.field_validation, checks)

    try:
        decoded = await call.work(decode)
    except InvalidBody as error:
        await _check_place(call, error.metadata, newest=True)
        meta = begin(View(error.metadata), call.target.namespace, call.kind)
        raise error.refusal(check_metadata(meta, call.kind)) from None
    given = metadata_of(decoded.native)
    namespace = await _check_place(call, given, newest=options.dry_run)
    if insists(given.get("resourceVersion")) and not options.dry_run:
        message = "resourceVersion should not be set on objects to be created"
        raise Refusal("", message, code=500)
    decoded = _without_status(call, decoded)
    if ruled:
        # Before it is converted, which takes what is sound.
        received = decoded
        await call.work(lambda: _judge_sent(call, received))
    hub = call.objects.pipeline.to_hub(decoded)
    for attempt in range(_NAME_ATTEMPTS):
        own = metadata_of(hub.native)
        meta = begin(own, call.target.namespace, call.kind)
        meta.drop("managedFields")
        begun = HubObject(call.kind, with_metadata(hub.native, meta))
        made = begun
        if has_more(call.kind):
            made = await call.work(partial(prepared, begun))
        made = canonical(made)
        lacks_namespace = reads_namespace(call.kind) and not given.get("namespace")
        judge = has_more(call.kind) or lacks_namespace or not given.get("name")
        show = partial(_shown, call, made, judge=judge and not ruled)
        shown, wrong = await call.work(show) if judge else show()
        judged = meta
        if has_more(call.kind) and meta.get("labels"):
            # Those that its kind has the server add are judged with them.
            judged = meta.copied()
            judged["labels"] = metadata_of(made.native).get("labels", {})
        findings = all_findings(check_metadata(judged, call.kind), wrong)
        if findings:
            gvk = call.spoke.gvk
            raise invalid(gvk.group, gvk.kind, str(meta.get("name") or ""), findings)
        name: str = meta["name"]
        owned = entries
        if owned is None:
            sent = entries_of(given)
            owned = _entries(call, begun, shown, sent, options)
            if sent and (findings := list(check_entries(owned))):
                raise invalid(call.spoke.gvk.group, call.spoke.gvk.kind, name, findings)
        made, shown = both_with_entries(made, shown, owned)
        try:
            encoded = await _store(call, made, shown, name, options, namespace)
        except AlreadyExists:
            if given.get("name") or attempt == _NAME_ATTEMPTS - 1:
                raise already_exists(call.target.resource, name) from None
            continue
        except ConditionFailed:
            # Its namespace has been written, or has gone, since it was looked at.
            if attempt == _NAME_ATTEMPTS - 1:
                raise
            namespace = await _check_place(call, given, newest=True)
            continue
        return Answer(code=201, spoke=call.spoke, encoded=encoded, warnings=tuple(call.warnings))
    raise AssertionError("unreachable")


def _entries(
    call: Call, begun: HubObject, shown: Decoded, given: Entries | None, options: WriteOptions
) -> Entries:
    """The managedFields of a new object, before its kind has the server set more."""
    ownership, pipeline = call.objects.ownership, call.objects.pipeline
    if has_more(call.kind):
        shown = pipeline.from_hub(canonical(begun), call.spoke)
    manager = ownership.manager(call.spoke, call.target.subresource)
    when = timestamp()
    return ownership.entries_of_new(manager, shown, given, options.field_manager, when)


def _shown(call: Call, hub: HubObject, *, judge: bool) -> tuple[Decoded, Sequence[Problem]]:
    """A new object as its creator sees it, and what is wrong with it if it is to be judged anew.

    It has the defaults, too, that follow from what its kind has the server set.
    """
    pipeline = call.objects.pipeline
    shown = pipeline.from_hub(hub, call.spoke)
    return _judged(call, pipeline.dump(shown)) if judge else (shown, ())


def _judge_sent(call: Call, sent: Decoded) -> None:
    """Judge a new object as it was sent, under a name as it will have. Raises `Refusal`."""
    gvk = call.spoke.gvk
    meta = begin(metadata_of(sent.native), call.target.namespace, call.kind)
    name = str(meta.get("name") or "")
    document = call.objects.pipeline.dump(sent)
    # With a uid of its client's it would not be new to its rules.
    metadata = {**document.get("metadata", {}), "name": name, "uid": "", "resourceVersion": ""}
    _, wrong = _judged(call, {**document, "metadata": metadata})
    if wrong:
        raise invalid(
            gvk.group, gvk.kind, name, all_findings(check_metadata(meta, call.kind), wrong)
        )


def _judged(call: Call, document: dict[str, Any]) -> tuple[Decoded, Sequence[Problem]]:
    """The object that a document is, and what is wrong with it."""
    pipeline = call.objects.pipeline
    try:
        return pipeline.load(document, spoke=call.spoke), ()
    except InvalidObject as error:
        return pipeline.load(document, spoke=call.spoke, trusted=True), error.findings


async def _store(
    call: Call,
    hub: HubObject,
    shown: Decoded,
    name: str,
    options: WriteOptions,
    namespace: CachedRow | None,
) -> Encoded:
    """Store a new object, unless it is a dry run. Raises `AlreadyExists`, `ConditionFailed`."""
    pipeline = call.objects.pipeline
    key = key_of(call.kind, call.target.namespace, name)
    if options.dry_run:
        await _refuse_existing(call, name)
        await call.objects.check_size(hub)
        return Encoded(pipeline.encode(shown))
    given = None if has_more(call.kind) else shown
    row = await call.objects.create(call.kind, key, hub, given, namespace)
    if given is not None:
        return call.objects.written(row, hub, shown)
    # Defaults that follow from what its kind had the server set are made when it is read.
    encoded = encode_object(pipeline, hub, shown, str(row.stored.resource_version))
    row.encoded[call.spoke] = encoded
    return encoded


async def _check_place(call: Call, meta: Mapping[str, Any], *, newest: bool) -> CachedRow | None:
    """The namespace to create in, which must still be as it is here when the object is stored."""
    namespace = meta.get("namespace") or ""
    check_namespace(call.target.namespace, namespace)
    name = str(meta.get("name") or meta.get("generateName") or "")
    return await call.namespaces.require(call.target, name, newest=newest)


async def _refuse_existing(call: Call, name: str) -> None:
    try:
        await call.objects.row(key_of(call.kind, call.target.namespace, name))
    except NotFound:
        return
    raise AlreadyExists(name)


def _without_status(call: Call, decoded: Decoded) -> Decoded:
    """The object with the status that an object without one gets; status is not for creators."""
    status = View(decoded.native).get("status")
    if not status or not has_status(call.kind) or not (isinstance(status, dict) or View(status)):
        return decoded
    # Clients rarely send one; its defaults are those of the version, which decoding knows.
    bare = {key: item for key, item in decoded.value.items() if key != "status"}
    return call.objects.pipeline.load(bare, spoke=call.spoke, trusted=True)
