"""`Annotation`: the annotation of an object in which rules keep values, as JSON by path."""

from __future__ import annotations

import copy
import json
from typing import Any, ClassVar

import msgspec

from kconv._errors import ConversionError
from kconv._paths import too_long
from kconv.edges._steps import MISSING, Steps, get

Value = dict[str, Any]

ANNOTATIONS: Steps = ("metadata", "annotations")

ANNOTATIONS_LIMIT = 256 * 1024
"""Bytes that all annotations of an object may have together (``TotalAnnotationSizeLimitB``)."""


class Annotation:
    """An annotation that keeps values."""

    what: ClassVar = "annotation"

    def __init__(self, name: str) -> None:
        self.name = name

    def take(self, value: Value, key: str) -> Any:
        """Take one value out of it, and the annotation away when it was the last.

        `MISSING` when there is none; an annotation that does not parse is taken away as it is.
        """
        annotations = get(value, ANNOTATIONS)
        if annotations is MISSING or self.name not in annotations:
            return MISSING
        held = _parse(annotations[self.name])
        found = held.pop(key, MISSING)
        rest = {name: text for name, text in annotations.items() if name != self.name}
        if held:
            rest[self.name] = _text(held)
        _set_annotations(value, rest)
        return found

    def keep(self, value: Value, key: str, kept: Any) -> None:
        """Add one value to it.

        Raises `ConversionError` when the object's annotations would be larger than Kubernetes lets
        them be.
        """
        annotations = get(value, ANNOTATIONS)
        texts = {} if annotations is MISSING else dict(annotations)
        held = _parse(texts.get(self.name, "{}"))
        held[key] = copy.deepcopy(kept)
        texts[self.name] = _text(held)
        size = sum(len(name.encode()) + len(text.encode()) for name, text in texts.items())
        if size > ANNOTATIONS_LIMIT:
            raise ConversionError(
                f"{key} cannot be kept in the annotation {self.name}: the object's annotations "
                f"would have {size} bytes, and may have {ANNOTATIONS_LIMIT}; shorten the field, or "
                "store the kind in a version that has it",
                findings=[too_long(ANNOTATIONS, ANNOTATIONS_LIMIT)],
            )
        _set_annotations(value, texts)


def _set_annotations(value: Value, texts: dict[str, str]) -> None:
    metadata = dict(value.get("metadata") or {})
    if texts:
        metadata["annotations"] = texts
    else:
        metadata.pop("annotations", None)
    value["metadata"] = metadata


def _parse(text: Any) -> dict[str, Any]:
    """What an annotation holds; what could not be sent as JSON is left out, value by value."""
    try:
        held = msgspec.json.decode(text)
    except (TypeError, ValueError, RecursionError):
        held = _parse_leniently(text)
    return held if isinstance(held, dict) else {}


def _parse_leniently(text: Any) -> dict[str, Any]:
    try:
        held = json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return {}
    pairs = held.items() if isinstance(held, dict) else ()
    return {key: value for key, value in pairs if _is_json({key: value})}


def _is_json(value: Any) -> bool:
    """Whether a value that Python parses is JSON, which NaN and half a surrogate pair are not."""
    try:
        msgspec.json.decode(json.dumps(value))
    except (ValueError, RecursionError):
        return False
    return True


def _text(held: dict[str, Any]) -> str:
    return json.dumps(held, separators=(",", ":"), ensure_ascii=False, sort_keys=True)
