"""The fields of kconv's own that take no argument, by what OpenAPI documents call them."""

from __future__ import annotations

from collections.abc import Mapping

from kconv.fields._base import Field
from kconv.fields._binary import Bytes
from kconv.fields._duration import Duration
from kconv.fields._intorstring import IntOrString
from kconv.fields._quantity import Quantity
from kconv.fields._scalar import Double, Int32, Int64, Integer
from kconv.fields._time import MicroTime, Time

_KNOWN = tuple(
    known()
    for known in (
        Bytes,
        Double,
        Duration,
        Int32,
        Int64,
        IntOrString,
        Integer,
        MicroTime,
        Quantity,
        Time,
    )
)

BY_FORMAT: Mapping[tuple[str, str | None], Field] = {
    (each.spec.json_type or "string", format_): each
    for each in _KNOWN
    for format_ in each.spec.formats
}
"""Fields by the type and the format of a property; None where it has no format."""

BY_DEFINITION: Mapping[str, Field] = {
    definition: each for each in _KNOWN for definition in each.spec.definitions
}
"""Fields by the definition that a property refers to, whatever its schema says."""
