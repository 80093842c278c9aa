"""Findings about names within objects, by the rules of `kconv.names`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from kconv import Finding, Path, invalid, required
from kconv.names import (
    config_key_problems,
    dns_label_problems,
    domain_prefixed_path_problems,
    label_name_problems,
    label_value_problems,
    path_segment_problems,
    port_name_problems,
    qualified_name_problems,
)

Problems = Callable[[str], list[str]]


def named(path: Path, value: str, problems: Problems) -> Iterator[Finding]:
    """A finding for each problem that a rule of `kconv.names` has with a text."""
    for problem in problems(value):
        yield invalid(path, value, problem)


def label_name(path: Path, value: str | None) -> Iterator[Finding]:
    """Findings for a required name that is not a DNS-1123 label."""
    if not value:
        yield required(path)
    else:
        yield from named(path, value, dns_label_problems)


def config_key(path: Path, value: str) -> Iterator[Finding]:
    """Findings for a key of a ConfigMap or Secret that could not be a file's name."""
    yield from named(path, value, config_key_problems)


def port_name(path: Path, value: str) -> Iterator[Finding]:
    """Findings for the name of a port that is no IANA service name (RFC 6335)."""
    if value:
        yield from named(path, value, port_name_problems)


def domain_prefixed_path(path: Path, value: str) -> Iterator[Finding]:
    """Findings for what is no domain followed by a path, such as ``example.com/controller``."""
    if value:
        yield from named(path, value, domain_prefixed_path_problems)
    else:
        yield required(path)


def qualified_name(path: Path, value: str) -> Iterator[Finding]:
    """Findings for what is no name, or a domain and a name, such as ``example.com/name``."""
    yield from named(path, value, qualified_name_problems)


def path_segment(path: Path, value: str) -> Iterator[Finding]:
    """Findings for what could be no step of a URL."""
    yield from named(path, value, path_segment_problems)


def labels(path: Path, value: Mapping[str, str] | None) -> Iterator[Finding]:
    """Findings for keys and values that labels cannot have; none is told by its key."""
    for key, text in (value or {}).items():
        yield from named(path, key, label_name_problems)
        yield from named(path, text, label_value_problems)


def annotation_keys(path: Path, value: Mapping[str, str] | None) -> Iterator[Finding]:
    """Findings for keys that annotations cannot have."""
    for key in value or {}:
        for problem in label_name_problems(key.lower()):
            yield invalid(path, key, problem)


_OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")


def label_selector(path: Path, value: Mapping[str, Any] | None) -> Iterator[Finding]:
    """Findings for a selector of labels; nothing is wrong with one that is absent."""
    if value is None:
        return
    yield from labels((*path, "matchLabels"), value.get("matchLabels"))
    yield from requirements((*path, "matchExpressions"), value.get("matchExpressions") or ())


def requirements(path: Path, items: Iterable[Mapping[str, Any]]) -> Iterator[Finding]:
    """Findings for the requirements of a selector."""
    for index, each in enumerate(items):
        at = (*path, index)
        operator, values = each.get("operator") or "", each.get("values") or ()
        if operator in ("In", "NotIn"):
            if not values:
                message = "must be specified when `operator` is 'In' or 'NotIn'"
                yield required((*at, "values"), message)
        elif operator in ("Exists", "DoesNotExist"):
            if values:
                message = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
                yield Finding((*at, "values"), "FieldValueForbidden", f"Forbidden: {message}")
        else:
            yield invalid((*at, "operator"), operator, "not a valid selector operator")
        yield from named((*at, "key"), each.get("key") or "", label_name_problems)
        for at_value, text in enumerate(values):
            yield from named((*at, "values", at_value), text, label_value_problems)
