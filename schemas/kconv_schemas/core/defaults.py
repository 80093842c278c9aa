"""Computed defaults of core's objects, as ``pkg/apis/core/v1/defaults.go`` of Kubernetes has them.

Constant ones are on the fields; those of pods are in `pod_defaults`.
"""

from __future__ import annotations

import base64
from typing import Any

from kconv import defaults, zero_is_absent
from kconv_schemas.core.v1.types import Namespace, NamespaceStatus, Secret

NAME_LABEL = "kubernetes.io/metadata.name"
"""The label by which a namespace can be selected by its name."""

zero_is_absent(NamespaceStatus, "phase")
zero_is_absent(Secret, "type")


@defaults(Namespace)
def name_label(value: dict[str, Any]) -> None:
    """A namespace carries its own name as a label."""
    metadata = value["metadata"]
    if metadata.get("name"):
        metadata["labels"] = {**metadata.get("labels", {}), NAME_LABEL: metadata["name"]}


@defaults(Secret, when=("stringData",))
def string_data(value: dict[str, Any]) -> None:
    """``stringData`` is folded into ``data``, over what that holds, and is never kept."""
    plain = value.pop("stringData", None)
    if plain:
        encoded = {key: base64.b64encode(text.encode()).decode() for key, text in plain.items()}
        value["data"] = {**value.get("data", {}), **encoded}
