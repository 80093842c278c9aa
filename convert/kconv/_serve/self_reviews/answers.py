"""The verb create of reviews: who somebody is, and what they may do; nothing is stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from kconv._codec import json as json_codec
from kconv._errors import DecodeError, InvalidObject
from kconv._paths import Finding, invalid, required
from kconv._pipeline import Decoded
from kconv._serve.auth import User
from kconv._serve.options import write_options
from kconv._serve.request_body import body_of
from kconv._serve.resource_request import ResourceRequest
from kconv._serve.review_kinds import pipeline
from kconv._serve.self_reviews.access import path_access, resource_access
from kconv._serve.self_reviews.rules import rules_of
from kconv._serve.server import Server
from kconv._verbs.answer import Answer
from kconv._verbs.body import unrecognized
from kconv._verbs.encoded import Encoded
from kconv._verbs.metadata import now
from kconv._verbs.options import WriteOptions
from kconv._verbs.ownership import Ownership, entries_of_new
from kconv._verbs.refusal import bad_request
from kconv._verbs.refusal import invalid as unacceptable
from kconv.fields._time import format_time

Document = dict[str, Any]


async def review(server: Server, caller: User, request: ResourceRequest) -> Answer:
    """Answer who the caller is, what they may do, or whose a token is; 201, as of a new object.

    The options are judged as those of any create; a dry run is no different. Raises
    `kconv._verbs.refusal.Refusal` and `kconv._errors.KconvError`.
    """
    options = write_options(request.query, "CreateOptions", request.user_agent)
    decoded = await _decoded(request, options)
    if server.custom_resources is not None:
        # What is answered holds for every CRD that was there before the question.
        await server.custom_resources.current()
    answer = _ANSWERS[request.spoke.options.kind]
    gvk = request.spoke.gvk
    head = {"kind": gvk.kind, "apiVersion": gvk.api_version}
    document = {**head, **answer(server, caller, decoded, options)}
    encoded = Encoded(json_codec.encode(document))
    return Answer(code=201, spoke=request.spoke, encoded=encoded, warnings=tuple(request.warnings))


async def _decoded(request: ResourceRequest, options: WriteOptions) -> Decoded:
    body = body_of(request.body, request.content_type)
    try:
        decoded = await request.work(
            lambda: body.decode(pipeline(), request.spoke, options.field_validation)
        )
    except InvalidObject as error:
        request.warnings.extend(error.warnings)
        raise
    except DecodeError as error:
        raise unrecognized(error, request.spoke.options.kind) from None
    request.warnings.extend(decoded.warnings)
    return decoded


def _who(server: Server, caller: User, decoded: Decoded, options: WriteOptions) -> Document:
    metadata = {"creationTimestamp": format_time(now())}
    return {"metadata": metadata, "status": {"userInfo": _user_info(caller)}}


def _user_info(user: User) -> Document:
    uid = {"uid": user.uid} if user.uid else {}
    return {"username": user.name, **uid, "groups": sorted(user.groups)}


def _whose(server: Server, caller: User, decoded: Decoded, options: WriteOptions) -> Document:
    spec = decoded.value.get("spec") or {}
    token = spec.get("token")
    if not token:
        raise bad_request("token is required for TokenReview in authentication")
    user = None if server.tokens is None else server.tokens.find(token)
    if user is None:
        status: Document = {"user": {}, "error": "invalid bearer token"}
    elif spec.get("audiences"):
        status = {"user": {}, "error": "the tokens of this server are for no audience"}
    else:
        status = {"authenticated": True, "user": _user_info(user)}
    metadata = {"managedFields": _entries(decoded, options)}
    return {"metadata": metadata, "spec": spec, "status": status}


def _may(server: Server, caller: User, decoded: Decoded, options: WriteOptions) -> Document:
    given = decoded.value
    spec = given.get("spec") or {}
    if findings := list(_findings(given)):
        # Kubernetes judges what has no kind yet, and says so.
        raise unacceptable(decoded.spoke.gvk.group, "", "", findings)
    if (resource := spec.get("resourceAttributes")) is not None:
        decision = resource_access(server, caller, resource)
    else:
        decision = path_access(server, spec["nonResourceAttributes"])
    metadata = {"managedFields": _entries(decoded, options)}
    return {"metadata": metadata, "spec": spec, "status": decision.document()}


def _findings(given: Mapping[str, Any]) -> Iterator[Finding]:
    """What is wrong with the question; as ``ValidateSelfSubjectAccessReview`` of Kubernetes."""
    spec = given.get("spec") or {}
    resource, path = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
    if resource is not None and path is not None:
        where = ("spec", "nonResourceAttributes")
        shown = {"Path": path.get("path", ""), "Verb": path.get("verb", "")}
        yield invalid(where, shown, "cannot be specified in combination with resourceAttributes")
    if resource is None and path is None:
        words = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
        yield invalid(("spec", "resourceAttributes"), None, words)
    for name in ("fieldSelector", "labelSelector"):
        selector = (resource or {}).get(name)
        if selector is not None:
            yield from _selector_findings(("spec", "resourceAttributes", name), selector)
    metadata = {
        key: value for key, value in (given.get("metadata") or {}).items() if key != "managedFields"
    }
    if metadata:
        yield invalid(("metadata",), metadata, "must be empty")


def _selector_findings(path: tuple[str, ...], selector: Mapping[str, Any]) -> Iterator[Finding]:
    raw, requirements = selector.get("rawSelector"), selector.get("requirements")
    if raw and requirements:
        words = "may not specified at the same time as requirements"
        yield invalid((*path, "rawSelector"), raw, words)
    if not raw and not requirements:
        words = f"when {'.'.join(path)} is specified, requirements or rawSelector is required"
        yield required((*path, "requirements"), words)


def _rules(server: Server, caller: User, decoded: Decoded, options: WriteOptions) -> Document:
    namespace = (decoded.value.get("spec") or {}).get("namespace")
    if not namespace:
        raise bad_request("no namespace on request")
    # Kubernetes leaves out the spec here.
    return {"metadata": {}, "spec": {}, "status": rules_of(server, caller, namespace)}


_ANSWERS = {
    "SelfSubjectReview": _who,
    "TokenReview": _whose,
    "SelfSubjectAccessReview": _may,
    "SelfSubjectRulesReview": _rules,
}


@cache
def _ownership() -> Ownership:
    return Ownership(pipeline())


def _entries(decoded: Decoded, options: WriteOptions) -> list[Document]:
    """Who owns the fields of the question: its sender, as of an object that is stored."""
    ownership = _ownership()
    document = ownership.document(decoded)
    manager = ownership.manager(decoded.spoke, "")
    when = format_time(now())
    return entries_of_new(manager, document, None, options.field_manager, when)
