"""The annotation of client-side apply, which ``kubectl apply --server-side`` takes over from."""

from __future__ import annotations

import json
from typing import Any, Final

from kconv._managed.compare import compare
from kconv._managed.field_set import field_set
from kconv._managed.fields import Fields, difference
from kconv._managed.lists import NoStep
from kconv._managed.updater import Versions

LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"

_ANNOTATIONS_LIMIT: Final = 256 * 1024
_HTML: Final = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)


def last_applied_in(document: Any) -> str:
    """The annotation of an object; empty where it has none."""
    annotations = (document.get("metadata") or {}).get("annotations") or {}
    return annotations.get(LAST_APPLIED) or ""


def allowed_conflicts(versions: Versions, live: Any, version: str) -> Fields | None:
    """The fields that the annotation says were applied, and that are still as they were then.

    None where there is no annotation that can be read, or it is of another version.
    """
    text = last_applied_in(live)
    if not text:
        return None
    try:
        applied = json.loads(text)
        if not isinstance(applied, dict) or applied.get("apiVersion") != version:
            return None
        shape = versions.shape(version)
        found = field_set(shape, applied)
        for changed in compare(shape, applied, live):
            found = difference(found, changed)
    except (NoStep, ValueError, RecursionError):
        return None
    return found


def with_last_applied(made: Any, applied: Any) -> Any:
    """An object that has the annotation, with what has just been applied in it."""
    if not last_applied_in(made):
        return made
    metadata = dict(made["metadata"])
    annotations = {**metadata["annotations"], LAST_APPLIED: _text(applied)}
    if sum(len(key.encode()) + len(value.encode()) for key, value in annotations.items()) > (
        _ANNOTATIONS_LIMIT
    ):
        del annotations[LAST_APPLIED]
    metadata["annotations"] = annotations
    return {**made, "metadata": metadata}


def _text(applied: Any) -> str:
    metadata = dict(applied.get("metadata") or {})
    if metadata.get("annotations"):
        rest = {k: v for k, v in metadata["annotations"].items() if k != LAST_APPLIED}
        metadata["annotations"] = rest
    document = {**applied, "metadata": metadata}
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.translate(_HTML) + "\n"
