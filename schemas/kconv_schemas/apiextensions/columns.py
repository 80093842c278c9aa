"""Rules of what a version shows of its objects: columns of tables, and the paths of a scale.

As ``ValidateCustomResourceColumnDefinition`` and ``ValidateCustomResourceDefinitionSubresources``
of Kubernetes have them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from kconv import Finding, duplicate, invalid, required, validates
from kconv_schemas.apiextensions.shared import by_version
from kconv_schemas.apiextensions.v1 import types as v1

Value = Mapping[str, Any]
Path = tuple[str | int, ...]

_TYPES: Final = ("boolean", "date", "integer", "number", "string")
_FORMATS: Final = (
    "byte", "date", "date-time", "double", "float", "int32", "int64", "password",
)  # fmt: skip
_SCALE: Final = (
    ("specReplicasPath", (".spec.",), ".spec"),
    ("statusReplicasPath", (".status.",), ".status"),
    ("labelSelectorPath", (".spec.", ".status."), "either .spec or .status"),
)
"""Where a scale may find what it shows, and how that is said."""
_SELECTABLE: Final = ("string", "boolean", "integer")
_NOT_SELECTABLE: Final = (
    "must point to a field of type string, boolean or integer. Enum string fields and strings with "
    "formats are allowed."
)
_NO_SCHEMA: Final = "may only be set when `version.schema.openAPIV3Schema` is not included"
_MOST_SELECTABLE: Final = 8


@validates(v1.CustomResourceDefinitionSpec)
def columns(value: Value) -> Iterator[Finding]:
    """Columns are of a type that tables have, and say where a value is."""
    versions = value.get("versions") or []

    def problems(at: int) -> Iterator[Finding]:
        return _of_columns(versions[at]["additionalPrinterColumns"])

    yield from by_version(versions, "additionalPrinterColumns", problems)


@validates(v1.CustomResourceDefinitionSpec)
def scale(value: Value) -> Iterator[Finding]:
    """What a scale shows is in the spec or the status of an object."""
    versions = value.get("versions") or []

    def problems(at: int) -> Iterator[Finding]:
        return _of_scale(versions[at]["subresources"].get("scale") or {})

    yield from by_version(versions, "subresources", problems)


@validates(v1.CustomResourceDefinitionSpec)
def selectable(value: Value) -> Iterator[Finding]:
    """What objects are selected by is a field of a schema, of a type that can be compared."""
    versions = value.get("versions") or []

    def problems(at: int) -> Iterator[Finding]:
        schema = (versions[at].get("schema") or {}).get("openAPIV3Schema")
        return _of_selectable(versions[at]["selectableFields"], schema)

    yield from by_version(versions, "selectableFields", problems)


def _of_columns(given: list[Value]) -> Iterator[Finding]:
    for at, each in enumerate(given):
        for key, known in (("type", _TYPES), ("format", _FORMATS)):
            if each.get(key) and each[key] not in known:
                yield invalid((at, key), each[key], f"must be one of {','.join(known)}")
        # The API server calls it so in messages.
        yield from _simple(each.get("jsonPath"), (at, "JSONPath"))


def _of_selectable(given: list[Value], schema: Value | None) -> Iterator[Finding]:
    if schema is None and given:
        # It says the opposite of what it means.
        yield invalid((), "", _NO_SCHEMA)
        return
    known: set[str] = set()
    for at, each in enumerate(given):
        text, path = str(each.get("jsonPath") or ""), (at, "jsonPath")
        if not text:
            yield required(path)
            continue
        found: Value | None = schema if text.startswith(".") else None
        for step in text[1:].split("."):
            found = ((found or {}).get("properties") or {}).get(step)
        if text.startswith(".metadata."):
            yield invalid(path, text, "must not point to fields in metadata")
        elif found is None:
            yield invalid(path, text, "is an invalid path: does not refer to a valid field")
        elif found.get("type") not in _SELECTABLE:
            yield invalid(path, text, _NOT_SELECTABLE)
        if text in known:
            yield duplicate(path, text)
        known.add(text)
    if len(known) > _MOST_SELECTABLE:
        message = f"Too many: {len(known)}: must have at most {_MOST_SELECTABLE} items"
        yield Finding((), "FieldValueTooMany", message)


def _of_scale(given: Value) -> Iterator[Finding]:
    for key, roots, said in _SCALE:
        text, path = given.get(key), ("scale", key)
        found = list(_simple(text, path))
        yield from found
        if text and not found and not text.startswith(roots):
            yield invalid(path, text, f"should be a json path under {said}")


def _simple(text: str | None, path: Path) -> Iterator[Finding]:
    if text and not text.startswith("."):
        yield invalid(path, text, "must be a simple json path starting with .")
