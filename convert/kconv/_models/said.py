"""What is said of a value beside its type: bounds of several libraries, and fields of kconv."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kconv.fields import Field
from kconv.fields._base import is_own

_BOUNDS = ("ge", "gt", "le", "lt", "multiple_of", "min_length", "max_length", "pattern")
_IGNORED = ("title", "deprecated", "strict", "description", "examples", "extra_json_schema")

LIST_TYPE, MAP_KEYS = "x-kubernetes-list-type", "x-kubernetes-list-map-keys"
PATCH_STRATEGY, MERGE_KEY = "x-kubernetes-patch-strategy", "x-kubernetes-patch-merge-key"
_WORDS = ("format", LIST_TYPE, MAP_KEYS, PATCH_STRATEGY, MERGE_KEY)


@dataclass(slots=True)
class Said:
    """What is said of a value beside its type."""

    bounds: dict[str, Any] = field(default_factory=dict)
    schema: dict[str, Any] = field(default_factory=dict)
    """Words of JSON schema: the format of a number, what kind of list it is."""
    own: Field | None = None
    """A field of kconv, which says all."""
    description: str = ""
    examples: tuple[Any, ...] = ()
    problems: list[str] = field(default_factory=list)

    def add(self, metadata: Iterable[Any]) -> Said:
        """Take in what is in ``Annotated``, or beside a field."""
        for each in metadata:
            self._add(each)
        return self

    def add_schema(self, words: Mapping[str, Any]) -> None:
        """Take in words of JSON schema."""
        for name, value in words.items():
            if name in _WORDS:
                self.schema[name] = value
            else:
                self.problems.append(
                    f"says {name!r} in its JSON schema, which is not carried over; known are "
                    + ", ".join(_WORDS)
                )

    def _add(self, each: Any) -> None:
        if is_own(each):
            self.own = each
        elif isinstance(each, str):
            pass  # Words for people.
        elif hasattr(each, "metadata") and hasattr(each, "json_schema_extra"):
            # pydantic.Field() within Annotated
            self.description = each.description or self.description
            if isinstance(each.json_schema_extra, Mapping):
                self.add_schema(each.json_schema_extra)
            self.add(each.metadata)
        else:
            self._add_bounds(each)

    def _add_bounds(self, each: Any) -> None:
        found = {name: getattr(each, name, None) for name in _BOUNDS}
        others = {
            name: value
            for name, value in getattr(each, "__dict__", {}).items()
            if name not in (*_BOUNDS, *_IGNORED) and value is not None
        }
        known = any(hasattr(each, name) for name in (*_BOUNDS, "strict", "documentation"))
        if callable(each) or others.keys() - {"documentation"} or not known:
            name = type(each).__qualname__
            about = f" ({', '.join(map(str, others))})" if others else ""
            self.problems.append(f"has {name}{about} in its annotation, which is not carried over")
            return
        for name, value in found.items():
            if value is not None:
                self.bounds[name] = value
        self.description = getattr(each, "description", None) or self.description
        self.examples = tuple(getattr(each, "examples", None) or self.examples)
        self.add_schema(getattr(each, "extra_json_schema", None) or {})
