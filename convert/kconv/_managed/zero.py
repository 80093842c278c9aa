"""What an object of one of Kubernetes' own kinds is before anything is set."""

from __future__ import annotations

from typing import Any

from kconv._schema import Type
from kconv.fields import spec_of
from kconv.fields._spec import AnyField


def zero(schema: type[Type]) -> dict[str, Any]:
    """The document of a Go struct of the type as it is made.

    Objects that are always there are in it, and required fields with their zero: nobody who sets
    what is in them comes to own them.
    """
    made: dict[str, Any] = {}
    for name, field in schema.instance().wire_fields().items():
        spec = spec_of(field)
        if spec.object_type is not None and (_is_always_there(field) or field.required):
            made[name] = zero(spec.object_type)
        elif field.required:
            made[name] = spec.zero if spec.structure == "scalar" else None
    return made


def _is_always_there(field: AnyField) -> bool:
    """Whether an object is no pointer in Go: an empty one is not filled in, but there."""
    return callable(field.load_default) and not field.metadata.get("filled_in")


def with_objects(schema: type[Type], value: dict[str, Any]) -> dict[str, Any]:
    """A document with the objects that are always there, empty where it has none."""
    made = value
    for name, field in schema.instance().wire_fields().items():
        of = spec_of(field).object_type
        if of is None:
            continue
        inner = value.get(name)
        if isinstance(inner, dict) or (inner is None and _is_always_there(field)):
            found = with_objects(of, inner or {})
            if found is not inner:
                made = dict(value) if made is value else made
                made[name] = found
    return made
