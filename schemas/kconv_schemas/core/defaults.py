"""Computed defaults of core/v1, as ``pkg/apis/core/v1/defaults.go`` of Kubernetes has them.

Constant ones are on the fields. What Kubernetes fills in for pods alone (requests from limits,
host ports, ``enableServiceLinks``) is no default of a pod template and is not here.
"""

from __future__ import annotations

import base64
from typing import Any

from kconv.schema import defaults, zero_is_absent
from kconv_schemas.core.image import pull_policy
from kconv_schemas.core.v1.types import (
    Container,
    ContainerPort,
    EphemeralContainer,
    HTTPGetAction,
    ISCSIVolumeSource,
    Namespace,
    NamespaceStatus,
    ObjectFieldSelector,
    PodSpec,
    Probe,
    RBDVolumeSource,
    ScaleIOVolumeSource,
    Secret,
    Volume,
)

NAME_LABEL = "kubernetes.io/metadata.name"
"""The label by which a namespace can be selected by its name."""

zero_is_absent(Container, "terminationMessagePath", "terminationMessagePolicy")
zero_is_absent(EphemeralContainer, "terminationMessagePath", "terminationMessagePolicy")
zero_is_absent(ContainerPort, "protocol")
zero_is_absent(HTTPGetAction, "path", "scheme")
zero_is_absent(ISCSIVolumeSource, "iscsiInterface")
zero_is_absent(NamespaceStatus, "phase")
zero_is_absent(ObjectFieldSelector, "apiVersion")
zero_is_absent(PodSpec, "dnsPolicy", "restartPolicy", "schedulerName")
zero_is_absent(Probe, "failureThreshold", "periodSeconds", "successThreshold", "timeoutSeconds")
zero_is_absent(RBDVolumeSource, "keyring", "pool", "user")
zero_is_absent(ScaleIOVolumeSource, "fsType", "storageMode")
zero_is_absent(Secret, "type")


@defaults(Container, EphemeralContainer)
def image_pull_policy(value: dict[str, Any]) -> None:
    """``Always`` for an image that is tagged ``latest`` or not at all."""
    if not value.get("imagePullPolicy"):
        value["imagePullPolicy"] = pull_policy(value.get("image") or "")


@defaults(PodSpec)
def service_account(value: dict[str, Any]) -> None:
    """``serviceAccount`` is the former name of ``serviceAccountName``; both are kept equal."""
    name = value.get("serviceAccountName") or value.get("serviceAccount")
    if name:
        value["serviceAccountName"] = value["serviceAccount"] = name


_COMMON_SOURCES = ("configMap", "secret", "emptyDir", "projected", "persistentVolumeClaim")
"""Looked for first: nearly every volume has one of these."""


@defaults(Volume)
def volume_source(value: dict[str, Any]) -> None:
    """A volume without a source is an empty directory; an image's pull policy is a container's."""
    if not any(map(value.__contains__, _COMMON_SOURCES)) and not any(n != "name" for n in value):
        value["emptyDir"] = {}
    image = value.get("image")
    if image is not None and not image.get("pullPolicy"):
        image["pullPolicy"] = pull_policy(image.get("reference") or "")


@defaults(Namespace)
def name_label(value: dict[str, Any]) -> None:
    """A namespace carries its own name as a label."""
    metadata = value["metadata"]
    if metadata.get("name"):
        metadata["labels"] = {**metadata.get("labels", {}), NAME_LABEL: metadata["name"]}


@defaults(Secret)
def string_data(value: dict[str, Any]) -> None:
    """``stringData`` is folded into ``data``, over what that holds, and is never kept."""
    plain = value.pop("stringData", None)
    if plain:
        encoded = {key: base64.b64encode(text.encode()).decode() for key, text in plain.items()}
        value["data"] = {**value.get("data", {}), **encoded}
