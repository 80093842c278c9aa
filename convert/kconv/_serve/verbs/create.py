"""Create: POST to a collection."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kconv._errors import AlreadyExists, NotFound, Problem
from kconv._pipeline import Decoded, HubObject
from kconv._pipeline.view import View
from kconv._serve.deletion import with_metadata
from kconv._serve.encoded import Encoded, encode_object
from kconv._serve.kind_rules import has_status
from kconv._serve.metadata import begin, check_metadata, now
from kconv._serve.objects import Current, key_of, prepared
from kconv._serve.options import WriteOptions, write_options
from kconv._serve.resource_request import Answer, Call
from kconv._serve.status import Refusal, already_exists, bad_request, invalid
from kconv._serve.verbs.request_body import decode_body

_NAME_ATTEMPTS = 8


def create(call: Call) -> Answer:
    """Store the object in the body; 201 with what was stored.

    Raises `Refusal` and `kconv._errors.KconvError`.
    """
    options = write_options(call.query, "CreateOptions")

    def before_rules(meta: dict[str, Any]) -> Iterator[Problem]:
        _check_place(call, meta)
        return check_metadata(begin(View(meta), call.target.namespace, call.kind, now()), call.kind)

    decoded = decode_body(call, options.field_validation, before_rules)
    given = View(View(decoded.native)["metadata"])
    _check_place(call, given)
    if given.get("resourceVersion"):
        message = "resourceVersion should not be set on objects to be created"
        raise Refusal("", message, code=500)
    hub = call.objects.pipeline.to_hub(_without_status(call, decoded))
    for attempt in range(_NAME_ATTEMPTS):
        own = View(View(hub.native)["metadata"])
        meta = begin(own, call.target.namespace, call.kind, now())
        findings = list(check_metadata(meta, call.kind))
        if findings:
            gvk = call.spoke.gvk
            raise invalid(gvk.group, gvk.kind, str(meta.get("name") or ""), findings)
        name: str = meta["name"]
        try:
            encoded = _store(call, HubObject(call.kind, with_metadata(hub, meta)), name, options)
        except AlreadyExists:
            if given.get("name") or attempt == _NAME_ATTEMPTS - 1:
                raise already_exists(call.target.resource, name) from None
            continue
        return Answer(code=201, spoke=call.spoke, encoded=encoded, warnings=decoded.warnings)
    raise AssertionError("unreachable")


def _store(call: Call, begun: HubObject, name: str, options: WriteOptions) -> Encoded:
    """Store a new object, unless it is a dry run. Raises `AlreadyExists`."""
    pipeline = call.objects.pipeline
    hub = prepared(begun)
    key = key_of(call.kind, call.target.namespace, name)
    shown = pipeline.from_hub(hub, call.spoke)
    if hub is not begun:
        # Its creator gets the defaults, too, that follow from what the kind has the server set.
        shown = pipeline.load(pipeline.dump(shown), spoke=call.spoke, trusted=True)
    if options.dry_run:
        _refuse_existing(call, name)
        return Encoded(pipeline.encode(shown))
    stored = call.objects.create(call.kind, key, hub, None if hub is not begun else shown)
    call.namespaces.confirm(call.target, Current(stored, hub))
    return encode_object(pipeline, hub, shown, str(stored.resource_version))


def _check_place(call: Call, meta: Mapping[str, Any]) -> None:
    namespace = meta.get("namespace") or ""
    if call.target.namespace and namespace and namespace != call.target.namespace:
        raise bad_request(
            "the namespace of the provided object does not match the namespace sent on the request"
        )
    call.namespaces.require(call.target, str(meta.get("name") or meta.get("generateName") or ""))


def _refuse_existing(call: Call, name: str) -> None:
    try:
        call.objects.store.get(key_of(call.kind, call.target.namespace, name))
    except NotFound:
        return
    raise AlreadyExists(name)


def _without_status(call: Call, decoded: Decoded) -> Decoded:
    """The object with the status that an object without one gets; status is not for creators."""
    status = View(decoded.native).get("status")
    if not has_status(call.kind) or not status or not (isinstance(status, dict) or View(status)):
        return decoded
    # Clients rarely send one; its defaults are those of the version, which decoding knows.
    bare = {key: item for key, item in decoded.value.items() if key != "status"}
    return call.objects.pipeline.load(bare, spoke=call.spoke, trusted=True)
