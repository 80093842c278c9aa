"""The API group storage.k8s.io: storage classes, drivers, attachments and capacities."""

from __future__ import annotations

from kconv import Scheme, hub_of
from kconv.edges import Edge
from kconv_schemas.core import volumes  # noqa: F401 - adds the computed defaults to the types
from kconv_schemas.storage import (
    defaults,  # noqa: F401 - adds the computed defaults to the types
    v1alpha1,
)
from kconv_schemas.storage.v1 import types as v1
from kconv_schemas.storage.v1beta1 import former
from kconv_schemas.storage.v1beta1 import types as v1beta1

_STORED = "storage.k8s.io/v1"


def register(scheme: Scheme) -> None:
    """Add the kinds of storage.k8s.io to a scheme."""
    scheme.add(hub_of(v1.CSIDriver), Edge(v1.CSIDriver), Edge(former.CSIDriver), storage=_STORED)
    scheme.add(hub_of(v1.CSINode), Edge(v1.CSINode), Edge(former.CSINode), storage=_STORED)
    scheme.add(
        hub_of(v1.CSIStorageCapacity),
        Edge(v1.CSIStorageCapacity),
        Edge(former.CSIStorageCapacity),
        Edge(v1alpha1.CSIStorageCapacity),
        storage=_STORED,
    )
    scheme.add(
        hub_of(v1.StorageClass), Edge(v1.StorageClass), Edge(former.StorageClass), storage=_STORED
    )
    scheme.add(
        hub_of(v1.VolumeAttachment),
        Edge(v1.VolumeAttachment),
        Edge(former.VolumeAttachment),
        Edge(v1alpha1.VolumeAttachment),
        storage=_STORED,
    )
    scheme.add(
        hub_of(v1.VolumeAttributesClass),
        Edge(v1.VolumeAttributesClass),
        Edge(v1beta1.VolumeAttributesClass),
        Edge(v1alpha1.VolumeAttributesClass),
        storage=_STORED,
    )
