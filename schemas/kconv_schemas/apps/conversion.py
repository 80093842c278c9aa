"""What versions from v1beta2 on keep in annotations, as ``pkg/apis/apps/v1/conversion.go`` does.

Values are compiled structs (see `kconv._compile.structural`): pods are not taken apart for it.
"""

from __future__ import annotations

import re
from typing import Any

from msgspec import UNSET

from kconv import Resource
from kconv._compile import LOOSE, structural
from kconv.edges import Functions
from kconv_schemas.apps import hub as hub_types

TEMPLATE_GENERATION = "deprecated.daemonset.template.generation"
ROLLBACK_TO = "deprecated.deployment.rollback.to"

_INTEGER = re.compile(r"[+-]?[0-9]+")


def generation(version: type[Resource]) -> Functions:
    """How the generation of a DaemonSet's template survives in a version."""

    @structural(version, hub_types.DaemonSet)
    def to_hub(spoke: Any, hub: Any) -> None:
        number = _take(hub.metadata, TEMPLATE_GENERATION)
        if number is not None:
            _spec(hub, hub_types.DaemonSetSpec).templateGeneration = number

    @structural(hub_types.DaemonSet, version)
    def to_spoke(hub: Any, spoke: Any) -> None:
        # Even if there is none.
        number = hub.spec.templateGeneration if hub.spec else UNSET
        _keep(spoke.metadata, TEMPLATE_GENERATION, number or 0)

    return Functions(
        hub=("spec.templateGeneration",),
        to_hub=to_hub,
        to_spoke=to_spoke,
        kept={"spec.templateGeneration": TEMPLATE_GENERATION},
        lost={"spec.templateGeneration.(absent)": "the annotation says 0 where there is none"},
    )


def rollback(version: type[Resource]) -> Functions:
    """How the revision that a Deployment is to go back to survives in a version."""

    @structural(version, hub_types.Deployment)
    def to_hub(spoke: Any, hub: Any) -> None:
        number = _take(hub.metadata, ROLLBACK_TO)
        if number is not None:
            wanted = LOOSE.struct(hub_types.RollbackConfig)(revision=number or UNSET)
            _spec(hub, hub_types.DeploymentSpec).rollbackTo = wanted

    @structural(hub_types.Deployment, version)
    def to_spoke(hub: Any, spoke: Any) -> None:
        wanted = hub.spec.rollbackTo if hub.spec else UNSET
        if wanted is not UNSET:
            _keep(spoke.metadata, ROLLBACK_TO, wanted.revision or 0)

    return Functions(
        hub=("spec.rollbackTo",),
        to_hub=to_hub,
        to_spoke=to_spoke,
        kept={"spec.rollbackTo": ROLLBACK_TO},
    )


def _spec(hub: Any, type_: type[Any]) -> Any:
    if hub.spec is UNSET:
        hub.spec = LOOSE.struct(type_)()
    return hub.spec


def _take(metadata: Any, name: str) -> int | None:
    annotations = metadata.annotations or {}
    if not _INTEGER.fullmatch(annotations.get(name, "")):
        return None
    others = {each: text for each, text in annotations.items() if each != name}
    metadata.annotations = others or UNSET
    return int(annotations[name])


def _keep(metadata: Any, name: str, number: int) -> None:
    metadata.annotations = {**(metadata.annotations or {}), name: str(number)}
