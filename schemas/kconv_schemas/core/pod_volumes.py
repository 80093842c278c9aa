"""Rules of the sources of volumes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kconv import Finding, Path, forbidden, invalid, not_supported, required, validates
from kconv.fields import quantity_value
from kconv_schemas.core.container_env import VOLUME_FIELDS, field_reference, resource_reference
from kconv_schemas.core.paths import backsteps, file_path, local_path
from kconv_schemas.core.v1.types import PersistentVolumeClaimTemplate, Volume
from kconv_schemas.core.volume_claims import check_claim, check_template_metadata

Value = Mapping[str, Any]
_Rule = Callable[[Value, Path], Iterator[Finding]]

_ORDER = (
    "emptyDir", "hostPath", "gitRepo", "gcePersistentDisk", "awsElasticBlockStore", "secret",
    "nfs", "iscsi", "glusterfs", "flocker", "persistentVolumeClaim", "rbd", "cinder", "cephfs",
    "quobyte", "downwardAPI", "fc", "configMap", "azureFile", "vsphereVolume",
    "photonPersistentDisk", "portworxVolume", "azureDisk", "storageos", "projected", "scaleIO",
    "csi", "ephemeral", "image",
)  # fmt: skip
"""The sources in the order that Kubernetes looks at them; the first one counts."""

_IQN = re.compile(r"iqn\.\d{4}-\d{2}\.([\w-]+\.)*[\w-]+(:[^,;*&$|\s]+)?", re.IGNORECASE)
_EUI = re.compile(r"eui\.[0-9a-f]{16}", re.IGNORECASE)
_NAA = re.compile(r"naa\.[0-9a-f]{32}", re.IGNORECASE)
_BLOB = "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd"
_DISK = (
    "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/"
    "{disk-id}"
)
_LEAST_SECONDS = 600


@validates(Volume)
def check_volume(value: Value) -> Iterator[Finding]:
    """A volume comes from one source, of which it says enough."""
    given = [name for name in _ORDER if value.get(name) is not None]
    for name in given[:1]:
        if name in _RULES:
            yield from _RULES[name](value[name], (name,))
    for name in given[1:]:
        yield forbidden((name,), "may not specify more than 1 volume type")


def _empty_dir(value: Value, path: Path) -> Iterator[Finding]:
    limit = value.get("sizeLimit")
    if limit is not None and quantity_value(limit) < 0:
        message = "SizeLimit field must be a valid resource quantity"
        yield forbidden((*path, "sizeLimit"), message)


def _host_path(value: Value, path: Path) -> Iterator[Finding]:
    yield from backsteps((*path, "path"), value.get("path") or "")


def _git_repo(value: Value, path: Path) -> Iterator[Finding]:
    yield from local_path((*path, "directory"), value.get("directory") or "")


def _nfs(value: Value, path: Path) -> Iterator[Finding]:
    place = value.get("path")
    if place and not place.startswith("/"):
        yield invalid((*path, "path"), place, "must be an absolute path")


def _items(value: Value, path: Path) -> Iterator[Finding]:
    for index, item in enumerate(value.get("items") or ()):
        if item.get("path"):
            yield from file_path((*path, "items", index, "path"), item["path"])


def _secret(value: Value, path: Path) -> Iterator[Finding]:
    if not value.get("secretName"):
        yield required((*path, "secretName"))
    yield from _items(value, path)


def _config_map(value: Value, path: Path) -> Iterator[Finding]:
    if not value.get("name"):
        yield required((*path, "name"))
    yield from _items(value, path)


def _downward(value: Value, path: Path) -> Iterator[Finding]:
    """Kubernetes names no index of an item."""
    for item in value.get("items") or ():
        if item.get("path"):
            yield from file_path((*path, "path"), item["path"])
        field, resource = item.get("fieldRef"), item.get("resourceFieldRef")
        if field is not None:
            if field.get("fieldPath"):
                yield from field_reference((*path, "fieldRef"), field, VOLUME_FIELDS)
            else:
                yield required((*path, "fieldRef", "fieldPath"))
            if resource is not None:
                message = "fieldRef and resourceFieldRef can not be specified simultaneously"
                yield invalid(path, "resource", message)
        elif resource is not None:
            yield from resource_reference((*path, "resourceFieldRef"), resource, of_volume=True)
        else:
            yield required(path, "one of fieldRef and resourceFieldRef is required")


def _projected(value: Value, path: Path) -> Iterator[Finding]:
    for index, source in enumerate(value.get("sources") or ()):
        at: Path = (*path, "sources", index)
        given = [
            name
            for name in ("secret", "configMap", "downwardAPI", "serviceAccountToken",
                         "clusterTrustBundle", "podCertificate")
            if source.get(name) is not None
        ]  # fmt: skip
        for name in given[:1]:
            of = source[name]
            if name in ("secret", "configMap"):
                if not of.get("name"):
                    yield required((*at, name, "name"))
                yield from _items(of, (*at, name))
            elif name == "downwardAPI":
                yield from _downward(of, (*at, name))
            elif name == "serviceAccountToken":
                yield from _token(of, (*at, name))
            elif of.get("path"):
                yield from file_path((*at, name, "path"), of["path"])
        for _ in given[1:]:
            yield forbidden(at, "may not specify more than 1 volume type per source")


def _token(value: Value, path: Path) -> Iterator[Finding]:
    seconds = value.get("expirationSeconds", _LEAST_SECONDS)
    at = (*path, "expirationSeconds")
    if seconds < _LEAST_SECONDS:
        yield invalid(at, seconds, "may not specify a duration less than 10 minutes")
    elif seconds > 1 << 32:
        yield invalid(at, seconds, "may not specify a duration larger than 2^32 seconds")
    if value.get("path"):
        yield from file_path((*path, "path"), value["path"])


def _iscsi(value: Value, path: Path) -> Iterator[Finding]:
    name, lun = value.get("iqn") or "", value.get("lun") or 0
    if name and not any(each.fullmatch(name) for each in (_IQN, _EUI, _NAA)):
        yield invalid((*path, "iqn"), name, "must be valid format")
    if not 0 <= lun <= 255:
        yield invalid((*path, "lun"), lun, "must be between 0 and 255, inclusive")
    asks = value.get("chapAuthDiscovery") or value.get("chapAuthSession")
    if asks and value.get("secretRef") is None:
        yield required((*path, "secretRef"))
    initiator = value.get("initiatorName")
    if initiator is not None and not any(each.fullmatch(initiator) for each in (_IQN, _EUI, _NAA)):
        yield invalid((*path, "initiatorname"), initiator, "must be valid format")


def _fc(value: Value, path: Path) -> Iterator[Finding]:
    names, ids, lun = value.get("targetWWNs"), value.get("wwids"), value.get("lun")
    at = (*path, "targetWWNs")
    if not names and not ids:
        yield required(at, "must specify either targetWWNs or wwids, but not both")
    if names and ids:
        message = "targetWWNs and wwids can not be specified simultaneously"
        yield invalid(at, list(names), message)
    if names and lun is None:
        yield required((*path, "lun"), "lun is required if targetWWNs is specified")
    elif names and lun is not None and not 0 <= lun <= 255:
        yield invalid((*path, "lun"), lun, "must be between 0 and 255, inclusive")


def _flocker(value: Value, path: Path) -> Iterator[Finding]:
    name, uid = value.get("datasetName") or "", value.get("datasetUUID") or ""
    if not name and not uid:
        yield required(path, "one of datasetName and datasetUUID is required")
    if name and uid:
        message = "datasetName and datasetUUID can not be specified simultaneously"
        yield invalid(path, "resource", message)
    if "/" in name:
        yield invalid((*path, "datasetName"), name, "must not contain '/'")


def _quobyte(value: Value, path: Path) -> Iterator[Finding]:
    registry, tenant = value.get("registry") or "", value.get("tenant") or ""
    if len(tenant) >= 65:
        message = "must be a UUID and may not exceed a length of 64 characters"
        yield required((*path, "tenant"), message)
    elif registry and not all(re.fullmatch(r"[^:]+:\d+", each) for each in registry.split(",")):
        message = "must be a host:port pair or multiple pairs separated by commas"
        yield invalid((*path, "registry"), registry, message)


def _azure_disk(value: Value, path: Path) -> Iterator[Finding]:
    uri = value.get("diskURI") or ""
    if value.get("kind") == "Managed":
        if not uri.startswith("/subscriptions"):
            yield not_supported((*path, "diskURI"), uri, (_DISK,))
    elif not uri.startswith("https://"):
        yield not_supported((*path, "diskURI"), uri, (_BLOB,))


def _scale_io(value: Value, path: Path) -> Iterator[Finding]:
    if not value.get("volumeName"):
        yield required((*path, "volumeName"))


_RULES: dict[str, _Rule] = {
    "azureDisk": _azure_disk,
    "configMap": _config_map,
    "downwardAPI": _downward,
    "emptyDir": _empty_dir,
    "fc": _fc,
    "flocker": _flocker,
    "gitRepo": _git_repo,
    "hostPath": _host_path,
    "iscsi": _iscsi,
    "nfs": _nfs,
    "projected": _projected,
    "quobyte": _quobyte,
    "scaleIO": _scale_io,
    "secret": _secret,
}


@validates(PersistentVolumeClaimTemplate)
def claim_template(value: Value) -> Iterator[Finding]:
    """A claim that is made with the pod has labels and annotations, and is a good one."""
    yield from check_template_metadata(value.get("metadata") or {}, ("metadata",))
    yield from check_claim(value.get("spec") or {}, ("spec",))
