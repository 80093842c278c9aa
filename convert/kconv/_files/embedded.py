"""Objects inside objects: what else an object says that has a version."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from kconv._codec import json as json_codec
from kconv._errors import KconvError

LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"
"""The annotation in which kubectl keeps what it applied."""

IN_MANIFEST: Final = "manifest"
IN_LAST_APPLIED: Final = "last-applied"
IN_MANAGED_FIELDS: Final = "managedFields"


class Embedded(NamedTuple):
    """An apiVersion and kind within an object, and where: one of the constants here."""

    where: str
    api_version: str
    kind: str
    value: dict[str, Any] | None = None


def embedded(value: dict[str, Any]) -> Iterator[Embedded]:
    """What an object has in annotations and in its metadata."""
    metadata = value.get("metadata")
    if not isinstance(metadata, dict):
        return
    applied = last_applied(value)
    if applied is not None:
        version, kind = applied.get("apiVersion"), applied.get("kind")
        if isinstance(version, str) and isinstance(kind, str):
            yield Embedded(IN_LAST_APPLIED, version, kind, applied)
    entries = metadata.get("managedFields")
    for entry in entries if isinstance(entries, list) else ():
        version = entry.get("apiVersion") if isinstance(entry, dict) else None
        if isinstance(version, str):
            yield Embedded(IN_MANAGED_FIELDS, version, str(value.get("kind")))


def last_applied(value: dict[str, Any]) -> dict[str, Any] | None:
    """What kubectl applied, as an object's annotation has it."""
    metadata = value.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    text = annotations.get(LAST_APPLIED) if isinstance(annotations, dict) else None
    if not isinstance(text, str):
        return None
    try:
        found = json_codec.decode(text.encode())
    except KconvError:
        return None
    return found if isinstance(found, dict) else None
