"""Persistent volumes and claims."""

from __future__ import annotations

from typing import Any

from kconv import Scheme, defaults, hub_of, zero_is_absent
from kconv.edges import Edge
from kconv_schemas.core import claims  # noqa: F401 - adds the computed defaults to the types
from kconv_schemas.core.v1 import types as v1
from kconv_schemas.core.v1.types import (
    ISCSIPersistentVolumeSource,
    PersistentVolumeStatus,
    RBDPersistentVolumeSource,
    ScaleIOPersistentVolumeSource,
)

zero_is_absent(ISCSIPersistentVolumeSource, "iscsiInterface")
zero_is_absent(PersistentVolumeStatus, "phase")
zero_is_absent(RBDPersistentVolumeSource, "keyring", "pool", "user")
zero_is_absent(ScaleIOPersistentVolumeSource, "fsType", "storageMode")


@defaults(v1.PersistentVolume)
def volume(value: dict[str, Any]) -> None:
    """A volume is kept and has a file system; one within an attachment says nothing of it."""
    spec = value["spec"]
    spec["persistentVolumeReclaimPolicy"] = spec.get("persistentVolumeReclaimPolicy") or "Retain"
    spec.setdefault("volumeMode", "Filesystem")


def register(scheme: Scheme) -> None:
    """Add them to a scheme."""
    scheme.add(hub_of(v1.PersistentVolume), Edge(v1.PersistentVolume), storage="v1")
    scheme.add(hub_of(v1.PersistentVolumeClaim), Edge(v1.PersistentVolumeClaim), storage="v1")
