"""Rules of what a version shows of its objects: columns of tables, and the paths of a scale.

As ``ValidateCustomResourceColumnDefinition`` and ``ValidateCustomResourceDefinitionSubresources``
of Kubernetes have them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from kconv import Finding, invalid, validates
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


@validates(v1.CustomResourceDefinitionVersion)
def columns(value: Value) -> Iterator[Finding]:
    """Columns are of a type that tables have, and say where a value is."""
    for at, each in enumerate(value.get("additionalPrinterColumns") or ()):
        path = ("additionalPrinterColumns", at)
        for key, known in (("type", _TYPES), ("format", _FORMATS)):
            if each.get(key) and each[key] not in known:
                yield invalid((*path, key), each[key], f"must be one of {','.join(known)}")
        # The API server calls it so in messages.
        yield from _simple(each.get("jsonPath"), (*path, "JSONPath"))


@validates(v1.CustomResourceDefinitionVersion)
def scale(value: Value) -> Iterator[Finding]:
    """What a scale shows is in the spec or the status of an object."""
    given = (value.get("subresources") or {}).get("scale") or {}
    for key, roots, said in _SCALE:
        text, path = given.get(key), ("subresources", "scale", key)
        found = list(_simple(text, path))
        yield from found
        if text and not found and not text.startswith(roots):
            yield invalid(path, text, f"should be a json path under {said}")


def _simple(text: str | None, path: Path) -> Iterator[Finding]:
    if text and not text.startswith("."):
        yield invalid(path, text, "must be a simple json path starting with .")
