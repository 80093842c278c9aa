"""Delete: DELETE of one object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kconv._errors import DecodeError
from kconv._gvk import GroupResource
from kconv._paths import Path, invalid, not_supported, quote, wrong_type
from kconv._serve.negotiation import body_format
from kconv._serve.options import integer, is_true, write_options
from kconv._serve.resource_request import Answer, Call
from kconv._serve.verbs.replace import NotWritten, with_retries
from kconv._serve.verbs.request_body import parse
from kconv._verbs.deletion import finalizers_in, mark_for_deletion
from kconv._verbs.encoded import encode_object
from kconv._verbs.kind_rules import is_namespace
from kconv._verbs.namespaces import FINALIZER, IMMORTAL
from kconv._verbs.objects import Current
from kconv._verbs.refusal import (
    bad_request,
    conflict,
    details_of,
    forbidden,
    invalid_options,
    success,
)

_POLICIES = ("Foreground", "Background", "Orphan")
_TYPES: Mapping[Path, tuple[type, str]] = {
    ("apiVersion",): (str, "a string"),
    ("kind",): (str, "a string"),
    ("gracePeriodSeconds",): (int, "an integer"),
    ("preconditions",): (dict, "an object"),
    ("preconditions", "uid"): (str, "a string"),
    ("preconditions", "resourceVersion"): (str, "a string"),
    ("orphanDependents",): (bool, "a boolean"),
    ("propagationPolicy",): (str, "a string"),
    ("dryRun",): (list, "a list of strings"),
    ("ignoreStoreReadErrorWithClusterBreakingPotential",): (bool, "a boolean"),
}
"""The fields of metav1.DeleteOptions, parents first, and what they are to be."""


@dataclass(frozen=True, slots=True)
class DeleteOptions:
    """What a delete insists on. Propagation policies are accepted: nothing depends on anything."""

    dry_run: bool = False
    uid: str = ""
    resource_version: str = ""


def delete_options(call: Call) -> DeleteOptions:
    """The options in the body and the query of a delete. Raises `Refusal` (400, 415, 422)."""
    body = _body(call)
    _check_types(body)
    preconditions = body.get("preconditions") or {}
    asked = [body.get("propagationPolicy") or "", call.query.get("propagationPolicy") or ""]
    orphan = body.get("orphanDependents")
    if orphan is None and "orphanDependents" in call.query:
        orphan = is_true(call.query, "orphanDependents")
    for policy in filter(None, asked):
        if orphan is not None:
            why = "orphanDependents and deletionPropagation cannot be both set"
            raise invalid_options("DeleteOptions", ("propagationPolicy",), invalid((), policy, why))
        if policy not in _POLICIES:
            finding = not_supported((), policy, (*_POLICIES, "nil"))
            raise invalid_options("DeleteOptions", ("propagationPolicy",), finding)
    for seconds in (body.get("gracePeriodSeconds"), integer(call.query, "gracePeriodSeconds")):
        if seconds is not None and seconds < 0:
            finding = invalid((), seconds, "must be greater than or equal to 0")
            raise invalid_options("DeleteOptions", ("gracePeriodSeconds",), finding)
    dry_run = write_options(call.query, "DeleteOptions").dry_run
    for word in body.get("dryRun") or ():
        if word != "All":
            finding = not_supported((), body["dryRun"], ["All"])
            raise invalid_options("DeleteOptions", ("dryRun",), finding)
        dry_run = True
    return DeleteOptions(
        dry_run,
        str(preconditions.get("uid") or ""),
        str(preconditions.get("resourceVersion") or ""),
    )


def _check_types(body: Mapping[str, Any]) -> None:
    """Refuse (400) options of other types than theirs."""
    for path, (kind, expected) in _TYPES.items():
        value: Any = body
        for step in path:
            value = value.get(step) if value is not None else None
        if value is None:
            continue
        fits = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
        if path == ("dryRun",) and fits:
            fits = all(isinstance(word, str) for word in value)
        if kind is int and fits:
            fits = abs(value) < 2**63
        if not fits:
            finding = wrong_type(path, value, expected)
            raise bad_request(f"couldn't read DeleteOptions: {finding}")


def _body(call: Call) -> dict[str, Any]:
    if not call.body.strip():
        return {}
    encoding = body_format(call.content_type)
    try:
        document = parse(call.body, encoding)
    except DecodeError as error:
        raise DecodeError(f"couldn't read DeleteOptions: {error.message}") from None
    if not isinstance(document, dict):
        raise bad_request("couldn't read DeleteOptions: not an object")
    kind = document.get("kind")
    if kind not in (None, "", "DeleteOptions"):
        raise bad_request(f"{quote(kind)} cannot be handled as DeleteOptions")
    return document


async def delete(call: Call) -> Answer:
    """Delete the object that the URL names.

    200 with a Status when it is gone, or with the object when finalizers hold it. Raises
    `Refusal` and `kconv._errors.KconvError`.
    """
    options = delete_options(call)
    if is_namespace(call.kind) and call.target.name in IMMORTAL:
        why = "this namespace may not be deleted"
        raise forbidden(call.target.resource, call.target.name, why)

    async def attempt(newest: bool) -> Answer:
        current = await call.objects.get_or_salvage(call.kind, call.target.key, newest=newest)
        _check(call, current, options)
        return await remove(call, current, dry_run=options.dry_run, newest=newest)

    return await with_retries(call, call.target.key, attempt, again=not options.resource_version)


async def remove(call: Call, current: Current, *, dry_run: bool, newest: bool = True) -> Answer:
    """Delete an object, or mark it where finalizers hold it. Raises `Conflict`, `NotFound`.

    Finalizers do not hold what cannot be read: nobody could work on it. A namespace is marked in
    any case, since it goes with what it holds.
    """
    name = current.meta["name"]
    held = finalizers_in(current.hub)
    warnings: tuple[str, ...] = ()
    if current.fault is not None:
        ignored = f"; its finalizers were not waited for: {', '.join(held)}" if held else ""
        warnings = (f"{current.fault.message} (deleted{ignored})",)
        held = [FINALIZER] if is_namespace(call.kind) else []
    waits = held and current.fault is None and current.meta.get("deletionTimestamp")
    if (waits or dry_run) and not (newest or await call.objects.is_newest(current.row)):
        raise NotWritten
    if waits:
        return Answer(encoded=call.encoded(current.row, current), spoke=call.spoke)
    if held:
        marked, pipeline = mark_for_deletion(current), call.objects.pipeline
        shown, version = pipeline.from_hub(marked, call.spoke), current.resource_version
        if not dry_run:
            row = await call.objects.update(current, marked, shown)
            version = str(row.stored.resource_version)
            if call.kind is call.namespaces.kind:
                call.namespaces.emptied(name)
        return Answer(encoded=encode_object(pipeline, marked, shown, version), spoke=call.spoke)
    if not dry_run:
        await call.objects.delete(current, current.hub)
        if call.target.namespace:
            call.namespaces.emptied(call.target.namespace)
    resource = call.target.resource
    details = details_of(name, resource.group, resource.resource, current.stored.uid)
    return Answer(success(details), warnings=warnings)


def _check(call: Call, current: Current, options: DeleteOptions) -> None:
    gvk = call.spoke.gvk
    kind = GroupResource(gvk.group, gvk.kind)
    if options.uid and options.uid != current.stored.uid:
        why = (
            f"the UID in the precondition ({options.uid}) does not match the UID in record "
            f"({current.stored.uid}). The object might have been deleted and then recreated"
        )
        raise conflict(kind, call.target.name, why)
    version = current.resource_version
    if options.resource_version and options.resource_version != version:
        why = (
            f"the ResourceVersion in the precondition ({options.resource_version}) does not match "
            f"the ResourceVersion in record ({version}). The object might have been modified"
        )
        raise conflict(kind, call.target.name, why)
