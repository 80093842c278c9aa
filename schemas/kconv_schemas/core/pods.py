"""Rules of pod templates as wholes, as ``pkg/apis/core/validation`` of Kubernetes has them.

Those of their parts are in the modules whose names begin with ``pod_`` and ``container``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kconv import (
    Finding,
    Path,
    duplicate,
    forbidden,
    invalid,
    judged_by_value,
    required,
    too_long,
    validates,
)
from kconv.names import (
    dns_label_problems,
    ip_problems,
    qualified_name_problems,
    subdomain_problems,
)
from kconv_schemas.core import (
    container_env,  # noqa: F401 - adds the rules of environments to the types
    container_resources,  # noqa: F401 - adds those of resources
    containers,
    pod_defaults,  # noqa: F401 - adds the computed defaults to the types
    pod_scheduling,  # noqa: F401 - adds the rules of affinity and tolerations
    pod_security,
    pod_volumes,  # noqa: F401 - adds those of volumes
    probes,  # noqa: F401 - adds those of probes and hooks
)
from kconv_schemas.core.names import annotation_keys, label_name, labels, named
from kconv_schemas.core.v1.types import (
    Container,
    EnvVar,
    EphemeralContainer,
    PodSpec,
    PodTemplateSpec,
)

Value = Mapping[str, Any]

judged_by_value(
    PodSpec,
    unread={Container: ("image",), EphemeralContainer: ("image",), EnvVar: ("value",)},
)

_MOST_SERVERS, _MOST_SEARCHES, _LONGEST_SEARCHES = 3, 32, 2048
_SUBDOMAINS = ("priorityClassName", "runtimeClassName", "serviceAccountName", "nodeName")
_LABELS = ("hostname", "subdomain")
_LONGEST_HOSTNAME = 64


@validates(PodTemplateSpec)
def template(value: Value) -> Iterator[Finding]:
    """Labels and annotations are good ones; a template has no ephemeral containers."""
    metadata, spec = value.get("metadata") or {}, value.get("spec") or {}
    yield from labels(("labels",), metadata.get("labels"))
    yield from annotation_keys(("annotations",), metadata.get("annotations"))
    yield from pod_security.annotated(metadata.get("annotations") or {}, spec)
    if spec.get("ephemeralContainers"):
        message = "ephemeral containers not allowed in pod template"
        yield forbidden(("spec", "ephemeralContainers"), message)


@validates(PodSpec)
def pod_volumes_named(value: Value) -> Iterator[Finding]:
    """Volumes have names of their own."""
    seen: set[str] = set()
    for index, volume in enumerate(value.get("volumes") or ()):
        name = volume.get("name")
        if name:
            path = ("volumes", index, "name")
            yield from label_name(path, name)
            if name in seen:
                yield duplicate(path, name)
            seen.add(name)


@validates(PodSpec)
def pod_containers(value: Value) -> Iterator[Finding]:
    """Containers fit each other and their pod."""
    yield from containers.of_pod(value)


@validates(PodSpec)
def pod_names(value: Value) -> Iterator[Finding]:
    """What the pod is called, and what it refers to, are names."""
    for name in _SUBDOMAINS:
        if value.get(name):
            yield from named((name,), value[name], subdomain_problems)
    for name in _LABELS:
        if value.get(name):
            yield from named((name,), value[name], dns_label_problems)
    override = value.get("hostnameOverride")
    if override is not None:
        path = ("hostnameOverride",)
        yield from named(path, override, subdomain_problems)
        if len(override) > _LONGEST_HOSTNAME:
            yield too_long(path, _LONGEST_HOSTNAME)
        if value.get("setHostnameAsFQDN"):
            message = "may not be set when setHostnameAsFQDN is true"
            yield invalid(path, override, message)
        if value.get("hostNetwork"):
            yield invalid(path, override, "may not be set when hostNetwork is true")
    yield from labels(("nodeSelector",), value.get("nodeSelector"))


@validates(PodSpec)
def dns(value: Value) -> Iterator[Finding]:
    """Who wants no DNS of the cluster says which."""
    path: Path = ("dnsConfig",)
    config, is_none = value.get("dnsConfig"), value.get("dnsPolicy") == "None"
    if is_none and config is None:
        yield required(path, "must provide `dnsConfig` when `dnsPolicy` is None")
    if config is None:
        return
    servers, searches = config.get("nameservers") or (), config.get("searches") or ()
    if is_none and not servers:
        message = "must provide at least one DNS nameserver when `dnsPolicy` is None"
        yield required((*path, "nameservers"), message)
    if len(servers) > _MOST_SERVERS:
        message = f"must not have more than {_MOST_SERVERS} nameservers"
        yield invalid((*path, "nameservers"), list(servers), message)
    for index, server in enumerate(servers):
        yield from named((*path, "nameservers", index), server, ip_problems)
    if len(searches) > _MOST_SEARCHES:
        message = f"must not have more than {_MOST_SEARCHES} search paths"
        yield invalid((*path, "searches"), list(searches), message)
    if len(" ".join(searches)) > _LONGEST_SEARCHES:
        message = f"must not have more than {_LONGEST_SEARCHES} characters (including spaces) in "
        yield invalid((*path, "searches"), list(searches), f"{message}the search list")
    for index, search in enumerate(searches):
        text = search if search == "." else search.removesuffix(".")
        if text != ".":
            yield from named((*path, "searches", index), text, subdomain_problems)
    for index, option in enumerate(config.get("options") or ()):
        if not option.get("name"):
            yield required((*path, "options", index), "must not be empty")


@validates(PodSpec)
def host_aliases(value: Value) -> Iterator[Finding]:
    """Lines for /etc/hosts have an address and names."""
    for index, alias in enumerate(value.get("hostAliases") or ()):
        path = ("hostAliases", index)
        yield from named((*path, "ip"), alias.get("ip") or "", ip_problems)
        for at, name in enumerate(alias.get("hostnames") or ()):
            yield from named((*path, "hostnames", at), name, subdomain_problems)


@validates(PodSpec)
def gates(value: Value) -> Iterator[Finding]:
    """What a pod waits for is named by a domain and a name."""
    for index, gate in enumerate(value.get("readinessGates") or ()):
        at = ("readinessGates", index, "conditionType")
        yield from named(at, gate.get("conditionType") or "", qualified_name_problems)
    for index, gate in enumerate(value.get("schedulingGates") or ()):
        path = ("schedulingGates", index)
        yield from named(path, gate.get("name") or "", qualified_name_problems)


@validates(PodSpec)
def resource_claims(value: Value) -> Iterator[Finding]:
    """Claims of resources have names of their own, and are there or are made."""
    seen: set[str] = set()
    for index, claim in enumerate(value.get("resourceClaims") or ()):
        path, name = ("resourceClaims", index), claim.get("name") or ""
        if name in seen:
            yield duplicate((*path, "name"), name)
        elif name:
            yield from named((*path, "name"), name, dns_label_problems)
            seen.add(name)
        refers = [claim.get("resourceClaimName"), claim.get("resourceClaimTemplateName")]
        if None not in refers:
            message = (
                "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified"
            )
            yield invalid(path, dict(claim), message)
        if refers == [None, None]:
            message = "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`"
            yield invalid(path, dict(claim), message)
        for key in ("resourceClaimName", "resourceClaimTemplateName"):
            if claim.get(key) is not None:
                yield from named((*path, key), claim[key], subdomain_problems)
