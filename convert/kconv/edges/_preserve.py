"""Hub fields that an older version cannot hold, kept in an annotation of the older object."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any, Self

import msgspec

from kconv._errors import ConversionError
from kconv._schema import Type
from kconv.edges._declared_loss import Loss
from kconv.edges._kept import Kept
from kconv.edges._rule import Rule, Value
from kconv.edges._steps import EACH, MISSING, Steps, format_steps, get, put

PRESERVED = "kconv.dev/preserved-fields"
"""The annotation that keeps fields, unless a rule names another."""

ANNOTATIONS: Steps = ("metadata", "annotations")

ANNOTATIONS_LIMIT = 256 * 1024
"""Bytes that all annotations of an object may have together (``TotalAnnotationSizeLimitB``)."""


class Preserve(Rule):
    """``hub`` has no counterpart in the spoke; its value travels in an annotation.

    The annotation holds a JSON object of values by path, and only of those that are set. It is
    gone from the hub once it was read. Anybody can write it, so a value in it that is none of the
    hub's field, or breaks the field's own rules, is ignored. What the object says by itself wins
    over what was kept: a value for the field, and the absence of the object that the field is in.
    """

    name = "preserve"

    def __init__(self, hub: str, *, annotation: str = PRESERVED) -> None:
        super().__init__((), (hub,))
        self.annotation = annotation
        self.key = format_steps(self.hub[0])
        self._kept: Kept | None = None

    def bound(self, hub: type[Type]) -> Self:
        """The rule that looks at what is kept by the type of the hub's field."""
        rule = copy.copy(self)
        rule._kept = Kept.at(hub, self.hub[0])
        return rule

    def to_hub(self, spoke: Value, hub: Value) -> None:
        """Take the value out of the annotation."""
        kept = take(hub, self.annotation, self.key)
        if kept is MISSING or not isinstance(get(hub, self.hub[0][:-1]), dict):
            return
        if get(hub, self.hub[0]) is MISSING:
            found = self._kept.decode(kept) if self._kept else kept
            if found is not MISSING:
                put(hub, self.hub[0], found)

    def to_spoke(self, hub: Value, spoke: Value) -> None:
        """Keep the value in the annotation; what it held of this field before is gone."""
        take(spoke, self.annotation, self.key)
        found = get(hub, self.hub[0])
        if found is not MISSING:
            keep(spoke, self.annotation, self.key, found)

    def problems(self) -> list[str]:
        """What `Scheme.freeze` refuses about the rule."""
        if EACH in self.hub[0]:
            return [f"{self}: preserve works on paths without [*]"]
        return []

    def losses(self) -> Iterator[Loss]:
        """The field, which the annotation keeps."""
        yield Loss(self.hub[0], "to spoke", kept=self.annotation)


def take(value: Value, annotation: str, key: str) -> Any:
    """Take one value out of an annotation, and the annotation away when it was the last.

    `MISSING` when there is none; an annotation that does not parse is taken away as it is.
    """
    annotations = get(value, ANNOTATIONS)
    if annotations is MISSING or annotation not in annotations:
        return MISSING
    held = _parse(annotations[annotation])
    found = held.pop(key, MISSING)
    rest = {name: text for name, text in annotations.items() if name != annotation}
    if held:
        rest[annotation] = _text(held)
    _set_annotations(value, rest)
    return found


def keep(value: Value, annotation: str, key: str, kept: Any) -> None:
    """Add one value to an annotation.

    Raises `ConversionError` when the object's annotations would be larger than Kubernetes lets
    them be.
    """
    annotations = get(value, ANNOTATIONS)
    texts = {} if annotations is MISSING else dict(annotations)
    held = _parse(texts.get(annotation, "{}"))
    held[key] = copy.deepcopy(kept)
    texts[annotation] = _text(held)
    size = sum(len(name.encode()) + len(text.encode()) for name, text in texts.items())
    if size > ANNOTATIONS_LIMIT:
        raise ConversionError(
            f"{key} cannot be kept in the annotation {annotation}: the object's annotations "
            f"would have {size} bytes, and may have {ANNOTATIONS_LIMIT}; shorten the field, or "
            "store the kind in a version that has it"
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
