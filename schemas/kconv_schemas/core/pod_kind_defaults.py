"""What Kubernetes fills in for pods and controllers, beyond what a pod template has."""

from __future__ import annotations

import copy
from typing import Any

from kconv import defaults
from kconv_schemas.core import pods  # noqa: F401 - adds the defaults and rules of pod templates
from kconv_schemas.core.requests import container_requests
from kconv_schemas.core.v1.types import Pod, PodStatus, ReplicationController

Value = dict[str, Any]


@defaults(Pod)
def pod(value: Value) -> None:
    """Requests are the limits, ports of the host's network the host's; links to all services."""
    spec = value["spec"]
    spec.setdefault("enableServiceLinks", True)
    for container in (*spec.get("initContainers", ()), *spec.get("containers", ())):
        resources = container["resources"]
        for name, limit in resources.get("limits", {}).items():
            resources.setdefault("requests", {}).setdefault(name, limit)
        if spec.get("hostNetwork"):
            for port in container.get("ports", ()):
                if not port.get("hostPort"):
                    port["hostPort"] = port.get("containerPort", 0)


@defaults(Pod, when=("spec",))
def pod_requests(value: Value) -> None:
    """Requests of a pod as a whole are its containers', or the limits that it has."""
    resources = value["spec"].get("resources") or {}
    limits = resources.get("limits")
    if not limits and not resources.get("requests"):
        return
    requests: dict[str, str] = {**container_requests(value["spec"])}
    for name, limit in (limits or {}).items():
        requests.setdefault(name, limit)
    own = resources.get("requests", {})
    added = {n: each for n, each in requests.items() if n not in own and _is_of_pods(n)}
    if added:
        resources["requests"] = {**own, **added}


def _is_of_pods(name: str) -> bool:
    return name in ("cpu", "memory") or name.startswith("hugepages-")


@defaults(PodStatus, when=("podIP", "podIPs"))
def addresses(value: Value) -> None:
    """The address of former times is the first of the list, and wins over it."""
    first, all_ = value.get("podIP"), value.get("podIPs")
    if first and (not all_ or all_[0].get("ip") != first):
        value["podIPs"] = [{"ip": first}]
    elif all_:
        value["podIP"] = all_[0].get("ip", "")


@defaults(ReplicationController, empty=("metadata.labels", "spec.selector"))
def controller(value: Value) -> None:
    """A controller has the pods that its template makes, and their labels."""
    spec, metadata = value["spec"], value["metadata"]
    labels = spec.get("template", {}).get("metadata", {}).get("labels")
    if labels:
        for holder, name in ((spec, "selector"), (metadata, "labels")):
            if not holder.get(name):
                holder[name] = copy.copy(labels)
