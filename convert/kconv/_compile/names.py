"""The attributes and types that make up a compiled type."""

from __future__ import annotations

import keyword
from collections.abc import Mapping, Sequence
from functools import cache

from msgspec import UNSET

from kconv._compile.source import identifier
from kconv._compile.struct import Form, Struct
from kconv._schema import Type
from kconv.fields import spec_of
from kconv.fields._base import innermost

_RESERVED = frozenset(dir(Struct))


@cache
def types_in(schema: type[Type]) -> Sequence[type[Type]]:
    """The types of the objects that a type's fields hold directly, or in lists and maps."""
    found = []
    for field in schema.instance().wire_fields().values():
        of = spec_of(innermost(field)).object_type
        if of is not None:
            found.append(of)
    return found


@cache
def attribute_names(schema: type[Type]) -> Mapping[str, str]:
    """The attribute of each field by its name in the YAML; they differ for Python's own words."""
    names: dict[str, str] = {}
    for name in schema.instance().wire_fields():
        attribute = identifier(name)
        while (
            keyword.iskeyword(attribute)
            or attribute in _RESERVED
            or attribute[:1].isdigit()
            or attribute.startswith("__")
            or attribute in names.values()
        ):
            attribute = f"f_{attribute.lstrip('_')}_"
        names[name] = attribute
    return names


NATIVE = Form(
    Struct,
    attribute_names,
    UNSET,
    lambda schema: {"__attributes__": attribute_names(schema)},
    lambda value: value,
    lambda made: made,
)
"""The values that the engine works with."""
