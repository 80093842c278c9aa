"""Answers that say how a request went: Kubernetes' ``Status`` documents.

The shapes and messages are those of ``k8s.io/apimachinery/pkg/api/errors``; clients decide by
``code``, ``reason`` and ``details``, people read ``message``.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from kconv._errors import (
    MESSAGE_LIMIT,
    KconvError,
    ObjectRef,
    Problem,
    StoreError,
    TablesOutdated,
    TooManyRequests,
    Unavailable,
    shortened,
)
from kconv._gvk import GroupResource
from kconv._paths import Finding, Path, describe, format_path, required

CODES: Mapping[str, int] = {
    "BadRequest": 400,
    "Unauthorized": 401,
    "Forbidden": 403,
    "NotFound": 404,
    "MethodNotAllowed": 405,
    "NotAcceptable": 406,
    "AlreadyExists": 409,
    "Conflict": 409,
    "Expired": 410,
    "RequestEntityTooLarge": 413,
    "UnsupportedMediaType": 415,
    "Invalid": 422,
    "TooManyRequests": 429,
    "InternalError": 500,
    "ServiceUnavailable": 503,
    "Timeout": 504,
}
"""The HTTP status code of each reason of metav1.StatusReason that this server gives."""

RETRY_SECONDS = 1
UNREACHABLE = "the database cannot be reached; try again"

_LIMIT = 2_000
_VALUE_LIMIT = 256
_MOST_CAUSES = 500
_log = logging.getLogger(__name__)


class Refusal(Exception):
    """A request that is answered with a failure Status.

    ``reason`` is a metav1.StatusReason, or empty where Kubernetes gives none; ``code`` follows
    from it unless given. ``details`` is the Status' ``details`` or None to leave it out,
    ``metadata`` its ListMeta, and ``headers`` go with the answer. A message that quotes the
    request at length is cut. ``warnings`` go with the answer, too.
    """

    def __init__(
        self,
        reason: str,
        message: str,
        *,
        code: int | None = None,
        details: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        message = shortened(message, MESSAGE_LIMIT if reason == "Invalid" else _LIMIT)
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.metadata = dict(metadata or {})
        self.code = CODES.get(reason, 500) if code is None else code
        self.details = details
        self.headers = dict(headers or {})
        self.warnings: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """The Status, as clients read it."""
        status: dict[str, Any] = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": self.metadata,
            "status": "Failure",
            "message": self.message,
        }
        if self.reason:
            status["reason"] = self.reason
        if self.details is not None:
            status["details"] = dict(self.details)
        status["code"] = self.code
        return status


def success(details: Mapping[str, Any]) -> dict[str, Any]:
    """The Status of a request that left nothing else to show."""
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": dict(details),
    }


def details_of(name: str, group: str, kind: str, uid: str = "") -> dict[str, Any]:
    """What a Status is about; empty parts are left out, as Kubernetes does."""
    parts = {"name": name, "group": group, "kind": kind, "uid": uid}
    return {key: _cut(value) for key, value in parts.items() if value}


def _cut(value: str) -> str:
    """A name as an answer repeats it: those that exist fit, others may be megabytes long."""
    return shortened(value, _VALUE_LIMIT)


def bad_request(message: str) -> Refusal:
    """400: the request cannot be understood."""
    return Refusal("BadRequest", message)


def no_such_path() -> Refusal:
    """404 for a path, version or resource that is not served."""
    return Refusal("NotFound", "the server could not find the requested resource", details={})


def method_not_allowed() -> Refusal:
    """405: the path is there, but not for this method."""
    message = "the server does not allow this method on the requested resource"
    return Refusal("MethodNotAllowed", message, details={})


def unprocessable() -> Refusal:
    """422 as given for a JSON patch that does not apply to the object."""
    message = "the server rejected our request due to an error in our request"
    return Refusal("Invalid", message, details={})


def not_found(resource: GroupResource, name: str) -> Refusal:
    """404: no object of that name."""
    details = details_of(name, resource.group, resource.resource)
    return Refusal("NotFound", f'{resource} "{_cut(name)}" not found', details=details)


def already_exists(resource: GroupResource, name: str) -> Refusal:
    """409: an object of that name is there."""
    details = details_of(name, resource.group, resource.resource)
    return Refusal("AlreadyExists", f'{resource} "{_cut(name)}" already exists', details=details)


def conflict(resource: GroupResource, name: str, why: str = "") -> Refusal:
    """409: the object is not what the writer thinks; without ``why``, it was modified."""
    why = why or (
        "the object has been modified; please apply your changes to the latest version and "
        "try again"
    )
    message = f'Operation cannot be fulfilled on {resource} "{_cut(name)}": {why}'
    details = details_of(name, resource.group, resource.resource)
    return Refusal("Conflict", message, details=details)


def forbidden(resource: GroupResource, name: str, why: str, **details: Any) -> Refusal:
    """403: understood, and refused for the reason ``why``."""
    message = f'{resource} "{_cut(name)}" is forbidden: {why}'
    about = details_of(name, resource.group, resource.resource)
    return Refusal("Forbidden", message, details={**about, **details})


def invalid(group: str, kind: str, name: str, findings: Iterable[Problem]) -> Refusal:
    """422 that names every offending field at once."""
    found = list(findings)
    qualified = f"{kind}.{group}" if group else kind
    message = f'{qualified} "{_cut(name)}" is invalid: {describe(found)}'
    causes = [
        {"reason": item.reason, "message": item.message, "field": _cut(format_path(item.path))}
        for item in found[:_MOST_CAUSES]
    ]
    return Refusal("Invalid", message, details={**details_of(name, group, kind), "causes": causes})


def invalid_options(kind: str, path: Path, finding: Finding) -> Refusal:
    """422 for a query parameter: ``kind`` is the options type, such as CreateOptions."""
    return invalid("meta.k8s.io", kind, "", [Finding(path, finding.reason, finding.message)])


def name_required() -> Finding:
    """The finding of an object that has neither name nor generateName."""
    return required(("metadata", "name"), "name or generateName is required")


def too_large(limit: int) -> Refusal:
    """413: the body is over ``limit`` bytes."""
    message = f"Request entity too large: limit is {limit}"
    return Refusal("RequestEntityTooLarge", message)


def too_large_list(limit: int) -> Refusal:
    """413: the objects of a list take more memory than one answer may."""
    message = (
        f"the objects of this list are over {limit // 2**20} MiB: ask for them in pages (limit=500)"
    )
    return Refusal("RequestEntityTooLarge", message)


def expired(
    message: str = "The resourceVersion for the provided watch is too old.", token: str = ""
) -> Refusal:
    """410: what the client refers to has been compacted; it has to list again.

    Or it goes on with the continue ``token``, and accepts that the list is of no one moment.
    """
    return Refusal("Expired", message, metadata={"continue": token} if token else None)


def future_version(asked: int, current: int) -> Refusal:
    """504: a resourceVersion that this server has not seen yet."""
    cause = {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
    details = {"causes": [cause], "retryAfterSeconds": RETRY_SECONDS}
    message = f"Too large resource version: {asked}, current: {current}"
    return Refusal("Timeout", message, details=details, headers={"Retry-After": str(RETRY_SECONDS)})


def unavailable(message: str) -> Refusal:
    """503: try again in a moment."""
    headers = {"Retry-After": str(RETRY_SECONDS)}
    details = {"retryAfterSeconds": RETRY_SECONDS}
    return Refusal("ServiceUnavailable", message, details=details, headers=headers)


def too_many_requests() -> Refusal:
    """429: the server has as much to do as it may have; try again in a moment."""
    message = "the server has received too many requests and has asked us to try again later"
    headers = {"Retry-After": str(RETRY_SECONDS)}
    details = {"retryAfterSeconds": RETRY_SECONDS}
    return Refusal("TooManyRequests", message, details=details, headers=headers)


def request_timeout(message: str) -> Refusal:
    """408: the client took too long to send its request; the connection is closed."""
    return Refusal("", message, code=408, headers={"Connection": "close"})


def refusal_of(error: KconvError, about: ObjectRef | None = None) -> Refusal:
    """The answer to an error of the engine or the store.

    ``about`` stands in where the error does not name its object. Where the database is and what
    its driver said is for the log only.
    """
    if isinstance(error, Unavailable):
        _log.error("%s", error.message)
        return unavailable(f"the database {error.cause}; try again")
    if isinstance(error, TooManyRequests):
        return Refusal(
            "TooManyRequests",
            "Too many requests, please try again later.",
            details={"retryAfterSeconds": RETRY_SECONDS},
            headers={"Retry-After": str(RETRY_SECONDS)},
        )
    if type(error) in (StoreError, TablesOutdated):
        _log.error("%s", error.message)
        return Refusal("InternalError", "Internal error occurred: the database cannot be used")
    if error.reason == "Invalid" and error.findings:
        ref = error.about or about or ObjectRef()
        given = about or ref
        group, kind = ref.group or given.group, ref.kind or given.kind
        return invalid(group, kind, ref.name or given.name, error.findings)
    if error.reason == "Expired":
        return expired(error.message)
    if error.reason in CODES:
        return Refusal(error.reason, error.message)
    return Refusal("InternalError", f"Internal error occurred: {error.message}")
