"""Rules of probes and hooks of containers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kconv import Finding, Path, forbidden, invalid, required, validates
from kconv.names import http_header_problems, port_name_problems, port_problems
from kconv_schemas.core.names import named
from kconv_schemas.core.v1.types import Container, EphemeralContainer, HTTPGetAction, Lifecycle

Value = Mapping[str, Any]

_HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc", "sleep")


@validates(Container, EphemeralContainer)
def container_probes(value: Value) -> Iterator[Finding]:
    """Probes ask in one way each, and those that kill a container count one success."""
    for name in ("livenessProbe", "readinessProbe", "startupProbe"):
        probe = value.get(name)
        if probe is None:
            continue
        yield from _one_handler(probe, (name,))
        successes = probe.get("successThreshold", 1)
        if name != "readinessProbe" and successes != 1:
            yield invalid((name, "successThreshold"), successes, "must be 1")
        patience = probe.get("terminationGracePeriodSeconds")
        if patience is None:
            continue
        at = (name, "terminationGracePeriodSeconds")
        if name == "readinessProbe":
            yield invalid(at, patience, "must not be set for readinessProbes")
        elif patience <= 0:
            yield invalid(at, patience, "must be greater than 0")


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
        yield from named(("httpHeaders",), header.get("name") or "", http_header_problems)


def _one_handler(value: Value, path: Path) -> Iterator[Finding]:
    given = [name for name in _HANDLERS if value.get(name) is not None]
    if not given:
        yield required(path, "must specify a handler type")
        return
    first = given[0]
    handler = value[first]
    if first == "exec" and not handler.get("command"):
        yield required((*path, "exec", "command"))
    if first in ("httpGet", "tcpSocket") and handler.get("port") is not None:
        yield from port(handler["port"], (*path, first, "port"))
    if first == "grpc" and handler.get("port") is not None:
        for problem in port_problems(handler["port"]):
            yield invalid((*path, "grpc", "port"), handler["port"], problem)
    for name in given[1:]:
        yield forbidden((*path, name), "may not specify more than 1 handler type")


def port(value: int | str, path: Path) -> Iterator[Finding]:
    """Findings for what is neither the number nor the name of a port."""
    problems = port_problems(value) if isinstance(value, int) else port_name_problems(value)
    for problem in problems:
        yield invalid(path, value, problem)
