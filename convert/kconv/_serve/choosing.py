"""Which verb a request is for, by its method and what its path names."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from kconv._serve import verbs
from kconv._serve.resource_request import ResourceRequest
from kconv._serve.status import method_not_allowed, no_such_path
from kconv._structural import StructuralKind
from kconv._verbs.answer import Answer
from kconv._verbs.kind_rules import is_namespace, is_review
from kconv._verbs.target import Target

Verb = Callable[[ResourceRequest], Awaitable[Answer]]

_ON_OBJECT: Mapping[str, tuple[str, Verb]] = {
    "GET": ("GET", verbs.get),
    "PUT": ("PUT", verbs.update),
    "PATCH": ("PATCH", verbs.patch),
    "DELETE": ("DELETE", verbs.delete),
}
_ON_COLLECTION: Mapping[str, tuple[str, Verb]] = {
    "GET": ("LIST", verbs.list_objects),
    "POST": ("POST", verbs.create),
    "DELETE": ("DELETECOLLECTION", verbs.delete_collection),
}


def choose(method: str, target: Target, *, watch: bool = False) -> tuple[str, Verb | None]:
    """The verb of a request, with what runs it; None is a watch. ``watch`` is what its query says.

    Raises `Refusal` (405) where the resource does not have it.
    """
    if target.watched:
        if method != "GET":
            raise method_not_allowed()
        return "WATCH", None
    if is_review(target.spoke.kind) and method != "POST":
        raise method_not_allowed()
    if target.subresource:
        allowed = ("PUT",) if target.subresource == "finalize" else ("GET", "PUT", "PATCH")
        if method not in allowed:
            raise method_not_allowed()
        return _ON_OBJECT[method]
    if target.name:
        if method not in _ON_OBJECT:
            raise method_not_allowed()
        return _ON_OBJECT[method]
    if method not in _ON_COLLECTION:
        raise method_not_allowed()
    if method != "GET" and target.all_namespaces:
        # Kubernetes has that path of custom resources for lists alone.
        custom = isinstance(target.spoke.kind, StructuralKind)
        raise no_such_path() if custom else method_not_allowed()
    if method == "DELETE" and is_namespace(target.spoke.kind):
        raise method_not_allowed()
    if method == "GET" and watch:
        return "WATCH", None
    return _ON_COLLECTION[method]
