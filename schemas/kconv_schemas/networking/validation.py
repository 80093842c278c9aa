"""Rules of ingresses, as ``pkg/apis/networking/validation`` of Kubernetes has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kconv import Finding, Path, invalid, required, validates
from kconv_schemas.core.names import label_name
from kconv_schemas.networking.v1 import types as v1
from kconv_schemas.networking.v1beta1 import former

Value = Mapping[str, Any]

_PORTS = (1, 65535)
_NO_PORT = f"must be between {_PORTS[0]} and {_PORTS[1]}, inclusive"
_SEQUENCES = ("//", "/./", "/../", "%2f", "%2F")
_SUFFIXES = ("/..", "/.")


@validates(v1.IngressSpec)
def somewhere(value: Value) -> Iterator[Finding]:
    """An ingress leads somewhere."""
    yield from _somewhere(value, "defaultBackend")


@validates(former.IngressSpec)
def former_somewhere(value: Value) -> Iterator[Finding]:
    """An ingress leads somewhere."""
    yield from _somewhere(value, "backend")


def _somewhere(value: Value, backend: str) -> Iterator[Finding]:
    if not value.get("rules") and value.get(backend) is None:
        message = f"either `{backend}` or `rules` must be specified"
        yield invalid((), value.get("rules") or [], message)


@validates(v1.HTTPIngressPath, former.HTTPIngressPath)
def path(value: Value) -> Iterator[Finding]:
    """Paths are absolute; those that are compared as paths are in their shortest form."""
    text, type_ = value.get("path") or "", value.get("pathType")
    compared = type_ in ("Exact", "Prefix")
    if not text.startswith("/") and (text or compared):
        yield invalid(("path",), text, "must be an absolute path")
    for part in _SEQUENCES if compared else ():
        if part in text:
            yield invalid(("path",), text, f"must not contain '{part}'")
    for part in _SUFFIXES if compared else ():
        if text.endswith(part):
            yield invalid(("path",), text, f"cannot end with '{part}'")


@validates(v1.IngressBackend)
def backend(value: Value) -> Iterator[Finding]:
    """A backend is a service with a port, or a resource."""
    service, resource = value.get("service"), value.get("resource")
    if service is None or resource is not None:
        yield from _either(service is not None, resource is not None)
        return
    if service.get("name"):
        yield from label_name(("service", "name"), service["name"])
    port = service.get("port") or {}
    if port.get("name") and port.get("number"):
        yield invalid((), "", "cannot set both port name & port number")
    else:
        yield from _port(port.get("number") or port.get("name"), ("service", "port", "number"))


@validates(former.IngressBackend)
def former_backend(value: Value) -> Iterator[Finding]:
    """A backend is a service with a port, or a resource."""
    name, port, resource = (value.get(n) for n in ("serviceName", "servicePort", "resource"))
    if not (name or port) or resource is not None:
        yield from _either(bool(name or port), resource is not None)
        return
    yield from label_name(("serviceName",), name)
    yield from _port(port, ("servicePort",))


def _either(service: bool, resource: bool) -> Iterator[Finding]:
    if service and resource:
        yield invalid((), "", "cannot set both resource and service backends")
    elif not service and not resource:
        yield invalid((), "", "resource or service backend is required")


def _port(port: int | str | None, at: Path) -> Iterator[Finding]:
    if not port:
        yield required((), "port name or number is required")
    elif isinstance(port, int) and not _PORTS[0] <= port <= _PORTS[1]:
        yield invalid(at, port, _NO_PORT)
