"""The internal version of CustomResourceDefinition."""

from __future__ import annotations

from typing import Any

from kconv import Hub
from kconv.fields import Object
from kconv_schemas.apiextensions.v1 import types as v1


class CustomResourceDefinition(Hub):
    """A definition of a custom resource in all its versions: what v1 has."""

    class Meta:
        group = "apiextensions.k8s.io"
        plural = "customresourcedefinitions"

    spec = Object(v1.CustomResourceDefinitionSpec, required=True)
    status = Object(v1.CustomResourceDefinitionStatus)

    @staticmethod
    def prepare_for_create(value: dict[str, Any]) -> None:
        """Say which version objects are stored in; all else in the status comes later."""
        versions = (value.get("spec") or {}).get("versions") or ()
        stored = [each["name"] for each in versions if each.get("storage") and each.get("name")]
        value["status"] = {"storedVersions": stored}
