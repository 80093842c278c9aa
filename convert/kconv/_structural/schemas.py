"""What the keywords of a structural schema say, each asked in one place.

The schemas are those of ``openAPIV3Schema`` in a CustomResourceDefinition, as JSON has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

Schema = Mapping[str, Any]

TYPE_META: Final = ("apiVersion", "kind", "metadata")
"""What every object has whose schema is a resource: the object itself, and embedded ones."""

_NOTHING: Final[Schema] = {}
_KEEPS: Final = "x-kubernetes-preserve-unknown-fields"


def properties(schema: Schema) -> Mapping[str, Schema]:
    """The fields that an object declares."""
    return schema.get("properties") or _NOTHING


def values(schema: Schema) -> Schema | None:
    """The schema of the values of a map; None for an object that is none.

    Where it says that there may be any, they are kept, but no field within them.
    """
    found = schema.get("additionalProperties")
    if found is True:
        return _NOTHING
    # A dict is what it nearly always is; to ask for a mapping takes ten times as long.
    return found if type(found) is dict or isinstance(found, Mapping) else None


def items(schema: Schema) -> Schema:
    """The schema of the elements of a list."""
    found = schema.get("items")
    return found if isinstance(found, Mapping) else _NOTHING


def elements(schema: Schema) -> Schema:
    """The same as pruning takes them: where a list keeps what is unknown, they do."""
    found = items(schema)
    return {**found, _KEEPS: True} if keeps_unknown(schema) else found


def inner(schema: Schema, name: str) -> Schema | None:
    """The schema of a field or of a value of a map; None for what nobody declares."""
    found = properties(schema).get(name)
    return values(schema) if found is None else found


def keeps_unknown(schema: Schema) -> bool:
    """Whether fields that are not declared stay."""
    return bool(schema.get(_KEEPS))


def takes_null(schema: Schema) -> bool:
    """Whether null is a value."""
    return bool(schema.get("nullable"))


def is_embedded(schema: Schema) -> bool:
    """Whether values are objects of Kubernetes in their own right."""
    return bool(schema.get("x-kubernetes-embedded-resource"))


def is_int_or_string(schema: Schema) -> bool:
    """Whether values are numbers or texts."""
    return bool(schema.get("x-kubernetes-int-or-string"))
