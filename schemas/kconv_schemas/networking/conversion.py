"""Backends of v1beta1, as ``pkg/apis/networking/v1beta1/conversion.go`` converts them.

v1 has a service object where v1beta1 has a name and a port, which is a number or a name.
"""

from __future__ import annotations

from typing import Any

from kconv.edges import Functions

Value = dict[str, Any]


def default_to_hub(spoke: Value, hub: Value) -> None:
    """The backend that is called ``defaultBackend`` in v1."""
    backend = (spoke.get("spec") or {}).get("backend")
    if backend is not None:
        hub["spec"]["defaultBackend"] = _to_hub(backend)


def default_to_spoke(hub: Value, spoke: Value) -> None:
    """The backend that is called ``backend`` in v1beta1."""
    backend = (hub.get("spec") or {}).get("defaultBackend")
    if backend is not None:
        spoke["spec"]["backend"] = _to_spoke(backend)


def rules_to_hub(spoke: Value, hub: Value) -> None:
    """The backends of all paths."""
    if "rules" in (spoke.get("spec") or {}):
        hub["spec"]["rules"] = [_rule(each, _to_hub) for each in spoke["spec"]["rules"]]


def rules_to_spoke(hub: Value, spoke: Value) -> None:
    """The backends of all paths."""
    if "rules" in (hub.get("spec") or {}):
        spoke["spec"]["rules"] = [_rule(each, _to_spoke) for each in hub["spec"]["rules"]]


def _rule(rule: Value, convert: Any) -> Value:
    if "paths" not in (rule.get("http") or {}):
        return rule
    paths = [
        {**path, "backend": convert(path["backend"])} if "backend" in path else path
        for path in rule["http"]["paths"]
    ]
    return {**rule, "http": {**rule["http"], "paths": paths}}


def _to_hub(backend: Value) -> Value:
    found: Value = {k: backend[k] for k in ("resource",) if k in backend}
    name, port = backend.get("serviceName"), backend.get("servicePort")
    if name or port:
        service: Value = {"name": name or "", "port": {}}
        if isinstance(port, str):
            service["port"]["name"] = port
        elif port:
            service["port"]["number"] = port
        found["service"] = service
    return found


def _to_spoke(backend: Value) -> Value:
    found: Value = {k: backend[k] for k in ("resource",) if k in backend}
    service = backend.get("service") or {}
    if service:
        found["serviceName"] = service.get("name", "")
    port = service.get("port") or {}
    found["servicePort"] = port.get("name") or port.get("number", 0)
    return found


_ONE = "v1beta1 has the name of a port or its number"
_EMPTY = "v1beta1 does not tell a service without name and port from none"


def _lost(at: str, spoke_at: str) -> dict[str, str]:
    return {
        f"{at}.service": _EMPTY,
        f"{at}.service.name": _EMPTY,
        f"{at}.service.port": _EMPTY,
        f"{at}.service.port.number": _ONE,
        f"{at}.service.port.name": _ONE,
        f"spoke:{spoke_at}.serviceName": _EMPTY,
        f"spoke:{spoke_at}.servicePort": _EMPTY,
    }


BACKENDS = (
    Functions(
        spoke=("spec.backend",),
        hub=("spec.defaultBackend",),
        to_hub=default_to_hub,
        to_spoke=default_to_spoke,
        lost=_lost("spec.defaultBackend", "spec.backend"),
    ),
    Functions(
        spoke=("spec.rules",),
        hub=("spec.rules",),
        to_hub=rules_to_hub,
        to_spoke=rules_to_spoke,
        lost=_lost("spec.rules[*].http.paths[*].backend", "spec.rules[*].http.paths[*].backend"),
    ),
)
"""How backends of v1beta1 differ from the hub's."""
