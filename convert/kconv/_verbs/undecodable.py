"""Stored objects that cannot be decoded or converted: what is said of them, and what is left.

As in Kubernetes, one such object fails every list and watch of its kind that would show it: a
client that took what is missing for deleted would act on it. A server may be told to leave it out,
with a warning. It is shown as it is stored to clients that ask for it in the version it is stored
in, and can be replaced and deleted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kconv._codec import json as json_codec
from kconv._errors import FunctionFailed, KconvError, ObjectRef
from kconv._gvk import GroupResource
from kconv._paths import format_path
from kconv._pipeline import Pipeline
from kconv._scheme import HubKind, Spoke
from kconv._store import Key, Stored
from kconv._verbs.refusal import Refusal

_CAUSE_LIMIT = 400
_MOST_NAMED = 10
_METADATA = (
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generation",
    "generateName",
    "labels",
    "annotations",
    "ownerReferences",
    "finalizers",
    "managedFields",
)

Document = dict[str, Any]


class Undecodable(KconvError):
    """A stored object that this server cannot decode or convert; ``cause`` says why."""

    def __init__(self, stored: Stored, cause: Exception) -> None:
        key = stored.key
        self.stored = stored
        findings = cause.findings if isinstance(cause, KconvError) else ()
        said = cause.message if isinstance(cause, KconvError) else repr(cause)
        self.defect: BaseException | None = None if isinstance(cause, KconvError) else cause
        """What a log is to show the traceback of: an exception of a user's code, or of ours."""
        if isinstance(cause, FunctionFailed):
            self.defect = cause.__cause__
        self.cause = said if len(said) <= _CAUSE_LIMIT else f"{said[:_CAUSE_LIMIT]}..."
        super().__init__(
            f"{describe(key)} cannot be read as it is stored, in {stored.api_version}: "
            f"{self.cause}; get it as {stored.api_version} to see it as it is, then replace (PUT) "
            "or delete it",
            about=ObjectRef(key.group, "", key.resource, key.namespace, key.name),
            findings=findings,
        )

    @property
    def details(self) -> Document:
        """The ``details`` of a Status about it, with every offending field."""
        key = self.stored.key
        parts = {
            "name": key.name,
            "group": key.group,
            "kind": key.resource,
            "uid": self.stored.uid,
        }
        causes = [
            {"reason": each.reason, "message": each.message, "field": format_path(each.path)}
            for each in self.findings
        ]
        found: Document = {name: value for name, value in parts.items() if value}
        return {**found, "causes": causes} if causes else found


def describe(key: Key) -> str:
    """An object's resource and name, for people: ``cronjobs.batch "reports/nightly"``."""
    name = f"{key.namespace}/{key.name}" if key.namespace else key.name
    return f'{GroupResource(key.group, key.resource)} "{name}"'


def raw_warning(fault: Undecodable) -> str:
    """What goes with an object that is shown as it is stored."""
    return (
        f"{describe(fault.stored.key)} cannot be read ({fault.cause}) and is shown as it is "
        "stored; replace (PUT) or delete it"
    )


def left_out_warning(keys: Sequence[Key]) -> str:
    """What goes with a list that leaves objects out."""
    names = [describe(key) for key in keys[:_MOST_NAMED]]
    more = len(keys) - len(names)
    listed = ", ".join(names) + (f" and {more} more" if more else "")
    return f"left out, for they cannot be read: {listed}; get them by name for the reason"


def unreadable_list(keys: Sequence[Key]) -> Refusal:
    """500: a list would lack objects."""
    names = [describe(key) for key in keys[:_MOST_NAMED]]
    more = len(keys) - len(names)
    listed = ", ".join(names) + (f" and {more} more" if more else "")
    return Refusal(
        "InternalError",
        f"the list would lack what cannot be read: {listed}; get them by name for the reason, "
        "replace (PUT) or delete them, or have the server leave them out (--leave-out-unreadable)",
        details={
            "causes": [
                {"reason": "Unreadable", "message": describe(key)} for key in keys[:_MOST_NAMED]
            ]
        },
    )


def raw_document(stored: Stored) -> Document | None:
    """A row's bytes as the object they are, with its resourceVersion; None if they are none."""
    try:
        document = json_codec.decode(stored.data)
    except KconvError:
        return None
    if not isinstance(document, dict):
        return None
    given = document.get("metadata")
    return {**document, "metadata": {**(given if isinstance(given, dict) else {}), **_own(stored)}}


def _own(stored: Stored) -> Document:
    """What the row itself says of its object."""
    found: Document = {"name": stored.key.name}
    if stored.key.namespace:
        found["namespace"] = stored.key.namespace
    return {**found, "uid": stored.uid, "resourceVersion": str(stored.resource_version)}


def salvage(pipeline: Pipeline, kind: HubKind, stored: Stored) -> Document:
    """The hub value of what can be read of an object: its metadata, and its status if that can.

    The rest is as defaults have it, or missing. It never raises.
    """
    raw = raw_document(stored) or {}
    metadata = raw.get("metadata") or _own(stored)
    spoke = next(
        (each for each in kind.spokes if each.api_version == stored.api_version), kind.spokes[0]
    )
    for status in (True, False):
        parts = {"status": raw["status"]} if status and isinstance(raw.get("status"), dict) else {}
        found = _hub_value(pipeline, spoke, metadata, parts)
        if found is not None:
            return found
    kept = _own(stored)
    for field in _METADATA:
        if field in metadata:
            tried = {**kept, field: metadata[field]}
            if _hub_value(pipeline, spoke, tried, {}) is not None:
                kept = tried
    return _hub_value(pipeline, spoke, kept, {}) or {"metadata": kept}


def _hub_value(
    pipeline: Pipeline, spoke: Spoke, metadata: Document, parts: Mapping[str, Any]
) -> Document | None:
    gvk = spoke.gvk
    head = {"kind": gvk.kind, "apiVersion": gvk.api_version, "metadata": metadata}
    try:
        decoded = pipeline.load({**head, **parts}, spoke=spoke, trusted=True)
        return pipeline.to_hub(decoded).value
    except Exception:  # noqa: BLE001 - rules are users' code, which may need what is not here
        return None
