"""Rules about ``metadata`` that hold for every kind.

From ``k8s.io/apimachinery/pkg/api/validation``, and for Kubernetes' own kinds from
``k8s.io/kubernetes/pkg/apis/core/validation``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from kconv._known_texts import KnownTexts
from kconv._paths import TOO_LONG, Finding, Path, forbidden, invalid
from kconv._pipeline.view import View
from kconv._scheme import HubKind
from kconv._verbs.field_managers import field_manager_finding
from kconv._verbs.kind_rules import is_kubernetes, is_named_freely, is_namespace
from kconv._verbs.propagation import FOREGROUND, ORPHAN
from kconv._verbs.refusal import name_required
from kconv.names import (
    dns_label_problems,
    label_name_problems,
    label_value_problems,
    path_segment_problems,
    subdomain_problems,
)

ANNOTATIONS_LIMIT = 256 * 1024
_SUBRESOURCE_LIMIT = 256
_STANDARD_FINALIZERS = ("kubernetes", ORPHAN, FOREGROUND)

Meta = Mapping[str, Any]


def check_metadata(meta: Meta, kind: HubKind) -> Iterator[Finding]:
    """Everything that is wrong with the metadata of an object to be written."""
    at: Path = ("metadata",)
    name, prefix = meta.get("name") or "", meta.get("generateName") or ""
    problems_of = _problems_of_names(kind)
    if prefix:
        # What is appended makes a dash at its end good.
        begins = prefix[:-2] + "a" if len(prefix) > 1 and prefix.endswith("-") else prefix
        for problem in problems_of(begins):
            yield invalid((*at, "generateName"), prefix, problem)
    if not name:
        yield name_required()
    else:
        for problem in problems_of(name):
            yield invalid((*at, "name"), name, problem)
    if meta.get("namespace") and not kind.namespaced:
        yield forbidden((*at, "namespace"), "not allowed on this type")
    yield from _check_parts([meta.get(part) for part in _PARTS], kind)


_PARTS = ("labels", "annotations", "ownerReferences", "finalizers")
_fine: KnownTexts[bool] = KnownTexts()
"""Those parts of metadata, and whether they were of Kubernetes' own kind, that break no rule."""


def _check_parts(parts: list[Any], kind: HubKind) -> Iterator[Finding]:
    """What is wrong with the parts of metadata that objects of one make have in common."""
    if not any(parts):
        return
    text = _encode([*parts, is_kubernetes(kind)]) if _fine.is_of_use() else None
    if text is not None and _fine.get(text):
        return
    labels, annotations, owners, finalizers = parts
    found = [
        *_labels(labels or {}),
        *_annotations(annotations or {}),
        *_owners(owners or ()),
        *_finalizers(finalizers or (), kind),
    ]
    if text is not None and not found:
        _fine.keep(text, True)
    yield from found


_encode = msgspec.json.Encoder().encode


def _problems_of_names(kind: HubKind) -> Callable[[str], list[str]]:
    if is_namespace(kind):
        return dns_label_problems
    return path_segment_problems if is_named_freely(kind) else subdomain_problems


def check_metadata_update(meta: Meta, old: Meta, kind: HubKind) -> Iterator[Finding]:
    """Everything that is wrong with the metadata of an update."""
    yield from check_metadata(meta, kind)
    if old.get("deletionTimestamp"):
        had = old.get("finalizers") or ()
        added = [name for name in meta.get("finalizers") or () if name not in had]
        if added:
            listed = ", ".join(f'"{name}"' for name in added)
            yield forbidden(
                ("metadata", "finalizers"),
                "no new finalizers can be added if the object is being deleted, found new "
                f"finalizers []string{{{listed}}}",
            )


def check_entries(entries: Sequence[Meta]) -> Iterator[Finding]:
    """What is wrong with managedFields whose owners make sense."""
    for index, entry in enumerate(entries):
        path: Path = ("metadata", "managedFields", index)
        if (found := field_manager_finding(entry.get("manager") or "")) is not None:
            yield replace(found, path=(*path, "manager"))
        if len((entry.get("subresource") or "").encode()) > _SUBRESOURCE_LIMIT:
            why = f"Too long: may not be more than {_SUBRESOURCE_LIMIT} bytes"
            yield Finding((*path, "subresource"), TOO_LONG, why)


def _labels(labels: Mapping[str, str]) -> Iterator[Finding]:
    path: Path = ("metadata", "labels")
    for key, value in labels.items():
        for problem in label_name_problems(key):
            yield invalid(path, key, problem)
        for problem in label_value_problems(value):
            yield invalid(path, value, problem)


def _annotations(annotations: Mapping[str, str]) -> Iterator[Finding]:
    path: Path = ("metadata", "annotations")
    total = 0
    for key, value in annotations.items():
        for problem in label_name_problems(key.lower()):
            yield invalid(path, key, problem)
        total += len(key.encode()) + len(value.encode())
    if total > ANNOTATIONS_LIMIT:
        yield Finding(path, TOO_LONG, f"Too long: may not be more than {ANNOTATIONS_LIMIT} bytes")


def _owners(owners: Any) -> Iterator[Finding]:
    """Kubernetes names no index of an owner."""
    path: Path = ("metadata", "ownerReferences")
    controller = ""
    for each in owners:
        owner = View(each)
        api_version = owner.get("apiVersion") or ""
        version = api_version.rpartition("/")[2] if api_version.count("/") <= 1 else ""
        if not version:
            problem = "version must not be empty"
            yield invalid((*path, "apiVersion"), api_version, problem)
        for key in ("kind", "name", "uid"):
            if not owner.get(key):
                yield invalid((*path, key), "", "must not be empty")
        if (api_version, owner.get("kind")) == ("v1", "Event"):
            yield invalid(
                path,
                msgspec.to_builtins(owner.native),
                "/v1, Kind=Event is disallowed from being an owner",
            )
        if owner.get("controller"):
            this = f"{owner.get('kind') or ''}/{owner.get('name') or ''}"
            if controller:
                yield invalid(
                    path,
                    msgspec.to_builtins(owners),
                    'Only one reference can have Controller set to true. Found "true" in '
                    f"references for {controller} and {this}",
                )
            else:
                controller = this


def _finalizers(finalizers: Any, kind: HubKind) -> Iterator[Finding]:
    path: Path = ("metadata", "finalizers")
    for index, name in enumerate(finalizers):
        for problem in label_name_problems(name):
            yield invalid(path, name, problem)
        if is_kubernetes(kind) and "/" not in name and name not in _STANDARD_FINALIZERS:
            problem = "name is neither a standard finalizer name nor is it fully qualified"
            yield invalid((*path, index), name, problem)
    if ORPHAN in finalizers and FOREGROUND in finalizers:
        problem = f"finalizer {ORPHAN} and {FOREGROUND} cannot be both set"
        yield invalid(path, list(finalizers), problem)
