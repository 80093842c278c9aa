"""Why a write is refused, in Kubernetes' words where there are some."""

from __future__ import annotations

from typing import Literal

from kconv._errors import (
    AlreadyExists,
    ConditionFailed,
    Conflict,
    StoreError,
    VersionNotOnRecord,
)
from kconv._store.objects import about, not_found
from kconv._store.write import Write

Verdict = Literal["condition", "exists", "absent", "conflict", "unrecorded"]
"""What stands against a write: the object that it relies on, what is there, or the record."""


def refusal(write: Write, verdict: Verdict) -> StoreError:
    """The error that the caller of a refused write gets."""
    key = write.key
    if verdict == "condition":
        other = write.within[0] if write.within else key
        message = f'{other.qualified} "{other.name}" has been modified or deleted'
        return ConditionFailed(message, about=about(other))
    if verdict == "exists":
        message = f'{key.qualified} "{key.name}" already exists'
        return AlreadyExists(message, about=about(key))
    if verdict == "absent":
        return not_found(key)
    if verdict == "conflict":
        return Conflict(
            f'Operation cannot be fulfilled on {key.qualified} "{key.name}": the object has been '
            "modified; please apply your changes to the latest version and try again",
            about=about(key),
        )
    return VersionNotOnRecord(
        f'{key.qualified} "{key.name}" cannot be stored as {write.api_version}: '
        "the database's record does not hold that version",
        about=about(key),
    )
