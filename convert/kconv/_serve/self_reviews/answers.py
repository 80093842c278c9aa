"""The verb create of reviews: who somebody is, and what they may do; nothing is stored."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from kconv._codec import json as json_codec
from kconv._errors import DecodeError, InvalidObject
from kconv._pipeline import Decoded
from kconv._serve.auth import User
from kconv._serve.options import write_options
from kconv._serve.request_body import body_of
from kconv._serve.resource_request import ResourceRequest
from kconv._serve.review_kinds import pipeline
from kconv._serve.self_reviews.access import path_access, resource_access
from kconv._serve.self_reviews.findings import of_access_review
from kconv._serve.self_reviews.rules import rules_of
from kconv._serve.server import Server
from kconv._verbs.answer import Answer
from kconv._verbs.body import unrecognized
from kconv._verbs.encoded import Encoded
from kconv._verbs.metadata import timestamp
from kconv._verbs.options import WriteOptions
from kconv._verbs.ownership import Ownership
from kconv._verbs.refusal import bad_request, check_namespace
from kconv._verbs.refusal import invalid as unacceptable

Document = dict[str, Any]


class Asked(NamedTuple):
    """A question as it was sent, with the options of the request and the namespace of its path."""

    decoded: Decoded
    options: WriteOptions
    namespace: str


async def review(server: Server, caller: User, request: ResourceRequest) -> Answer:
    """Answer who the caller is, what they may do, or whose a token is; 201, as of a new object.

    The options are judged as those of any create; a dry run is no different. Raises
    `kconv._verbs.refusal.Refusal` and `kconv._errors.KconvError`.
    """
    options = write_options(request.query, "CreateOptions", request.user_agent)
    asked = Asked(await _decoded(request, options), options, request.target.namespace)
    check_namespace(asked.namespace, (asked.decoded.value.get("metadata") or {}).get("namespace"))
    if server.custom_resources is not None:
        # What is answered holds for every CRD that was there before the question.
        await server.custom_resources.current()
    answer = _ANSWERS[request.spoke.options.kind]
    gvk = request.spoke.gvk
    head = {"kind": gvk.kind, "apiVersion": gvk.api_version}
    document = {**head, **answer(server, caller, asked)}
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


def _who(server: Server, caller: User, asked: Asked) -> Document:
    metadata = {"creationTimestamp": timestamp()}
    return {"metadata": metadata, "status": {"userInfo": _user_info(caller)}}


def _user_info(user: User) -> Document:
    uid = {"uid": user.uid} if user.uid else {}
    return {"username": user.name, **uid, "groups": sorted(user.groups)}


def _whose(server: Server, caller: User, asked: Asked) -> Document:
    spec = asked.decoded.value.get("spec") or {}
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
    metadata = {"managedFields": _entries(asked)}
    return {"metadata": metadata, "spec": spec, "status": status}


def _may(server: Server, caller: User, asked: Asked) -> Document:
    """Whether the caller may do something, or somebody else: every caller may ask that."""
    kind, given = asked.decoded.spoke.gvk.kind, asked.decoded.value
    spec = given.get("spec") or {}
    if findings := list(of_access_review(kind, given, asked.namespace)):
        # Kubernetes judges what has no kind yet, and says so.
        raise unacceptable(asked.decoded.spoke.gvk.group, "", "", findings)
    if kind != "SelfSubjectAccessReview":
        groups = frozenset(spec.get("groups") or ())
        caller = User(spec.get("user", ""), groups, spec.get("uid", ""))
    if (resource := spec.get("resourceAttributes")) is not None:
        decision = resource_access(server, caller, resource)
    else:
        decision = path_access(server, spec["nonResourceAttributes"])
    place = {"namespace": asked.namespace} if asked.namespace else {}
    metadata = {**place, "managedFields": _entries(asked)}
    return {"metadata": metadata, "spec": spec, "status": decision.document()}


def _rules(server: Server, caller: User, asked: Asked) -> Document:
    namespace = (asked.decoded.value.get("spec") or {}).get("namespace")
    if not namespace:
        raise bad_request("no namespace on request")
    # Kubernetes leaves out the spec here.
    return {"metadata": {}, "spec": {}, "status": rules_of(server, caller, namespace)}


_ANSWERS = {
    "SelfSubjectReview": _who,
    "TokenReview": _whose,
    "SelfSubjectAccessReview": _may,
    "SubjectAccessReview": _may,
    "LocalSubjectAccessReview": _may,
    "SelfSubjectRulesReview": _rules,
}


@cache
def _ownership() -> Ownership:
    return Ownership(pipeline())


def _entries(asked: Asked) -> list[Document]:
    """Who owns the fields of the question: its sender, as of an object that is stored."""
    decoded, ownership = asked.decoded, _ownership()
    manager = ownership.manager(decoded.spoke, asked.namespace)
    when = timestamp()
    return ownership.entries_of_new(manager, decoded, None, asked.options.field_manager, when)
