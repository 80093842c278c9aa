"""Refusals that only a server has, and the refusal that answers an error of the engine or store."""

from __future__ import annotations

import logging

from kconv._errors import (
    ConversionError,
    FunctionFailed,
    KconvError,
    ObjectRef,
    StoreError,
    TablesOutdated,
    TooManyRequests,
    Unavailable,
)
from kconv._verbs.refusal import CODES, RETRY_SECONDS, Refusal, details_of, expired, invalid

UNREACHABLE = "the database cannot be reached; try again"

_log = logging.getLogger(__name__)


NO_PAGE = "404 page not found"


def no_such_path() -> Refusal:
    """404 for a path, version or resource that is not served."""
    return Refusal("NotFound", "the server could not find the requested resource", details={})


def no_such_page() -> Refusal:
    """404 for a path that belongs to no API; clients get plain text."""
    return Refusal("NotFound", NO_PAGE, details={})


def method_not_allowed() -> Refusal:
    """405: the path is there, but not for this method."""
    message = "the server does not allow this method on the requested resource"
    return Refusal("MethodNotAllowed", message, details={})


def too_large(limit: int) -> Refusal:
    """413: the body is over ``limit`` bytes."""
    message = f"Request entity too large: limit is {limit}"
    return Refusal("RequestEntityTooLarge", message)


def unavailable(message: str) -> Refusal:
    """503: try again in a moment."""
    details = {"retryAfterSeconds": RETRY_SECONDS}
    return Refusal("ServiceUnavailable", message, details=details)


def too_many_requests() -> Refusal:
    """429: the server has as much to do as it may have; try again in a moment."""
    message = "the server has received too many requests and has asked us to try again later"
    details = {"retryAfterSeconds": RETRY_SECONDS}
    return Refusal("TooManyRequests", message, details=details)


def request_timeout(message: str) -> Refusal:
    """408: the client took too long to send its request; the connection is closed."""
    return Refusal("", message, code=408)


def refusal_of(error: KconvError, about: ObjectRef | None = None) -> Refusal:
    """The answer to an error of the engine or the store.

    ``about`` stands in where the error does not name its object. Where the database is and what
    its driver said is for the log only.
    """
    if isinstance(error, Unavailable):
        _log.error("%s", error.message)
        if error.may_be_done:
            # Without a time: clients would make it again, which may have been done, by themselves.
            message = (
                f"the database {error.cause}; it may have been done: read before you try again"
            )
            return Refusal("ServiceUnavailable", message, details={})
        return unavailable(f"the database {error.cause}; try again")
    if isinstance(error, TooManyRequests):
        return Refusal(
            "TooManyRequests",
            "Too many requests, please try again later.",
            details={"retryAfterSeconds": RETRY_SECONDS},
        )
    if type(error) in (StoreError, TablesOutdated):
        _log.error("%s", error.message)
        return Refusal("InternalError", "Internal error occurred: the database cannot be used")
    if isinstance(error, FunctionFailed):
        return _function_failed(error, about)
    if (error.reason == "Invalid" or isinstance(error, ConversionError)) and error.findings:
        ref = error.about or about or ObjectRef()
        given = about or ref
        group, kind = ref.group or given.group, ref.kind or given.kind
        return invalid(group, kind, ref.name or given.name, error.findings)
    if error.reason == "Expired":
        return expired(error.message)
    if error.reason in CODES:
        return Refusal(error.reason, error.message)
    return Refusal("InternalError", f"Internal error occurred: {error.message}")


def _function_failed(error: FunctionFailed, about: ObjectRef | None) -> Refusal:
    """500, as for a conversion webhook that fails: which function, on which object, and how.

    The traceback is for the log only.
    """
    _log.error("%s", error.message, exc_info=error.__cause__)
    given, own = about or ObjectRef(), error.about or ObjectRef()
    details = details_of(own.name or given.name, given.group, given.kind)
    cause = {"reason": "FunctionFailed", "message": error.message}
    return Refusal(
        "InternalError",
        f"Internal error occurred: {error.message}",
        details={**details, "causes": [cause]},
    )
