"""Rules of the variables of containers, and of what refers to fields and resources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kconv import Finding, Path, invalid, not_supported, required, validates
from kconv.names import (
    config_key_problems,
    dns_label_problems,
    environment_variable_problems,
    qualified_name_problems,
    subdomain_problems,
)
from kconv_schemas.core.names import named
from kconv_schemas.core.paths import file_path
from kconv_schemas.core.v1.types import Container, EnvVar, EphemeralContainer

Value = Mapping[str, Any]

ENV_FIELDS = (
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
)
VOLUME_FIELDS = (
    "metadata.annotations",
    "metadata.labels",
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
)
_FIELDS = {
    *ENV_FIELDS,
    *VOLUME_FIELDS,
    "spec.host",
    "spec.restartPolicy",
    "spec.schedulerName",
    "status.phase",
}
"""Fields of pods that can be asked for at all; of which, depends on where."""

_SUBSCRIPTED = ("metadata.annotations", "metadata.labels")
_RESOURCES = tuple(
    f"{where}.{name}"
    for where in ("limits", "requests")
    for name in ("cpu", "ephemeral-storage", "memory")
)
_BYTES = ("1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei")
_SOURCES = ("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef")


@validates(EnvVar)
def variable(value: Value) -> Iterator[Finding]:
    """A variable has one value, from one source."""
    name, source = value.get("name"), value.get("valueFrom")
    if name:
        yield from named(("name",), name, environment_variable_problems)
    if source is None:
        return
    path: Path = ("valueFrom",)
    given = [each for each in _SOURCES if source.get(each) is not None]
    if "fieldRef" in given:
        yield from field_reference((*path, "fieldRef"), source["fieldRef"], ENV_FIELDS)
    if "resourceFieldRef" in given:
        at = (*path, "resourceFieldRef")
        yield from resource_reference(at, source["resourceFieldRef"], of_volume=False)
    for key in ("configMapKeyRef", "secretKeyRef"):
        if key in given:
            yield from _key_reference((*path, key), source[key])
    if "fileKeyRef" in given:
        yield from _file_reference((*path, "fileKeyRef"), source["fileKeyRef"])
    if not given:
        message = (
            "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, "
            "`secretKeyRef` or `fileKeyRef`"
        )
        yield invalid(path, "", message)
    if value.get("value"):
        if given:
            yield invalid(path, "", "may not be specified when `value` is not empty")
    elif len(given) > 1:
        yield invalid(path, "", "may not have more than one field specified at a time")


def _key_reference(path: Path, value: Value) -> Iterator[Finding]:
    yield from named((*path, "name"), value.get("name") or "", subdomain_problems)
    if value.get("key"):
        yield from named((*path, "key"), value["key"], config_key_problems)


def _file_reference(path: Path, value: Value) -> Iterator[Finding]:
    if value.get("key"):
        yield from named((*path, "key"), value["key"], environment_variable_problems)
    if value.get("path"):
        yield from file_path((*path, "path"), value["path"])
    if value.get("volumeName"):
        yield from named((*path, "volumeName"), value["volumeName"], volume_name_problems)


def volume_name_problems(name: str) -> list[str]:
    """What keeps a text from being the name of a volume."""
    return ["must not contain dots"] if "." in name else dns_label_problems(name)


def field_reference(path: Path, value: Value, known: Sequence[str]) -> Iterator[Finding]:
    """Findings for what refers to a field of the pod that cannot be had there."""
    version, text = value.get("apiVersion") or "v1", value.get("fieldPath") or ""
    at = (*path, "fieldPath")
    if not text:
        return
    name, subscript = _subscripted(text)
    problem = ""
    if version != "v1":
        problem = f"unsupported pod version: {version}"
    elif subscript is not None and name not in _SUBSCRIPTED:
        problem = f"field label does not support subscript: {text}"
    elif name not in _FIELDS:
        problem = f"field label not supported: {text}"
    if problem:
        yield invalid(at, text, f"error converting fieldPath: {problem}")
    elif subscript is not None:
        key = subscript.lower() if name == "metadata.annotations" else subscript
        for each in qualified_name_problems(key):
            yield invalid(path, subscript, each)
    elif name not in known:
        yield not_supported(at, name, tuple(sorted(known)))


def _subscripted(text: str) -> tuple[str, str | None]:
    """``metadata.labels['a']`` as its field and what is in the brackets."""
    name, bracket, rest = text.partition("['")
    if not bracket or not rest.endswith("']") or not name:
        return text, None
    return name, rest[:-2]


def resource_reference(path: Path, value: Value, *, of_volume: bool) -> Iterator[Finding]:
    """Findings for what refers to a limit or request that containers do not have."""
    resource = value.get("resource") or ""
    if of_volume and not value.get("containerName"):
        yield required((*path, "containerName"))
    elif (
        resource
        and resource not in _RESOURCES
        and not resource.startswith(("limits.hugepages-", "requests.hugepages-"))
    ):
        yield not_supported((*path, "resource"), resource, _RESOURCES)
    divisor = value.get("divisor")
    if divisor in (None, "", "0"):
        return
    kind = resource.partition(".")[2]
    supported = ("1m", "1") if kind == "cpu" else _BYTES
    if (kind in ("cpu", "memory", "ephemeral-storage") or kind.startswith("hugepages-")) and (
        divisor not in supported
    ):
        of = "hugepages" if kind.startswith("hugepages-") else kind
        message = (
            f"only divisor's values {', '.join(supported)} are supported with the {of} resource"
        )
        yield invalid((*path, "divisor"), divisor, message)


@validates(Container, EphemeralContainer)
def variables_from(value: Value) -> Iterator[Finding]:
    """Many variables come from one config map or one secret."""
    for index, source in enumerate(value.get("envFrom") or ()):
        at: Path = ("envFrom", index)
        if source.get("prefix"):
            yield from named((*at, "prefix"), source["prefix"], environment_variable_problems)
        given = [each for each in ("configMapRef", "secretRef") if source.get(each) is not None]
        for each in given:
            name = source[each].get("name") or ""
            if name:
                yield from named((*at, each, "name"), name, subdomain_problems)
            else:
                yield required((*at, each, "name"))
        if not given:
            yield invalid(("envFrom",), "", "must specify one of: `configMapRef` or `secretRef`")
        elif len(given) > 1:
            message = "may not have more than one field specified at a time"
            yield invalid(("envFrom",), "", message)
