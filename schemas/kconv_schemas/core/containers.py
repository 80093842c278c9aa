"""Rules of containers, alone and beside each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kconv import (
    Finding,
    Path,
    duplicate,
    forbidden,
    invalid,
    not_supported,
    quote,
    required,
    validates,
)
from kconv.names import dns_label_problems, port_problems
from kconv_schemas.core.names import named, port_name
from kconv_schemas.core.paths import backsteps, local_path
from kconv_schemas.core.pod_volumes import check_volume
from kconv_schemas.core.v1.types import Container, EphemeralContainer

Value = Mapping[str, Any]

NOT_FOUND = "FieldValueNotFound"
LISTS = ("initContainers", "containers", "ephemeralContainers")
_PROBES = ("lifecycle", "livenessProbe", "readinessProbe", "startupProbe")
_MOST_RULES = 20


def not_found(path: Path, value: str, detail: str = "") -> Finding:
    """A finding about a name that nothing has."""
    return Finding(
        path, NOT_FOUND, f"Not found: {quote(value)}" + (f": {detail}" if detail else "")
    )


def of_pod(pod: Value) -> Iterator[Finding]:
    """Findings about the containers of a pod, with paths from its spec."""
    volumes: dict[Any, Value] = {}
    for volume in pod.get("volumes") or ():
        # What is wrong with a volume is told; to those that mount it, it is not there.
        if not any(check_volume(volume)) and not dns_label_problems(volume.get("name") or ""):
            volumes.setdefault(volume["name"], volume)
    claims = {claim.get("name") for claim in pod.get("resourceClaims") or ()}
    names: set[str] = set()
    ports: set[tuple[str, str, int]] = set()
    for where in LISTS:
        for index, container in enumerate(pod.get(where) or ()):
            path = (where, index)
            name = container.get("name")
            if name:
                yield from named((*path, "name"), name, dns_label_problems)
                if name in names:
                    yield duplicate((*path, "name"), name)
                names.add(name)
            yield from _mounts(container, volumes, path)
            yield from _devices(container, volumes, path)
            yield from _claims(container, claims, path)
            yield from _files(container, volumes, path)
            yield from _resizing(container, pod, path, is_init=where == "initContainers")
            if where == "initContainers":
                yield from _init(container, path)
                yield from _ports_taken(container, set(), path)
            else:
                yield from _ports_taken(container, ports, path)
            if pod.get("hostNetwork"):
                yield from _ports_of_host(container, path)


def _mounts(container: Value, volumes: Mapping[Any, Value], path: Path) -> Iterator[Finding]:
    taken: set[str] = set()
    devices = container.get("volumeDevices") or ()
    for index, mount in enumerate(container.get("volumeMounts") or ()):
        at = (*path, "volumeMounts", index)
        name, place = mount.get("name") or "", mount.get("mountPath") or ""
        if name not in volumes:
            yield not_found((*at, "name"), name)
        if place in taken:
            yield invalid((*at, "mountPath"), place, "must be unique")
        taken.add(place)
        if any(device.get("name") == name for device in devices):
            yield invalid((*at, "name"), name, "must not already exist in volumeDevices")
        if any(device.get("devicePath") == place for device in devices):
            message = "must not already exist as a path in volumeDevices"
            yield invalid((*at, "mountPath"), place, message)
        for key in ("subPath", "subPathExpr"):
            if mount.get(key):
                yield from local_path((*at, key), mount[key])
        if mount.get("subPath") and mount.get("subPathExpr"):
            message = "subPathExpr and subPath are mutually exclusive"
            yield invalid((*at, "subPathExpr"), mount["subPathExpr"], message)
        yield from _propagation(container, mount, at)


def _propagation(container: Value, mount: Value, at: Path) -> Iterator[Finding]:
    propagation = mount.get("mountPropagation")
    is_privileged = (container.get("securityContext") or {}).get("privileged")
    if propagation == "Bidirectional" and not is_privileged:
        message = "Bidirectional mount propagation is available only to privileged containers"
        yield forbidden((*at, "mountPropagation"), message)
    recursive = mount.get("recursiveReadOnly")
    if recursive in ("Enabled", "IfPossible"):
        path = (*at, "recursiveReadOnly")
        if not mount.get("readOnly"):
            yield forbidden(path, "may only be specified when readOnly is true")
        if propagation not in (None, "None"):
            message = "may only be specified when mountPropagation is None or not specified"
            yield forbidden(path, message)


def _devices(container: Value, volumes: Mapping[Any, Value], path: Path) -> Iterator[Finding]:
    names: set[str] = set()
    paths: set[str] = set()
    mounts = container.get("volumeMounts") or ()
    for index, device in enumerate(container.get("volumeDevices") or ()):
        at = (*path, "volumeDevices", index)
        name, place = device.get("name") or "", device.get("devicePath") or ""
        if name in names:
            yield invalid((*at, "name"), name, "must be unique")
        volume = volumes.get(name)
        if volume is None:
            yield not_found((*at, "name"), name)
        elif not volume.keys() & {"persistentVolumeClaim", "ephemeral"}:
            message = (
                "can only use volume source type of PersistentVolumeClaim or Ephemeral for block "
                "mode"
            )
            yield invalid((*at, "name"), name, message)
        if place in paths:
            yield invalid((*at, "devicePath"), place, "must be unique")
        if place and any(backsteps((), place)):
            yield invalid((*at, "devicePath"), place, "can not contain backsteps ('..')")
        if any(mount.get("name") == name for mount in mounts):
            yield invalid((*at, "name"), name, "must not already exist in volumeMounts")
        if any(mount.get("mountPath") == place for mount in mounts):
            message = "must not already exist as a path in volumeMounts"
            yield invalid((*at, "devicePath"), place, message)
        names.add(name)
        paths.add(place)


def _claims(container: Value, known: set[Any], path: Path) -> Iterator[Finding]:
    claims = (container.get("resources") or {}).get("claims") or ()
    for index, claim in enumerate(claims):
        at = (*path, "resources", "claims", index)
        name = claim.get("name")
        if name and name not in known:
            detail = "must be one of the names in pod.spec.resourceClaims"
            yield not_found(at, name, detail if known else f"{detail} which is empty")


def _files(container: Value, volumes: Mapping[Any, Value], path: Path) -> Iterator[Finding]:
    """Variables from files are in an empty directory that the pod has."""
    for index, variable in enumerate(container.get("env") or ()):
        file = (variable.get("valueFrom") or {}).get("fileKeyRef")
        if file is None:
            continue
        at = (*path, "env", index, "valueFrom", "fileKeyRef", "volumeName")
        volume = volumes.get(file.get("volumeName"))
        if volume is None:
            yield not_found(at, file.get("volumeName") or "")
        elif "emptyDir" not in volume:
            message = "referenced volume must be of type emptyDir"
            yield invalid(at, file.get("volumeName"), message)


def _resizing(container: Value, pod: Value, path: Path, *, is_init: bool) -> Iterator[Finding]:
    policies = container.get("resizePolicy") or ()
    seen: set[str] = set()
    for index, policy in enumerate(policies):
        name = policy.get("resourceName") or ""
        if name in seen:
            yield duplicate((*path, "resizePolicy", index), name)
        seen.add(name)
        restarts = policy.get("restartPolicy")
        if pod.get("restartPolicy") == "Never" and restarts not in (None, "NotRequired"):
            message = "must be 'NotRequired' when pod `restartPolicy` is 'Never'"
            yield invalid((*path, "resizePolicy"), restarts, message)
        stays = container.get("restartPolicy") == "Always"
        if is_init and not stays and restarts == "RestartContainer":
            at = (*path, "resizePolicy", index, "restartPolicy")
            message = "must not be set to 'RestartContainer' for non-sidecar initContainers"
            yield invalid(at, restarts, message)


def _init(container: Value, path: Path) -> Iterator[Finding]:
    if container.get("restartPolicy") == "Always":
        return
    for name in _PROBES:
        if container.get(name) is not None:
            message = "may not be set for init containers without restartPolicy=Always"
            yield forbidden((*path, name), message)


def _ports_taken(
    container: Value, taken: set[tuple[str, str, int]], path: Path
) -> Iterator[Finding]:
    for index, port in enumerate(container.get("ports") or ()):
        number = port.get("hostPort") or 0
        key = (port.get("protocol") or "", port.get("hostIP") or "", number)
        if number and key in taken:
            text = "/".join(map(str, key))
            yield duplicate((*path, "ports", index, "hostPort"), text)
        taken.add(key)


def _ports_of_host(container: Value, path: Path) -> Iterator[Finding]:
    for index, port in enumerate(container.get("ports") or ()):
        number = port.get("hostPort") or 0
        if number and number != port.get("containerPort"):
            message = "must match `containerPort` when `hostNetwork` is true"
            yield invalid((*path, "ports", index, "hostPort"), str(number), message)


@validates(Container, EphemeralContainer)
def container(value: Value) -> Iterator[Finding]:
    """A container has an image and ports that there are."""
    if not value.get("image"):
        yield required(("image",))
    seen: set[str] = set()
    for index, port in enumerate(value.get("ports") or ()):
        at, name = ("ports", index), port.get("name") or ""
        problems = list(port_name((*at, "name"), name))
        yield from problems
        if name and not problems:
            if name in seen:
                yield duplicate((*at, "name"), name)
            seen.add(name)
        for key in ("containerPort", "hostPort"):
            for problem in port_problems(port[key]) if port.get(key) else ():
                yield invalid((*at, key), port[key], problem)


@validates(Container)
def restart_rules(value: Value) -> Iterator[Finding]:
    """Rules about restarts of a container go with a policy of its own."""
    rules = value.get("restartPolicyRules") or ()
    if rules and not value.get("restartPolicy"):
        message = "must specify restartPolicy when restart rules are used"
        yield required(("restartPolicy",), message)
    if len(rules) > _MOST_RULES:
        message = f"Too many: {len(rules)}: must have at most {_MOST_RULES} items"
        yield Finding(("restartPolicyRules",), "FieldValueTooMany", message)
    for index, rule in enumerate(rules):
        codes = rule.get("exitCodes")
        path: Path = ("restartPolicyRules", index)
        if rule.get("action") not in ("Restart", "RestartAllContainers"):
            supported = ("Restart", "RestartAllContainers")
            yield not_supported((*path, "action"), rule.get("action") or "", supported)
        if codes is None:
            yield required((*path, "exitCodes"), "must be specified")
