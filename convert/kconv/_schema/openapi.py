"""What OpenAPI documents and the structural schemas of CRDs say alike of types and fields."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from kconv.fields import Spec

Document = dict[str, Any]


def scalar(spec: Spec) -> Document:
    """Type, format, enumeration, pattern and bounds of a single value."""
    said: Document = {
        "type": spec.json_type or None,
        "format": spec.format or None,
        "enum": list(spec.enum) or None,
        "pattern": spec.pattern or None,
        "minimum": spec.minimum,
        "maximum": spec.maximum,
        "multipleOf": spec.multiple_of if spec.json_type == "integer" else None,
    }
    return {name: value for name, value in said.items() if value is not None}


def unions(members: Sequence[Sequence[str]]) -> Document:
    """What says that exactly one of some fields is set; of several unions, each."""
    said = [{"oneOf": [{"required": [name]} for name in union]} for union in members]
    return {} if not said else said[0] if len(said) == 1 else {"allOf": said}


def description_of(schema: type) -> str:
    """What describes a type: the paragraphs of its docstring, each on one line.

    Nothing, where that says no more than what the type is called (`title_of`).
    """
    parts = [" ".join(each.split()) for each in (schema.__doc__ or "").split("\n\n")]
    text = "\n\n".join(filter(None, parts))
    name = re.escape(schema.__name__.rstrip("_"))
    return "" if re.fullmatch(rf"(The kind )?{name} of \S+\.", text) else text


def title_of(name: str, api: str, *, is_kind: bool) -> str:
    """The docstring of a type whose author gave it no description."""
    what = f"{name.rstrip('_')} of {api}" if api else name
    return f"The kind {what}." if is_kind else f"{what}."


def first_paragraph(text: str | None) -> str:
    """What describes a type: the beginning of its docstring, on one line."""
    return " ".join((text or "").strip().partition("\n\n")[0].split())
