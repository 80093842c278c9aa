"""Rules of where pods go: affinity, tolerations and how they spread."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kconv import Finding, Path, duplicate, forbidden, invalid, not_supported, required, validates
from kconv.names import (
    dns_label_problems,
    label_name_problems,
    label_value_problems,
    subdomain_problems,
)
from kconv_schemas.core.names import label_selector, named
from kconv_schemas.core.v1.types import (
    NodeAffinity,
    PodAffinity,
    PodAffinityTerm,
    PodAntiAffinity,
    PodSpec,
)

Value = Mapping[str, Any]

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def _node_term(value: Value, path: Path) -> Iterator[Finding]:
    """Requirements about nodes have as many values as their operator takes."""
    for index, each in enumerate(value.get("matchExpressions") or ()):
        at = (*path, "matchExpressions", index)
        yield from _values_of_operator(at, each)
        yield from named((*at, "key"), each.get("key") or "", label_name_problems)
    for index, each in enumerate(value.get("matchFields") or ()):
        at, values = (*path, "matchFields", index), each.get("values") or ()
        operator, key = each.get("operator") or "", each.get("key") or ""
        if operator not in ("In", "NotIn"):
            yield invalid((*at, "operator"), operator, "not a valid selector operator")
        elif len(values) != 1:
            message = (
                "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"
            )
            yield required((*at, "values"), message)
        if key != "metadata.name":
            yield invalid((*at, "key"), key, "not a valid field selector key")
            continue
        for number, text in enumerate(values):
            yield from named((*at, "values", number), text, subdomain_problems)


def _values_of_operator(at: Path, each: Value) -> Iterator[Finding]:
    operator, values = each.get("operator") or "", each.get("values") or ()
    path = (*at, "values")
    if operator in ("In", "NotIn"):
        if not values:
            yield required(path, "must be specified when `operator` is 'In' or 'NotIn'")
    elif operator in ("Exists", "DoesNotExist"):
        if values:
            message = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
            yield forbidden(path, message)
    elif operator in ("Gt", "Lt"):
        if len(values) != 1:
            message = "must be specified single value when `operator` is 'Lt' or 'Gt'"
            yield required(path, message)
    else:
        yield invalid((*at, "operator"), operator, "not a valid selector operator")


@validates(NodeAffinity)
def node_affinity(value: Value) -> Iterator[Finding]:
    """What is required of nodes says something, in values that labels can have."""
    wanted = value.get(_REQUIRED)
    if wanted is not None:
        path = (_REQUIRED, "nodeSelectorTerms")
        terms = wanted.get("nodeSelectorTerms") or ()
        for at, term in enumerate(terms):
            yield from _node_term(term, (*path, at))
            for index, each in enumerate(term.get("matchExpressions") or ()):
                for number, text in enumerate(each.get("values") or ()):
                    where = (*path, at, "matchExpressions", index, "values", number)
                    yield from named(where, text, label_value_problems)
    for index, each in enumerate(value.get(_PREFERRED) or ()):
        yield from _node_term(each.get("preference") or {}, (_PREFERRED, index, "preference"))
    yield from _weights(value)


def _weights(value: Value) -> Iterator[Finding]:
    for index, term in enumerate(value.get(_PREFERRED) or ()):
        weight = term.get("weight") or 0
        if not 0 < weight <= 100:
            yield invalid((_PREFERRED, index, "weight"), weight, "must be in the range 1-100")


@validates(PodAffinity, PodAntiAffinity)
def pod_affinity(value: Value) -> Iterator[Finding]:
    """Terms that are preferred have weights."""
    yield from _weights(value)


@validates(PodAffinityTerm)
def pod_term(value: Value) -> Iterator[Finding]:
    """A term says of which pods, in which namespaces, and how near."""
    yield from label_selector(("labelSelector",), value.get("labelSelector"))
    yield from label_selector(("namespaceSelector",), value.get("namespaceSelector"))
    for name in value.get("namespaces") or ():
        yield from named(("namespace",), name, dns_label_problems)
    match, mismatch = value.get("matchLabelKeys") or (), value.get("mismatchLabelKeys") or ()
    selector = value.get("labelSelector")
    yield from _label_keys(("matchLabelKeys",), match, selector)
    yield from _label_keys(("mismatchLabelKeys",), mismatch, selector)
    selected = [*((selector or {}).get("matchLabels") or {})]
    selected += [each.get("key") for each in (selector or {}).get("matchExpressions") or ()]
    for index, key in enumerate(match):
        # Once is what the server makes of the key itself.
        if selected.count(key) > 1:
            yield invalid((index,), key, "exists in both matchLabelKeys and labelSelector")
        if key in mismatch:
            message = "exists in both matchLabelKeys and mismatchLabelKeys"
            yield invalid(("matchLabelKeys", index), key, message)
    yield from named(("topologyKey",), value.get("topologyKey") or "", label_name_problems)


def _label_keys(path: Path, keys: Iterable[str], selector: Value | None) -> Iterator[Finding]:
    if keys and selector is None:
        yield forbidden(path, "must not be specified when labelSelector is not set")
        return
    for index, key in enumerate(keys):
        yield from named((*path, index), key, label_name_problems)


def _keys_in(selector: Value | None) -> set[str]:
    found = set((selector or {}).get("matchLabels") or {})
    requirements = (selector or {}).get("matchExpressions") or ()
    return found | {each.get("key") or "" for each in requirements}


@validates(PodSpec)
def tolerations(value: Value) -> Iterator[Finding]:
    """What is tolerated is a taint that there may be."""
    for index, each in enumerate(value.get("tolerations") or ()):
        path = ("tolerations", index)
        key, operator = each.get("key") or "", each.get("operator") or ""
        if key:
            yield from named((*path, "key"), key, label_name_problems)
        elif operator != "Exists":
            message = (
                "operator must be Exists when `key` is empty, which means "
                '"match all values and all keys"'
            )
            yield invalid((*path, "operator"), operator, message)
        if each.get("tolerationSeconds") is not None and each.get("effect") != "NoExecute":
            message = "effect must be 'NoExecute' when `tolerationSeconds` is set"
            yield invalid((*path, "effect"), each.get("effect") or "", message)
        text = each.get("value") or ""
        if operator in ("", "Equal"):
            for problem in label_value_problems(text):
                yield invalid((*path, "operator"), text, problem)
        elif operator == "Exists":
            if text:
                message = "value must be empty when `operator` is 'Exists'"
                yield invalid((*path, "operator"), dict(each), message)
        elif operator in ("Lt", "Gt"):
            # Kubernetes has them behind a gate that is closed.
            supported = ("Equal", "Exists", "Lt", "Gt")
            yield not_supported((*path, "operator"), operator, supported)


@validates(PodSpec)
def spread(value: Value) -> Iterator[Finding]:
    """Pods spread over places, at most so unevenly."""
    seen: list[tuple[str, str]] = []
    for index, each in enumerate(value.get("topologySpreadConstraints") or ()):
        path = ("topologySpreadConstraints", index)
        key, otherwise = each.get("topologyKey") or "", each.get("whenUnsatisfiable") or ""
        if each.get("maxSkew") is not None and each["maxSkew"] <= 0:
            yield invalid((*path, "maxSkew"), each["maxSkew"], "must be greater than zero")
        if (key, otherwise) in seen:
            at = ("topologySpreadConstraints", seen.index((key, otherwise)))
            yield duplicate((*at, "{topologyKey, whenUnsatisfiable}"), f"{{{key}, {otherwise}}}")
        seen.append((key, otherwise))
        least = each.get("minDomains")
        if least is not None:
            if least <= 0:
                yield invalid((*path, "minDomains"), least, "must be greater than zero")
            if otherwise != "DoNotSchedule":
                message = (
                    f"can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {otherwise}"
                )
                yield invalid((*path, "minDomains"), least, message)
        selector, keys = each.get("labelSelector"), each.get("matchLabelKeys") or ()
        yield from _label_keys((*path, "matchLabelKeys"), keys, selector)
        selected = _keys_in(selector)
        for number, name in enumerate(keys):
            if name in selected:
                at_key = (*path, "matchLabelKeys", number)
                yield invalid(at_key, name, "exists in both matchLabelKeys and labelSelector")
        yield from label_selector((*path, "labelSelector"), selector)
