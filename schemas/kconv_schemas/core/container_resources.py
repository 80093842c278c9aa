"""Rules of the resources that containers ask for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from kconv import (
    Finding,
    MapKey,
    Path,
    duplicate,
    forbidden,
    invalid,
    not_supported,
    required,
    validates,
)
from kconv.fields import quantity_value
from kconv.names import dns_label_problems, qualified_name_problems
from kconv_schemas.core.names import named
from kconv_schemas.core.v1.types import (
    Container,
    EphemeralContainer,
    PodSpec,
    ResourceRequirements,
)

Value = Mapping[str, Any]

_SHORT = 256
_STANDARD = ("cpu", "memory", "ephemeral-storage")
_COUNTED = (
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "services.nodeports",
    "services.loadbalancers",
)
_OF_QUOTAS = (
    "storage",
    "requests.storage",
    *(f"{where}.{name}" for where in ("requests", "limits") for name in _STANDARD),
)


def _is_huge(name: str) -> bool:
    return name.startswith("hugepages-")


def _is_native(name: str) -> bool:
    return "/" not in name or "kubernetes.io/" in name


def _is_extended(name: str) -> bool:
    if _is_native(name) or name.startswith("requests."):
        return False
    return not qualified_name_problems(f"requests.{name}")


def resource_name(path: Path, name: str) -> Iterator[Finding]:
    """Findings for a resource that containers cannot ask for."""
    problems = qualified_name_problems(name)
    if problems:
        for problem in problems:
            yield invalid(path, name, problem)
    elif not ("/" in name or _is_huge(name) or name in (*_STANDARD, *_COUNTED, *_OF_QUOTAS)):
        yield invalid(path, name, "must be a standard resource type or fully qualified")
    if "/" not in name:
        if name not in _STANDARD and not _is_huge(name):
            yield invalid(path, name, "must be a standard resource for containers")
    elif not _is_native(name) and not _is_extended(name):
        yield invalid(path, name, "doesn't follow extended resource name standard")


def _amount(path: Path, name: str, amount: str) -> Iterator[Finding]:
    number = quantity_value(amount)
    if number < 0:
        yield invalid(path, amount, "must be greater than or equal to 0")
    if (name in _COUNTED or _is_extended(name)) and number % 1:
        yield invalid(path, amount, "must be an integer")
    if _is_huge(name):
        size = name.removeprefix("hugepages-")
        try:
            page = quantity_value(size)
        except ValueError:
            return
        if page <= 0 or number <= 0 or number % page:
            yield invalid(path, amount, f"{amount} is not positive integer multiple of {name}")


def _is_sound(name: str, amount: str) -> bool:
    known = len(name) + len(amount) <= _SHORT
    return (_is_sound_known if known else _is_sound_known.__wrapped__)(name, amount)


@lru_cache(4_096)
def _is_sound_known(name: str, amount: str) -> bool:
    return not any(resource_name((), name)) and not any(_amount((), name, amount))


def requirements(value: Value, path: Path = ()) -> Iterator[Finding]:
    """Findings about limits and requests."""
    limits, requests = value.get("limits") or {}, value.get("requests") or {}
    for where, amounts in (("limits", limits), ("requests", requests)):
        for name, amount in amounts.items():
            if not _is_sound(name, amount):
                at = (*path, where, MapKey(name))
                yield from resource_name(at, name)
                yield from _amount(at, name, amount)
    for name, amount in requests.items():
        can_differ = _is_native(name) and not _is_huge(name)
        if name in limits:
            asked, limit = quantity_value(amount), quantity_value(limits[name])
            if asked != limit and not can_differ:
                message = f"must be equal to {name} limit of {limits[name]}"
                yield invalid((*path, "requests"), amount, message)
            elif asked > limit:
                message = f"must be less than or equal to {name} limit of {limits[name]}"
                yield invalid((*path, "requests"), amount, message)
        elif not can_differ:
            message = "Limit must be set for non overcommitable resources"
            yield required((*path, "limits"), message)
    names = {*limits, *requests}
    if any(map(_is_huge, names)) and not names & {"cpu", "memory"}:
        yield forbidden(path, "HugePages require cpu or memory")


@validates(Container, EphemeralContainer)
def container_resources(value: Value) -> Iterator[Finding]:
    """Amounts make sense, and what is requested is within the limit."""
    if value.get("resources"):
        yield from requirements(value["resources"], ("resources",))


@validates(PodSpec)
def pod_resources(value: Value) -> Iterator[Finding]:
    """So do those of the pod, and what it adds to those of its containers."""
    if value.get("overhead") is not None:
        yield from requirements({"limits": value["overhead"]}, ("overhead",))
    asked = value.get("resources") or {}
    for where in ("limits", "requests"):
        for name in asked.get(where) or ():
            if name not in ("cpu", "memory") and not _is_huge(name):
                path = ("resources", where, MapKey(name))
                yield not_supported(path, name, ("cpu", "hugepages-", "memory"))


@validates(ResourceRequirements)
def claims(value: Value) -> Iterator[Finding]:
    """Claims are asked for once each."""
    seen: set[tuple[str, str]] = set()
    for index, claim in enumerate(value.get("claims") or ()):
        path, name = ("claims", index), claim.get("name") or ""
        if not name:
            continue
        request = claim.get("request") or ""
        if request:
            yield from named((*path, "request"), request, dns_label_problems)
        # All of a claim is asked for where no request is named.
        of_claim = {each for each in seen if each[0] == name}
        if (name, request) in seen or (name, "") in seen or (of_claim and not request):
            yield duplicate(path, f"{name}/{request}" if request else name)
        seen.add((name, request))
