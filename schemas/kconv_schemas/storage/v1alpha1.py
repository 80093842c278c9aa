"""storage.k8s.io/v1alpha1, which is no longer served: the shapes of v1."""

from __future__ import annotations

from kconv_schemas.storage.v1 import types as v1


class CSIStorageCapacity(v1.CSIStorageCapacity):
    """The kind CSIStorageCapacity of storage.k8s.io/v1alpha1."""

    class Meta(v1.CSIStorageCapacity.Meta):
        version = "v1alpha1"


class VolumeAttachment(v1.VolumeAttachment):
    """The kind VolumeAttachment of storage.k8s.io/v1alpha1."""

    class Meta(v1.VolumeAttachment.Meta):
        version = "v1alpha1"


class VolumeAttributesClass(v1.VolumeAttributesClass):
    """The kind VolumeAttributesClass of storage.k8s.io/v1alpha1."""

    class Meta(v1.VolumeAttributesClass.Meta):
        version = "v1alpha1"
