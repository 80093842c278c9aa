"""Computed defaults of apiextensions, as ``pkg/apis/apiextensions/*/defaults.go`` have them."""

from __future__ import annotations

from typing import Any

from kconv import defaults, derives
from kconv_schemas.apiextensions import v1beta1
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


@defaults(
    CustomResourceDefinitionSpec,
    v1beta1.CustomResourceDefinitionSpec,
    unless=("conversion",),
)
def conversion(value: Value) -> None:
    """Versions differ in nothing but their names."""
    value["conversion"] = {"strategy": "None"}


@derives(v1beta1.CustomResourceConversion, field="conversionReviewVersions", of=("strategy",))
def review_versions(strategy: str | None) -> list[str] | None:
    """Webhooks are asked in v1beta1."""
    return ["v1beta1"] if strategy == "Webhook" else None


@defaults(v1beta1.CustomResourceDefinitionSpec)
def versions(value: Value) -> None:
    """One version has a name alone or is the only one of the list; the first one is named."""
    if not value.get("versions") and value.get("version"):
        value["versions"] = [{"name": value["version"], "served": True, "storage": True}]
    elif not value.get("version") and value.get("versions"):
        value["version"] = value["versions"][0].get("name", "")
