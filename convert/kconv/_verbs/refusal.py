"""Why a request is refused, in the words of Kubernetes.

The shapes and messages are those of ``k8s.io/apimachinery/pkg/api/errors``; clients decide by
``code``, ``reason`` and ``details``, people read ``message``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kconv._errors import (
    MESSAGE_LIMIT,
    AlreadyExists,
    Conflict,
    KconvError,
    NotFound,
    Problem,
    shortened,
)
from kconv._gvk import GroupResource
from kconv._managed.conflicts import ApplyConflict
from kconv._managed.fields import spelled_path
from kconv._paths import Finding, Path, describe, format_path, quote, required
from kconv._verbs.target import Target
from kconv.names import path_segment_problems

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

_LIMIT = 2_000
_VALUE_LIMIT = 256
_MOST_CAUSES = 500


class Refusal(KconvError):
    """A request that is refused, with all that a failure Status says of it.

    ``reason`` is a metav1.StatusReason, or empty where Kubernetes gives none; ``code`` follows
    from it unless given. ``details`` is the Status' ``details`` or None to leave it out,
    ``metadata`` its ListMeta. A message that quotes the request at length is cut. ``warnings`` are
    what was said of the body before.
    """

    def __init__(
        self,
        reason: str,
        message: str,
        *,
        code: int | None = None,
        details: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
        findings: Sequence[Problem] = (),
    ) -> None:
        message = shortened(message, MESSAGE_LIMIT if reason == "Invalid" else _LIMIT)
        super().__init__(message, findings=findings)
        self.reason = reason
        self.metadata = dict(metadata or {})
        self.code = CODES.get(reason, 500) if code is None else code
        self.details = details
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


def as_asked(error: KconvError, target: Target) -> KconvError:
    """An error of the store as a refusal that names the object as its client does."""
    named = error.about.name if error.about and error.about.name else ""
    name = target.name or named
    if isinstance(error, NotFound):
        return not_found(target.resource, name)
    if isinstance(error, AlreadyExists):
        return already_exists(target.resource, name)
    if isinstance(error, Conflict):
        return conflict(target.resource, name)
    return error


def bad_request(message: str) -> Refusal:
    """400: the request cannot be understood."""
    return Refusal("BadRequest", message)


def check_namespace(of_request: str, given: object) -> None:
    """Refuse (400) an object of another namespace than the one that the request names."""
    if of_request and given and given != of_request:
        raise bad_request(
            "the namespace of the provided object does not match the namespace sent on the request"
        )


def check_place(namespace: str, name: str) -> None:
    """Refuse (400) a name or namespace that no object can have, which no database need see."""
    for what, given in (("Namespace", namespace), ("Name", name)):
        if given and (problems := path_segment_problems(given)):
            listed = ", ".join(problems)
            raise bad_request(f"{what} parameter invalid: {quote(given)}: {listed}")


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


def apply_conflict(conflict: ApplyConflict) -> Refusal:
    """409: others own fields that are applied with other values."""
    causes = [
        {
            "reason": "FieldManagerConflict",
            "message": f"conflict with {each.manager}",
            "field": spelled_path(each.path),
        }
        for each in conflict.conflicts
    ]
    return Refusal("Conflict", str(conflict), details={"causes": causes})


def forbidden(
    resource: GroupResource, name: str, why: str, findings: Sequence[Problem] = ()
) -> Refusal:
    """403: understood, and refused for the reason ``why``."""
    message = f'{resource} "{_cut(name)}" is forbidden: {why}'
    details = details_of(name, resource.group, resource.resource)
    if findings:
        details["causes"] = _causes(findings)
    return Refusal("Forbidden", message, details=details, findings=findings)


def invalid(group: str, kind: str, name: str, findings: Iterable[Problem]) -> Refusal:
    """422 that names every offending field at once."""
    found = list(findings)
    qualified = f"{kind}.{group}" if group else kind
    message = f'{qualified} "{_cut(name)}" is invalid: {describe(found)}'
    details = {**details_of(name, group, kind), "causes": _causes(found)}
    return Refusal("Invalid", message, details=details, findings=found)


def _causes(findings: Sequence[Problem]) -> list[dict[str, Any]]:
    return [
        {"reason": each.reason, "message": each.message, "field": _cut(format_path(each.path))}
        for each in findings[:_MOST_CAUSES]
    ]


def invalid_options(kind: str, path: Path, finding: Finding) -> Refusal:
    """422 for a query parameter: ``kind`` is the options type, such as CreateOptions."""
    return invalid("meta.k8s.io", kind, "", [Finding(path, finding.reason, finding.message)])


def name_required() -> Finding:
    """The finding of an object that has neither name nor generateName."""
    return required(("metadata", "name"), "name or generateName is required")


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
    message = f"Timeout: Too large resource version: {asked}, current: {current}"
    return Refusal("Timeout", message, details=details)
