"""What a CRD asks to be judged, and nobody judges here: said to its writer, and logged."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from kconv._codec import json
from kconv._structural import unjudged

_log = logging.getLogger(__name__)


def unjudged_of(data: bytes) -> list[str]:
    """Which patterns and rules of a CRD, given as JSON, are not judged, and why, by path."""
    document = json.decode(data)
    found = list(_unjudged(document))
    if found:
        name = document["metadata"].get("name", "")
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        _log.warning("the CRD %s: %s%s", name, found[0], more)
    return found


def _unjudged(document: Mapping[str, Any]) -> Iterator[str]:
    spec = document.get("spec") or {}
    for at, version in enumerate(spec.get("versions") or ()):
        schema = (version.get("schema") or {}).get("openAPIV3Schema")
        if schema:
            yield from unjudged(schema, ("spec", "versions", at, "schema", "openAPIV3Schema"))
    # v1beta1 may say it once for all versions.
    schema = (spec.get("validation") or {}).get("openAPIV3Schema")
    if schema:
        yield from unjudged(schema, ("spec", "validation", "openAPIV3Schema"))
