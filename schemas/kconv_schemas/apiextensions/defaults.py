"""Computed defaults of apiextensions, as ``pkg/apis/apiextensions/v1/defaults.go`` has them."""

from __future__ import annotations

from typing import Any

from kconv import defaults, derives
from kconv_schemas.apiextensions.v1.types import (
    CustomResourceDefinitionNames,
    CustomResourceDefinitionSpec,
)

Value = dict[str, Any]


@derives(CustomResourceDefinitionNames, field="singular", of=("kind",))
def singular(kind: str | None) -> str | None:
    """The kind in lower case."""
    return (kind or "").lower() or None


@derives(CustomResourceDefinitionNames, field="listKind", of=("kind",))
def list_kind(kind: str | None) -> str | None:
    """The kind, and List."""
    return f"{kind}List" if kind else None


@defaults(CustomResourceDefinitionSpec, unless=("conversion",))
def conversion(value: Value) -> None:
    """Versions differ in nothing but their names."""
    value["conversion"] = {"strategy": "None"}
