"""Computed defaults of storage, as ``pkg/apis/storage/v1/defaults.go`` of Kubernetes has them."""

from __future__ import annotations

from kconv import derives
from kconv_schemas.storage.v1.types import CSIDriverSpec


@derives(CSIDriverSpec, field="volumeLifecycleModes")
def lifecycle_modes() -> list[str]:
    """A driver has persistent volumes, unless it says what else it has."""
    return ["Persistent"]
