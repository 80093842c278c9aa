"""Rules of pod templates, the ones that people meet, as ``pkg/apis/core/validation`` words them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kconv import Finding, Path, duplicate, forbidden, invalid, quote, required, validates
from kconv.fields import quantity_value
from kconv_schemas.core import (
    pod_defaults,  # noqa: F401 - adds the computed defaults to the types
)
from kconv_schemas.core.names import label_name, port_name
from kconv_schemas.core.v1.types import (
    Container,
    EnvVar,
    EphemeralContainer,
    HTTPGetAction,
    Lifecycle,
    PodSpec,
    Probe,
    ResourceRequirements,
    Volume,
)

Value = Mapping[str, Any]

_NOT_FOUND = "FieldValueNotFound"
_LISTS = ("initContainers", "containers", "ephemeralContainers")
_ENV_NAME = re.compile(r"[ -<>-~]+")
_ENV_MESSAGE = (
    "a valid environment variable name must consist only of printable ASCII characters other "
    "than '='"
)
_HEADER_NAME = re.compile(r"[-A-Za-z0-9]+")
_HEADER_MESSAGE = (
    "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', "
    "regex used for validation is '[-A-Za-z0-9]+')"
)
_HANDLERS = ("exec", "httpGet", "sleep", "tcpSocket", "grpc")


@validates(PodSpec)
def volumes(value: Value) -> Iterator[Finding]:
    """Volumes have names of their own."""
    seen: set[str] = set()
    for index, volume in enumerate(value.get("volumes") or ()):
        yield from _own_name(("volumes", index, "name"), volume.get("name"), seen)


@validates(PodSpec)
def containers(value: Value) -> Iterator[Finding]:
    """Containers have names that no other has, and mount volumes that there are."""
    names = {volume.get("name") for volume in value.get("volumes") or ()}
    seen: set[str] = set()
    for where in _LISTS:
        for index, container in enumerate(value.get(where) or ()):
            path = (where, index)
            yield from _own_name((*path, "name"), container.get("name"), seen)
            yield from _mounts(container, names, path)


def _own_name(path: Path, name: str | None, seen: set[str]) -> Iterator[Finding]:
    if name:
        yield from label_name(path, name)
        if name in seen:
            yield duplicate(path, name)
        seen.add(name)


def _mounts(container: Value, volumes: set[Any], path: Path) -> Iterator[Finding]:
    taken: set[str] = set()
    for index, mount in enumerate(container.get("volumeMounts") or ()):
        at = (*path, "volumeMounts", index)
        name, place = mount.get("name"), mount.get("mountPath")
        if name and name not in volumes:
            yield Finding((*at, "name"), _NOT_FOUND, f"Not found: {quote(name)}")
        if place in taken:
            yield invalid((*at, "mountPath"), place, "must be unique")
        taken.add(place or "")


@validates(Container, EphemeralContainer)
def container(value: Value) -> Iterator[Finding]:
    """A container has an image, and its ports and probes make sense."""
    image = value.get("image")
    if not image:
        yield required(("image",))
    elif image != image.strip():
        yield invalid(("image",), image, "must not have leading or trailing whitespace")
    seen: set[str] = set()
    for index, port in enumerate(value.get("ports") or ()):
        name = port.get("name")
        yield from port_name(("ports", index, "name"), name or "")
        if name and name in seen:
            yield duplicate(("ports", index, "name"), name)
        seen.add(name or "")
    for probe in ("livenessProbe", "startupProbe"):
        successes = (value.get(probe) or {}).get("successThreshold", 1)
        if successes != 1:
            yield invalid((probe, "successThreshold"), successes, "must be 1")


@validates(EnvVar)
def variable(value: Value) -> Iterator[Finding]:
    """A variable has one value, from one source."""
    name, source = value.get("name"), value.get("valueFrom")
    if name and not _ENV_NAME.fullmatch(name):
        yield invalid(("name",), name, _ENV_MESSAGE)
    if source is None:
        return
    if value.get("value"):
        message = "may not be specified when `value` is not empty"
        yield invalid(("valueFrom",), "", message)
    given = list(source)
    if not given:
        message = (
            "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, "
            "`secretKeyRef` or `fileKeyRef`"
        )
        yield invalid(("valueFrom",), "", message)
    elif len(given) > 1:
        message = "may not have more than one field specified at a time"
        yield invalid(("valueFrom",), "", message)


@validates(Probe)
def probe(value: Value) -> Iterator[Finding]:
    """A probe asks in one way."""
    yield from _one_handler(value, ())


@validates(Lifecycle)
def lifecycle(value: Value) -> Iterator[Finding]:
    """A hook does one thing."""
    for name in ("postStart", "preStop"):
        if value.get(name) is not None:
            yield from _one_handler(value[name], (name,))


@validates(HTTPGetAction)
def headers(value: Value) -> Iterator[Finding]:
    """Headers have names that HTTP allows."""
    for header in value.get("httpHeaders") or ():
        name = header.get("name") or ""
        if not _HEADER_NAME.fullmatch(name):
            yield invalid(("httpHeaders",), name, _HEADER_MESSAGE)


def _one_handler(value: Value, path: Path) -> Iterator[Finding]:
    given = [name for name in _HANDLERS if value.get(name) is not None]
    if not given:
        yield required(path, "must specify a handler type")
    for name in given[1:]:
        yield forbidden((*path, name), "may not specify more than 1 handler type")


@validates(Volume)
def volume(value: Value) -> Iterator[Finding]:
    """A volume comes from one source."""
    sources = [name for name in value if name != "name" and value.get(name) is not None]
    for name in sources[1:]:
        yield forbidden((name,), "may not specify more than 1 volume type")


@validates(ResourceRequirements)
def resources(value: Value) -> Iterator[Finding]:
    """Amounts are not negative, and what is requested is within the limit."""
    limits, requests = value.get("limits") or {}, value.get("requests") or {}
    yield from _not_negative(limits.items(), "limits")
    yield from _not_negative(requests.items(), "requests")
    for name, amount in requests.items():
        limit = limits.get(name)
        if limit is not None and quantity_value(amount) > quantity_value(limit):
            message = f"must be less than or equal to {name} limit of {limit}"
            yield invalid(("requests",), amount, message)


def _not_negative(amounts: Iterable[tuple[str, str]], where: str) -> Iterator[Finding]:
    for name, amount in amounts:
        if quantity_value(amount) < 0:
            yield invalid((where, name), amount, "must be greater than or equal to 0")
