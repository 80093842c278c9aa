"""A hub field that an older version cannot hold, kept in an annotation of the older object."""

from __future__ import annotations

import copy
import json
from typing import Any

from kconv.edges.rule import Rule, Value
from kconv.edges.steps import EACH, MISSING, Steps, get, put

ANNOTATIONS: Steps = ("metadata", "annotations")


class Preserve(Rule):
    """``hub`` has no counterpart in the spoke; its value travels in ``annotation`` as JSON.

    Data in the annotation that does not parse is ignored, and the annotation is gone from the
    hub once it was read.
    """

    name = "preserve"

    def __init__(self, hub: str, *, annotation: str) -> None:
        super().__init__((), (hub,))
        self.annotation = annotation

    def to_hub(self, spoke: Value, hub: Value) -> None:
        """Spoke to hub, see the class."""
        kept = read_annotation(hub, self.annotation)
        if kept is not MISSING and get(hub, self.hub[0]) is MISSING:
            put(hub, self.hub[0], kept)

    def to_spoke(self, hub: Value, spoke: Value) -> None:
        """Hub to spoke, see the class."""
        found = get(hub, self.hub[0])
        if found is not MISSING:
            write_annotation(spoke, self.annotation, copy.deepcopy(found))

    def problems(self) -> list[str]:
        """What `Scheme.freeze` refuses about the rule."""
        if EACH in self.hub[0]:
            return [f"{self}: preserve works on paths without [*]"]
        return []


def read_annotation(hub: Value, annotation: str) -> Any:
    """Take an annotation out of a hub's value and parse it; `MISSING` if absent or malformed."""
    annotations = get(hub, ANNOTATIONS)
    if annotations is MISSING or annotation not in annotations:
        return MISSING
    text = annotations[annotation]
    rest = {key: value for key, value in annotations.items() if key != annotation}
    if rest:
        put(hub, ANNOTATIONS, rest)
    else:
        del hub["metadata"]["annotations"]
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return MISSING


def write_annotation(spoke: Value, annotation: str, value: Any) -> None:
    """Keep a value as compact JSON in an annotation of a spoke's value."""
    annotations = get(spoke, ANNOTATIONS)
    kept = {} if annotations is MISSING else dict(annotations)
    kept[annotation] = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    put(spoke, ANNOTATIONS, kept)
