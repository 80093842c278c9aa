"""v1beta1 to the hub and back, as ``pkg/apis/apiextensions/v1/conversion.go`` has it.

v1beta1 says once what all versions of a resource share, which v1 says of each; and the webhook is
spread over two fields.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kconv.edges import Functions

Value = dict[str, Any]

_SHARED = {
    "subresources": "subresources",
    "validation": "schema",
    "additionalPrinterColumns": "additionalPrinterColumns",
    "selectableFields": "selectableFields",
}
"""What v1beta1 may say of all versions, and what it is called within one of them."""

_SAME = ("name", "served", "storage", "deprecated", "deprecationWarning")


def to_hub(spoke: Value, hub: Value) -> None:
    """Each version says all that there is to say of it."""
    spec, made = spoke.get("spec"), hub.get("spec")
    if spec is None or made is None:
        return
    versions = spec.get("versions") or []
    if not versions and spec.get("version"):
        versions = [{"name": spec["version"], "served": True, "storage": True}]
    shared = {name: spec[of_all] for of_all, name in _SHARED.items() if of_all in spec}
    if versions or "versions" in spec:
        made["versions"] = [_version({**each, **shared}, _column_to_hub) for each in versions]
    if "conversion" in spec:
        made["conversion"] = _conversion_to_hub(spec["conversion"])
    if "scope" in spec:
        made["scope"] = spec["scope"]
    if spec.get("preserveUnknownFields"):
        made["preserveUnknownFields"] = True


def to_spoke(hub: Value, spoke: Value) -> None:
    """What is the same in all versions is said once."""
    spec, made = hub.get("spec"), spoke.get("spec")
    if spec is None or made is None:
        return
    versions = [_version(each, _column_to_spoke) for each in spec.get("versions") or ()]
    if versions:
        made["version"] = versions[0].get("name", "")
        same = {
            n for n in _SHARED.values() if all(v.get(n) == versions[0].get(n) for v in versions)
        }
        if "schema" not in same:
            same.discard("selectableFields")
        shared = {n: versions[0][n] for n in same if n in versions[0]}
        made.update({all_: shared[name] for all_, name in _SHARED.items() if name in shared})
        made["versions"] = [{n: v[n] for n in v if n not in same} for v in versions]
    elif "versions" in spec:
        made["versions"] = []
    if "conversion" in spec:
        made["conversion"] = _conversion_to_spoke(spec["conversion"])
    if "scope" in spec:
        made["scope"] = spec["scope"]
    made["preserveUnknownFields"] = spec.get("preserveUnknownFields", False)


def _version(version: Value, column: Callable[[Value], Value]) -> Value:
    columns = version.get("additionalPrinterColumns")
    if columns is None:
        return version
    return {**version, "additionalPrinterColumns": [column(each) for each in columns]}


def _column_to_hub(column: Value) -> Value:
    return _renamed(column, "JSONPath", "jsonPath")


def _column_to_spoke(column: Value) -> Value:
    return _renamed(column, "jsonPath", "JSONPath")


def _renamed(value: Value, old: str, new: str) -> Value:
    return {new if name == old else name: each for name, each in value.items()}


def _conversion_to_hub(conversion: Value) -> Value:
    made = {"strategy": conversion["strategy"]} if "strategy" in conversion else {}
    webhook = {
        name: conversion[of_spoke]
        for name, of_spoke in _WEBHOOK.items()
        if conversion.get(of_spoke) is not None
    }
    return {**made, "webhook": webhook} if webhook else made


def _conversion_to_spoke(conversion: Value) -> Value:
    made = {"strategy": conversion["strategy"]} if "strategy" in conversion else {}
    webhook = conversion.get("webhook") or {}
    return made | {of: webhook[name] for name, of in _WEBHOOK.items() if name in webhook}


_WEBHOOK = {
    "clientConfig": "webhookClientConfig",
    "conversionReviewVersions": "conversionReviewVersions",
}
_TWICE = "what is said of all versions takes the place of what is said of one"
_NONE = "without a version there is nothing to say it of"
_FIRST = "it is the name of the first version"

V1BETA1_RULE = Functions(
    spoke=(
        *(f"spec.{name}" for name in _SHARED),
        "spec.conversion",
        "spec.preserveUnknownFields",
        "spec.scope",
        "spec.version",
        "spec.versions",
    ),
    hub=("spec.conversion", "spec.preserveUnknownFields", "spec.scope", "spec.versions"),
    to_hub=to_hub,
    to_spoke=to_spoke,
    lost={
        **{f"spoke:spec.{name}": _NONE for name in _SHARED},
        **{f"spoke:spec.versions[*].{name}": _TWICE for name in _SHARED.values()},
        "spoke:spec.version": _FIRST,
        "spec.conversion.webhook": "v1beta1 has only what is in it",
        "spec.preserveUnknownFields.(zero)": "v1 does not tell zero from absent",
        "spec.scope.(absent)": "it is Namespaced unless said otherwise",
    },
)
"""How a v1beta1 CustomResourceDefinition differs from the hub."""
