"""Writing a new state of an existing object: what update and patch have in common."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from kconv._errors import Conflict, InvalidObject
from kconv._pipeline import Decoded, HubObject
from kconv._serve.deletion import finalizers_in
from kconv._serve.kind_rules import has_generation, has_status, is_namespace
from kconv._serve.metadata import carry_over, check_metadata_update
from kconv._serve.namespaces import FINALIZER, labelled
from kconv._serve.objects import Current, with_version, without_version
from kconv._serve.patch.jsonpatch import same
from kconv._serve.resource_request import Call
from kconv._serve.status import conflict, invalid

RETRY_SECONDS = 10.0
"""How long a write that insists on no resourceVersion is tried while others get in between."""

_LEAST_PAUSE, _MOST_PAUSE = 0.005, 0.25

Document = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Replacement:
    """From ``current`` to what the client wants, ``wanted``, in the client's version."""

    current: Current
    wanted: Decoded
    dry_run: bool = False


def with_retries(attempt: Callable[[], T]) -> T:
    """Run a write again while it loses races. Raises `kconv._errors.Conflict` in the end."""
    deadline = time.monotonic() + RETRY_SECONDS
    most = _LEAST_PAUSE
    while True:
        try:
            return attempt()
        except Conflict:
            if time.monotonic() >= deadline:
                raise
        # Spread, so that writers of the same object do not meet again.
        time.sleep(random.uniform(0, most))
        most = min(most * 2, _MOST_PAUSE)


def replace_object(call: Call, made: Replacement) -> Document:
    """Write the new state; returns the object as the client sees it.

    A change that changes nothing is not written. An object that waits for its deletion and has
    no finalizer left is removed. Raises `kconv._errors.Conflict` when someone wrote in between,
    `kconv._serve.status.Refusal` (422) for a change that is not allowed.
    """
    current = made.current
    value = _merged(call, made)
    _check(call, made, value)
    if current.fault is None and same(without_version(current.value), value):
        return call.objects.document(call.spoke, current.stored)
    shown = call.objects.document_of(call.spoke, call.kind, value)
    if made.dry_run:
        return with_version(shown, current.stored.resource_version)
    gone = value["metadata"].get("deletionTimestamp") and not finalizers_in(
        value, namespace=is_namespace(call.kind)
    )
    try:
        write = call.objects.delete if gone else call.objects.update
        stored = write(current, value)
    except Conflict:
        if made.wanted.value["metadata"].get("resourceVersion"):
            raise conflict(call.target.resource, call.target.name) from None
        raise
    if gone and call.target.namespace:
        call.namespaces.emptied(call.target.namespace)
    return with_version(shown, stored.resource_version)


def _merged(call: Call, made: Replacement) -> Document:
    """The new hub value: what this endpoint may write from the client, the rest as it was."""
    old = made.current.value
    new = call.objects.pipeline.to_hub(made.wanted).value
    meta = carry_over({**new["metadata"], "name": call.target.name}, old["metadata"])
    if call.target.subresource == "status":
        value = {**old, "metadata": meta}
        _copy(value, new, "status")
    elif call.target.subresource == "finalize":
        value = {**old, "metadata": meta}
        _copy(value, new, "spec")
    else:
        value = {**new, "metadata": meta}
        if has_status(call.kind):
            _copy(value, old, "status")
        if is_namespace(call.kind):
            _copy(value, old, "spec")
            value = labelled(value)
        if made.current.fault is not None:
            value = _completed(call, value)
    if has_generation(call.kind) and not same(_desired(old), _desired(value)):
        meta = {**value["metadata"], "generation": (meta.get("generation") or 0) + 1}
        value = {**value, "metadata": meta}
    return value


def _completed(call: Call, value: Document) -> Document:
    """What replaces an object that could not be read, with what the server gives a new one."""
    if is_namespace(call.kind):
        phase = "Terminating" if value["metadata"].get("deletionTimestamp") else "Active"
        return {**value, "spec": {"finalizers": [FINALIZER]}, "status": {"phase": phase}}
    pipeline = call.objects.pipeline
    shown = call.objects.document_of(call.spoke, call.kind, value)
    loaded = pipeline.to_hub(pipeline.load(shown, spoke=call.spoke, trusted=True)).value
    return {**loaded, "metadata": value["metadata"]}


def _copy(value: Document, source: Document, key: str) -> None:
    value.pop(key, None)
    if key in source:
        value[key] = source[key]


def _desired(value: Document) -> Document:
    return {key: item for key, item in value.items() if key not in ("metadata", "status")}


def _check(call: Call, made: Replacement, value: Document) -> None:
    pipeline, spoke = call.objects.pipeline, call.spoke
    findings: list[Any] = list(
        check_metadata_update(value["metadata"], made.current.meta, call.kind)
    )
    if made.current.fault is None:
        old = pipeline.from_hub(HubObject(call.kind, made.current.value), spoke)
        try:
            pipeline.check_update(pipeline.from_hub(HubObject(call.kind, value), spoke), old)
        except InvalidObject as error:
            findings += error.findings
    if findings:
        raise invalid(spoke.gvk.group, spoke.gvk.kind, call.target.name, findings)
