"""Update: an object, or its status, is replaced."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kconv._paths import INVALID, Finding
from kconv._pipeline import Checks
from kconv._pipeline.view import metadata_of
from kconv._structural import is_structural
from kconv._verbs.answer import Answer
from kconv._verbs.body import Body, InvalidBody, decode_whole
from kconv._verbs.call import Call
from kconv._verbs.current import Current
from kconv._verbs.metadata_rules import check_metadata
from kconv._verbs.options import WriteOptions
from kconv._verbs.preparing import has_more
from kconv._verbs.refusal import bad_request, conflict, invalid
from kconv._verbs.replace import Replacement, findings_about, replace_object
from kconv._verbs.retrying import insists, with_retries


async def update(call: Call, body: Body, options: WriteOptions) -> Answer:
    """Replace the object that the call is for by the one in the body.

    Without a resourceVersion in the body, the object is replaced whatever it is now. Raises
    `Refusal` and `kconv._errors.KconvError`.
    """
    target = call.target
    # A whole object needs nothing of the old one, which may be unreadable; a part does.
    fetch = call.objects.get if target.subresource else call.objects.get_or_salvage
    try:
        late = has_more(call.kind) and not target.subresource
        checks: Checks = "types" if late else "all"
        decoded = await call.work(
            lambda: decode_whole(call, body, options.field_validation, checks)
        )
    except InvalidBody as error:
        check_names(call, error.metadata)
        current = await fetch(call.kind, target.key)
        check_version(call, error.metadata, current)
        if target.subresource or current.fault is not None:
            named = {"name": target.name, **error.metadata}
            raise error.refusal(check_metadata(named, call.kind)) from None
        findings = findings_about(call, current, dict(error.document))
        gvk = call.spoke.gvk
        raise invalid(gvk.group, gvk.kind, target.name, findings) from None
    given = metadata_of(decoded.native)
    check_names(call, given)
    if is_structural(call.spoke) and not insists(given.get("resourceVersion")):
        # Custom resources are never replaced whatever they are.
        path = ("metadata", "resourceVersion")
        finding = Finding(path, INVALID, "Invalid value: 0: must be specified for an update")
        resource = call.target.resource
        await fetch(call.kind, target.key)
        raise invalid(resource.group, resource.resource, target.name, [finding])

    async def attempt(newest: bool) -> Answer:
        current = await fetch(call.kind, target.key, newest=newest)
        check_version(call, given, current)
        replacement = Replacement(current, decoded, options.dry_run, newest, options.field_manager)
        made = await replace_object(call, replacement)
        return Answer(encoded=made, spoke=call.spoke, warnings=tuple(call.warnings))

    again = not insists(given.get("resourceVersion"))
    return await with_retries(call, call.target.key, attempt, again=again)


def check_names(call: Call, meta: Mapping[str, Any]) -> None:
    """Refuse (400) an object whose name or namespace is not that of the URL."""
    name, namespace = meta.get("name") or "", meta.get("namespace") or ""
    if not name:
        raise bad_request(
            f"the name of the object ({call.target.name} based on URL) was undeterminable: name "
            "must be provided"
        )
    if name != call.target.name:
        raise bad_request(
            f"the name of the object ({name}) does not match the name on the URL "
            f"({call.target.name})"
        )
    if call.target.namespace and namespace and namespace != call.target.namespace:
        raise bad_request(
            f"the namespace of the object ({namespace}) does not match the namespace on the "
            f"request ({call.target.namespace})"
        )


def check_version(call: Call, meta: Mapping[str, Any], current: Current) -> None:
    """Refuse (409) a write that was made for another state, or for another object."""
    resource, name = call.target.resource, call.target.name
    version = meta.get("resourceVersion")
    if version and insists(version) and version != current.resource_version:
        if not (version.isascii() and version.isdigit()):
            raise bad_request(f'metadata.resourceVersion: Invalid value: "{version}"')
        raise conflict(resource, name)
    uid = meta.get("uid")
    if uid and uid != current.stored.uid:
        why = (
            f"Precondition failed: UID in precondition: {uid}, UID in object meta: "
            f"{current.stored.uid}"
        )
        raise conflict(resource, name, why)
