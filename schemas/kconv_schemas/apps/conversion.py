"""What versions from v1beta2 on keep in annotations, as ``pkg/apis/apps/v1/conversion.go`` does."""

from __future__ import annotations

import re
from typing import Any

from kconv.edges import Functions

TEMPLATE_GENERATION = "deprecated.daemonset.template.generation"
ROLLBACK_TO = "deprecated.deployment.rollback.to"

_INTEGER = re.compile(r"[+-]?[0-9]+")

Value = dict[str, Any]


def generation_to_hub(spoke: Value, hub: Value) -> None:
    """The generation of the template out of its annotation."""
    number = _take(hub["metadata"], TEMPLATE_GENERATION)
    if number is not None:
        hub.setdefault("spec", {})["templateGeneration"] = number


def generation_to_spoke(hub: Value, spoke: Value) -> None:
    """The generation of the template into an annotation, even if there is none."""
    number = hub.get("spec", {}).get("templateGeneration", 0)
    _keep(spoke["metadata"], TEMPLATE_GENERATION, number)


def rollback_to_hub(spoke: Value, hub: Value) -> None:
    """The revision to go back to out of its annotation."""
    number = _take(hub["metadata"], ROLLBACK_TO)
    if number is not None:
        hub.setdefault("spec", {})["rollbackTo"] = {"revision": number} if number else {}


def rollback_to_spoke(hub: Value, spoke: Value) -> None:
    """The revision to go back to into an annotation."""
    wanted = hub.get("spec", {}).get("rollbackTo")
    if wanted is not None:
        _keep(spoke["metadata"], ROLLBACK_TO, wanted.get("revision", 0))


def _take(metadata: Value, name: str) -> int | None:
    annotations = metadata.get("annotations") or {}
    if not _INTEGER.fullmatch(annotations.get(name, "")):
        return None
    number = int(annotations.pop(name))
    if not annotations:
        del metadata["annotations"]
    return number


def _keep(metadata: Value, name: str, number: int) -> None:
    metadata["annotations"] = {**metadata.get("annotations", {}), name: str(number)}


GENERATION = Functions(
    hub=("spec.templateGeneration",),
    to_hub=generation_to_hub,
    to_spoke=generation_to_spoke,
    kept={"spec.templateGeneration": TEMPLATE_GENERATION},
    lost={"spec.templateGeneration.(absent)": "the annotation says 0 where there is none"},
)
"""How the generation of a DaemonSet's template survives."""

ROLLBACK = Functions(
    hub=("spec.rollbackTo",),
    to_hub=rollback_to_hub,
    to_spoke=rollback_to_spoke,
    kept={"spec.rollbackTo": ROLLBACK_TO},
)
"""How the revision that a Deployment is to go back to survives."""
