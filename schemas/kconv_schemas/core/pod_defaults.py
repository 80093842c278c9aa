"""Computed defaults of pod templates, as ``pkg/apis/core/v1/defaults.go`` of Kubernetes has them.

Constant ones are on the fields. What Kubernetes fills in for pods alone (requests from limits,
host ports, ``enableServiceLinks``) is no default of a pod template and is in `pod_kinds`.
"""

from __future__ import annotations

from typing import Any

from kconv import defaults, derives, zero_is_absent
from kconv_schemas.core.image import pull_policy
from kconv_schemas.core.v1.types import (
    Container,
    ContainerPort,
    EphemeralContainer,
    HTTPGetAction,
    ImageVolumeSource,
    ISCSIVolumeSource,
    ObjectFieldSelector,
    PodSpec,
    Probe,
    RBDVolumeSource,
    ScaleIOVolumeSource,
    Volume,
)

zero_is_absent(Container, "terminationMessagePath", "terminationMessagePolicy")
zero_is_absent(EphemeralContainer, "terminationMessagePath", "terminationMessagePolicy")
zero_is_absent(ContainerPort, "protocol")
zero_is_absent(HTTPGetAction, "path", "scheme")
zero_is_absent(ISCSIVolumeSource, "iscsiInterface")
zero_is_absent(ObjectFieldSelector, "apiVersion")
zero_is_absent(PodSpec, "dnsPolicy", "restartPolicy", "schedulerName")
zero_is_absent(Probe, "failureThreshold", "periodSeconds", "successThreshold", "timeoutSeconds")
zero_is_absent(RBDVolumeSource, "keyring", "pool", "user")
zero_is_absent(ScaleIOVolumeSource, "fsType", "storageMode")


@derives(Container, EphemeralContainer, field="imagePullPolicy", of=("image",))
def image_pull_policy(image: str | None) -> str:
    """``Always`` for an image that is tagged ``latest`` or not at all."""
    return pull_policy(image or "")


@derives(PodSpec, field="serviceAccountName", of=("serviceAccount",), when=("serviceAccount",))
def service_account_name(former: str | None) -> str | None:
    """What its former name, ``serviceAccount``, says."""
    return former or None


@derives(
    PodSpec,
    field="serviceAccount",
    of=("serviceAccountName",),
    when=("serviceAccountName", "serviceAccount"),
    replace=True,
)
def service_account(name: str | None) -> str | None:
    """Both names are kept equal."""
    return name or None


@defaults(Volume, unless=[name for name in Volume.instance().wire_fields() if name != "name"])
def volume_source(value: dict[str, Any]) -> None:
    """A volume without a source is an empty directory."""
    value["emptyDir"] = {}


@derives(ImageVolumeSource, field="pullPolicy", of=("reference",))
def image_volume_policy(reference: str | None) -> str:
    """The pull policy of an image that is a volume is a container's."""
    return pull_policy(reference or "")
