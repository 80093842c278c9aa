"""Rules of apps, as ``pkg/apis/apps/validation`` of Kubernetes has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kconv import Finding, required, validates
from kconv_schemas.apps import extensions, v1beta1


@validates(
    extensions.DaemonSetSpec,
    extensions.DeploymentSpec,
    extensions.ReplicaSetSpec,
    v1beta1.DeploymentSpec,
    v1beta1.StatefulSetSpec,
)
def selector(value: Mapping[str, Any]) -> Iterator[Finding]:
    """Without labels of the template from which it would follow, the selector has to be there."""
    if value.get("selector") is None:
        yield required(("selector",))
