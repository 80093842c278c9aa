"""Errors as a client raises them: of the public classes, about the object that was asked for."""

from __future__ import annotations

from collections.abc import Mapping

from kconv._errors import (
    AlreadyExists,
    Conflict,
    Expired,
    Forbidden,
    FutureVersion,
    InvalidObject,
    KconvError,
    NotFound,
    ObjectRef,
    TooLarge,
    UsageError,
)
from kconv._verbs.refusal import Refusal, as_asked
from kconv._verbs.target import Target

_CLASSES: Mapping[str, type[KconvError]] = {
    "BadRequest": UsageError,
    "Forbidden": Forbidden,
    "NotFound": NotFound,
    "AlreadyExists": AlreadyExists,
    "Conflict": Conflict,
    "Expired": Expired,
    "Invalid": InvalidObject,
    "RequestEntityTooLarge": TooLarge,
    "Timeout": FutureVersion,
    "UnsupportedMediaType": UsageError,
    "": UsageError,
}
"""The public class of each reason that a verb refuses with."""


_BEGIN_AGAIN = "list again, and go on from the resource_version of that list"


def public(error: KconvError, target: Target) -> KconvError:
    """The error as the client's user gets it; ``target`` is what was asked for."""
    error = as_asked(error, target)
    if isinstance(error, Refusal):
        of = _CLASSES.get(error.reason, KconvError)
        made = of(error.message, about=_about(target), findings=error.findings)
        made.reason = error.reason or made.reason
        error = made
    if isinstance(error, Expired):
        message = f"{error.message.removesuffix(': list again')}: {_BEGIN_AGAIN}"
        return type(error)(message, about=_about(target))
    if error.about is None:
        error.about = _about(target)
    return error


def _about(target: Target) -> ObjectRef:
    gvk = target.spoke.gvk
    return ObjectRef(gvk.group, gvk.version, gvk.kind, target.namespace, target.name)
