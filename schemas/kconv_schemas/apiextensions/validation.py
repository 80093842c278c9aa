"""Rules of apiextensions, as ``pkg/apis/apiextensions/validation`` of Kubernetes has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kconv import Finding, forbidden, invalid, required, validates
from kconv_schemas.apiextensions import v1beta1
from kconv_schemas.apiextensions.v1 import types as v1

Value = Mapping[str, Any]

_SHARED = {
    "validation": ("schema", "schemas"),
    "subresources": ("subresources", "subresources"),
    "additionalPrinterColumns": ("additionalPrinterColumns", "additionalPrinterColumns"),
    "selectableFields": ("selectableFields", "selectableFields"),
}
"""What v1beta1 may say of all versions: what it is within one, and what messages call it."""


@validates(v1.CustomResourceDefinitionSpec, v1beta1.CustomResourceDefinitionSpec)
def storage(value: Value) -> Iterator[Finding]:
    """Objects are stored in one of the versions."""
    versions = value.get("versions") or []
    if sum(bool(each.get("storage")) for each in versions) != 1:
        message = "must have exactly one version marked as storage version"
        yield invalid(("versions",), versions, message)


@validates(v1.CustomResourceDefinitionSpec)
def pruned(value: Value) -> Iterator[Finding]:
    """A new definition has schemas, and what they do not have is not kept in general."""
    for index, version in enumerate(value.get("versions") or ()):
        if (version.get("schema") or {}).get("openAPIV3Schema") is None:
            path = ("versions", index, "schema", "openAPIV3Schema")
            yield required(path, "schemas are required")
    if value.get("preserveUnknownFields"):
        message = (
            "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in "
            "spec.versions[*].schema instead"
        )
        yield invalid(("preserveUnknownFields",), True, message)


@validates(v1beta1.CustomResourceDefinitionSpec)
def first_version(value: Value) -> Iterator[Finding]:
    """The version by itself is the first one of the list."""
    version, versions = value.get("version"), value.get("versions") or []
    if version and len(versions) > 1 and versions[0].get("name") != version:
        yield invalid(("version",), version, "must match the first version in spec.versions")


@validates(v1beta1.CustomResourceDefinitionSpec)
def said_once(value: Value) -> Iterator[Finding]:
    """What versions share is said of all of them, or of each where they differ."""
    versions = value.get("versions") or []
    for of_all, (name, word) in _SHARED.items():
        own = [each.get(name) for each in versions]
        if value.get(of_all) is not None and any(each is not None for each in own):
            yield forbidden((of_all,), f"top-level and per-version {word} are mutually exclusive")
        if own and own[0] is not None and all(each == own[0] for each in own):
            message = (
                f"per-version {word} may not all be set to identical values "
                f"(top-level {of_all} should be used instead)"
            )
            yield invalid(("versions",), versions, message)
