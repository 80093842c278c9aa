"""Rules of what pods and containers may do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from kconv import Finding, Path, duplicate, forbidden, invalid, required, too_long, validates
from kconv_schemas.core.paths import local_path
from kconv_schemas.core.v1.types import (
    AppArmorProfile,
    Container,
    EphemeralContainer,
    PodSpec,
    SeccompProfile,
    SecurityContext,
)

Value = Mapping[str, Any]

_LONGEST_PROFILE = 4095
_LARGEST_ID = 2**31 - 1
_SYSCTL = re.compile(r"([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?")
_NOT_ON_WINDOWS = (
    "appArmorProfile",
    "seLinuxOptions",
    "seccompProfile",
    "fsGroup",
    "fsGroupChangePolicy",
    "sysctls",
    "runAsUser",
    "runAsGroup",
    "supplementalGroups",
    "supplementalGroupsPolicy",
)
_NOT_IN_WINDOWS_CONTAINERS = (
    "appArmorProfile",
    "seLinuxOptions",
    "seccompProfile",
    "capabilities",
    "readOnlyRootFilesystem",
    "privileged",
    "allowPrivilegeEscalation",
    "procMount",
    "runAsUser",
    "runAsGroup",
)
_CONTAINERS = ("initContainers", "containers", "ephemeralContainers")
_SECCOMP = "seccomp.security.alpha.kubernetes.io/pod"
_SECCOMP_OF_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/"


@validates(SecurityContext)
def security_context(value: Value) -> Iterator[Finding]:
    """Who gets all privileges can be denied none."""
    if value.get("allowPrivilegeEscalation") is not False:
        return
    if value.get("privileged"):
        message = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"
        yield invalid((), dict(value), message)
    if "CAP_SYS_ADMIN" in ((value.get("capabilities") or {}).get("add") or ()):
        message = (
            "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN"
        )
        yield invalid((), dict(value), message)


@validates(SeccompProfile)
def seccomp(value: Value) -> Iterator[Finding]:
    """A profile of its own is a file."""
    profile, path = value.get("localhostProfile"), ("localhostProfile",)
    if value.get("type") == "Localhost":
        if profile is None:
            yield required(path, "must be set when seccomp type is Localhost")
        else:
            yield from local_path(path, profile)
    elif profile is not None:
        yield invalid(path, profile, "can only be set when seccomp type is Localhost")


@validates(AppArmorProfile)
def app_armor(value: Value) -> Iterator[Finding]:
    """A profile of its own has a name."""
    profile: str | None = value.get("localhostProfile")
    path: Path = ("localhostProfile",)
    if value.get("type") == "Localhost":
        if profile is None or not profile.strip():
            yield required(path, "must be set when AppArmor type is Localhost")
        elif profile != profile.strip():
            yield invalid(path, profile, "must not be padded with whitespace")
        if len(profile or "") > _LONGEST_PROFILE:
            yield too_long(path, _LONGEST_PROFILE)
    elif profile is not None and value.get("type"):
        yield invalid(path, profile, "can only be set when AppArmor type is Localhost")


@validates(PodSpec)
def pod_security(value: Value) -> Iterator[Finding]:
    """What the containers of a pod share."""
    context = value.get("securityContext") or {}
    if value.get("shareProcessNamespace") and value.get("hostPID"):
        path: Path = ("securityContext", "shareProcessNamespace")
        message = "ShareProcessNamespace and HostPID cannot both be enabled"
        yield invalid(path, True, message)
    for name in ("fsGroup", "runAsUser", "runAsGroup"):
        yield from _identity(("securityContext", name), context.get(name))
    for index, group in enumerate(context.get("supplementalGroups") or ()):
        yield from _identity(("securityContext", "supplementalGroups", index), group)
    yield from _sysctls(value, context.get("sysctls") or ())
    yield from _host_processes(value, context)
    system = (value.get("os") or {}).get("name")
    if system == "windows":
        yield from _on_windows(value, context)
    elif system == "linux":
        yield from _on_linux(value, context)


@validates(Container, EphemeralContainer)
def container_identity(value: Value) -> Iterator[Finding]:
    """Users and groups are numbers that there are."""
    context = value.get("securityContext") or {}
    for name in ("runAsUser", "runAsGroup"):
        yield from _identity(("securityContext", name), context.get(name))


def _identity(path: Path, number: int | None) -> Iterator[Finding]:
    if number is not None and not 0 <= number <= _LARGEST_ID:
        yield invalid(path, number, f"must be between 0 and {_LARGEST_ID}, inclusive")


def _sysctls(pod: Value, sysctls: Any) -> Iterator[Finding]:
    seen: set[str] = set()
    for index, each in enumerate(sysctls):
        path, name = ("securityContext", "sysctls", index, "name"), each.get("name") or ""
        if not name:
            continue
        if len(name) > 253 or not _SYSCTL.fullmatch(name):
            message = (
                "must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?"
                "[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$"
            )
            yield invalid(path, name, message)
        elif name in seen:
            yield duplicate(path, name)
        seen.add(name)
        dotted = name.replace("/", ".") if "/" in name.partition(".")[0] else name
        if dotted.startswith("net.") and pod.get("hostNetwork"):
            yield invalid(path, name, "may not be specified when 'hostNetwork' is true")
        if dotted.startswith(("kernel.shm", "kernel.msg", "kernel.sem", "fs.mqueue.")) and (
            pod.get("hostIPC")
        ):
            yield invalid(path, name, "may not be specified when 'hostIPC' is true")


def _host_processes(pod: Value, context: Value) -> Iterator[Finding]:
    of_pod = (context.get("windowsOptions") or {}).get("hostProcess")
    count = with_host = 0
    for where in _CONTAINERS:
        for index, container in enumerate(pod.get(where) or ()):
            options = (container.get("securityContext") or {}).get("windowsOptions") or {}
            own = options.get("hostProcess")
            count += 1
            with_host += bool(own if own is not None else of_pod)
            if None not in (own, of_pod) and own != of_pod:
                path = (where, index, "securityContext", "windowsOptions", "hostProcess")
                said = str(of_pod).lower()
                message = (
                    f"pod hostProcess value must be identical if both are specified, was {said}"
                )
                yield invalid(path, own, message)
    if not with_host:
        return
    if with_host != count:
        message = (
            "If pod contains any hostProcess containers then all containers must be HostProcess "
            "containers"
        )
        yield invalid((), "", message)
    if not pod.get("hostNetwork"):
        message = "hostNetwork must be true if pod contains any hostProcess containers"
        yield invalid(("hostNetwork",), False, message)
    yield forbidden((), "hostProcess containers are disallowed by cluster policy")


def _on_windows(pod: Value, context: Value) -> Iterator[Finding]:
    message = "cannot be set for a windows pod"
    for name in _NOT_ON_WINDOWS:
        if context.get(name) is not None:
            yield forbidden(("securityContext", name), message)
    for name in ("hostPID", "hostIPC", "shareProcessNamespace"):
        if pod.get(name):
            yield forbidden(("securityContext", name), message)
    if pod.get("resources") is not None:
        yield forbidden(("resources",), "may not be set for a windows pod")
    for where in _CONTAINERS:
        for index, container in enumerate(pod.get(where) or ()):
            own = container.get("securityContext") or {}
            for name in _NOT_IN_WINDOWS_CONTAINERS:
                if own.get(name) is not None:
                    yield forbidden((where, index, "securityContext", name), message)


def _on_linux(pod: Value, context: Value) -> Iterator[Finding]:
    message = "windows options cannot be set for a linux pod"
    if context.get("windowsOptions") is not None:
        yield forbidden(("securityContext", "windowsOptions"), message)
    for where in _CONTAINERS:
        for index, container in enumerate(pod.get(where) or ()):
            if (container.get("securityContext") or {}).get("windowsOptions") is not None:
                yield forbidden((where, index, "securityContext", "windowsOptions"), message)


def annotated(annotations: Mapping[str, str], pod: Value) -> Iterator[Finding]:
    """Findings, from the template, for profiles that annotations say otherwise than fields do."""
    profile = annotations.get(_SECCOMP)
    field = (pod.get("securityContext") or {}).get("seccompProfile")
    if profile is not None and field is not None and not _agrees(profile, field):
        path: Path = ("spec", "securityContext", "seccompProfile", "type")
        yield forbidden(path, "seccomp type in annotation and field must match")
    for where in _CONTAINERS:
        for index, container in enumerate(pod.get(where) or ()):
            own = annotations.get(f"{_SECCOMP_OF_CONTAINER}{container.get('name')}")
            field = (container.get("securityContext") or {}).get("seccompProfile")
            if own is not None and field is not None and not _agrees(own, field):
                at = ("spec", where, index, "securityContext", "seccompProfile", "type")
                yield forbidden(at, "seccomp type in annotation and field must match")


def _agrees(annotation: str, field: Value) -> bool:
    kind = field.get("type")
    if kind == "Localhost":
        return annotation == f"localhost/{field.get('localhostProfile') or ''}"
    if kind == "RuntimeDefault":
        return annotation in ("runtime/default", "docker/default")
    return kind != "Unconfined" or annotation == "unconfined"
