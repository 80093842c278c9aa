"""Create: POST to a collection."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kconv._errors import AlreadyExists, NotFound, Problem
from kconv._pipeline import Decoded
from kconv._serve.kind_rules import has_status
from kconv._serve.metadata import begin, check_metadata, now
from kconv._serve.objects import Current, key_of, prepared, with_version
from kconv._serve.options import write_options
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
        return check_metadata(begin(meta, call.target.namespace, call.kind, now()), call.kind)

    decoded = decode_body(call, options.field_validation, before_rules)
    given = decoded.value["metadata"]
    _check_place(call, given)
    if given.get("resourceVersion"):
        message = "resourceVersion should not be set on objects to be created"
        raise Refusal("", message, code=500)
    hub = call.objects.pipeline.to_hub(_without_status(call, decoded)).value
    for attempt in range(_NAME_ATTEMPTS):
        meta = begin(hub["metadata"], call.target.namespace, call.kind, now())
        findings = list(check_metadata(meta, call.kind))
        if findings:
            gvk = call.spoke.gvk
            raise invalid(gvk.group, gvk.kind, str(meta.get("name") or ""), findings)
        begun = {**hub, "metadata": meta}
        value = prepared(call.kind, begun)
        key = key_of(call.kind, call.target.namespace, meta["name"])
        try:
            if options.dry_run:
                _refuse_existing(call, meta["name"])
                document = _shown(call, value, again=value is not begun)
            else:
                stored = call.objects.create(call.kind, key, value)
                call.namespaces.confirm(call.target, Current(stored, call.kind, value))
                shown = _shown(call, value, again=value is not begun)
                document = with_version(shown, stored.resource_version)
        except AlreadyExists:
            if given.get("name") or attempt == _NAME_ATTEMPTS - 1:
                raise already_exists(call.target.resource, meta["name"]) from None
            continue
        return Answer(document, 201, call.spoke, warnings=decoded.warnings)
    raise AssertionError("unreachable")


def _shown(call: Call, value: dict[str, Any], *, again: bool) -> dict[str, Any]:
    """A new object as its creator sees it: as a later read does.

    ``again``: with the defaults that follow from what the server has set.
    """
    document = call.objects.document_of(call.spoke, call.kind, value)
    if not again:
        return document
    pipeline = call.objects.pipeline
    return pipeline.dump(pipeline.load(document, spoke=call.spoke, trusted=True))


def _check_place(call: Call, meta: dict[str, Any]) -> None:
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
    if not has_status(call.kind) or not decoded.value.get("status"):
        return decoded
    bare = {key: item for key, item in decoded.value.items() if key != "status"}
    return call.objects.pipeline.load(bare, spoke=call.spoke, trusted=True)
