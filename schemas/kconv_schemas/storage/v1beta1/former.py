"""storage.k8s.io/v1beta1, which Kubernetes 1.22 removed: the shapes of v1."""

from __future__ import annotations

from kconv import Deprecation
from kconv_schemas.storage.v1 import types as v1


class CSIDriver(v1.CSIDriver):
    """The kind CSIDriver of storage.k8s.io/v1beta1."""

    class Meta(v1.CSIDriver.Meta):
        version = "v1beta1"
        deprecated = Deprecation(
            since="1.19", removed_in="1.22", replacement="storage.k8s.io/v1 CSIDriver"
        )


class CSINode(v1.CSINode):
    """The kind CSINode of storage.k8s.io/v1beta1."""

    class Meta(v1.CSINode.Meta):
        version = "v1beta1"
        deprecated = Deprecation(
            since="1.19", removed_in="1.22", replacement="storage.k8s.io/v1 CSINode"
        )


class StorageClass(v1.StorageClass):
    """The kind StorageClass of storage.k8s.io/v1beta1."""

    class Meta(v1.StorageClass.Meta):
        version = "v1beta1"
        deprecated = Deprecation(
            since="1.19", removed_in="1.22", replacement="storage.k8s.io/v1 StorageClass"
        )


class VolumeAttachment(v1.VolumeAttachment):
    """The kind VolumeAttachment of storage.k8s.io/v1beta1."""

    class Meta(v1.VolumeAttachment.Meta):
        version = "v1beta1"
        deprecated = Deprecation(
            since="1.19", removed_in="1.22", replacement="storage.k8s.io/v1 VolumeAttachment"
        )


class CSIStorageCapacity(v1.CSIStorageCapacity):
    """The kind CSIStorageCapacity of storage.k8s.io/v1beta1."""

    class Meta(v1.CSIStorageCapacity.Meta):
        version = "v1beta1"
        deprecated = Deprecation(
            since="1.24", removed_in="1.27", replacement="storage.k8s.io/v1 CSIStorageCapacity"
        )
