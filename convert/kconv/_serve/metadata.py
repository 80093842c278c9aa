"""Rules about ``metadata`` that hold for every kind.

From ``k8s.io/apimachinery/pkg/api/validation`` and ``k8s.io/apiserver/pkg/registry/rest``.
"""

from __future__ import annotations

import random
import secrets
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from kconv._paths import TOO_LONG, Finding, Path, forbidden, invalid
from kconv._pipeline.view import View
from kconv._scheme import HubKind
from kconv._serve.kind_rules import has_generation, is_namespace
from kconv._serve.names import (
    dns_label_problems,
    label_name_problems,
    label_value_problems,
    subdomain_problems,
)
from kconv._serve.status import name_required
from kconv.fields._time import format_time

ANNOTATIONS_LIMIT = 256 * 1024
_SUFFIX_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
_SUFFIX_LENGTH = 5
_GENERATED_LIMIT = 63 - _SUFFIX_LENGTH

Meta = Mapping[str, Any]


def now() -> datetime:
    """The present, in UTC."""
    return datetime.now(UTC)


def generate_name(prefix: str) -> str:
    """A name from a ``generateName``: the prefix, cut so that all fits in 63, and 5 letters."""
    suffix = "".join(secrets.choice(_SUFFIX_ALPHABET) for _ in range(_SUFFIX_LENGTH))
    return prefix[:_GENERATED_LIMIT] + suffix


def begin(meta: View, namespace: str, kind: HubKind, when: datetime) -> View:
    """The metadata of a new object: what only the server says is set, or taken out."""
    fresh = meta.copied()
    for key in ("deletionTimestamp", "deletionGracePeriodSeconds", "generation", "selfLink"):
        fresh.pop(key, None)
    if not fresh.get("name") and fresh.get("generateName"):
        fresh["name"] = generate_name(fresh["generateName"])
    if namespace:
        fresh["namespace"] = namespace
    # Unique, and no secret: the system's own source of randomness takes ten times as long.
    fresh["uid"] = str(uuid.UUID(int=random.getrandbits(128), version=4))
    fresh["creationTimestamp"] = format_time(when)
    if has_generation(kind):
        fresh["generation"] = 1
    return fresh


_KEPT = (
    "namespace",
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generation",
    "generateName",
)


def carry_over(meta: View, old: Meta) -> View:
    """The metadata of an update: what clients cannot change stays as it was."""
    merged = meta.copied()
    merged.pop("selfLink", None)
    merged.pop("resourceVersion", None)
    for key in _KEPT:
        if key in old:
            merged[key] = old[key]
        else:
            merged.pop(key, None)
    if "managedFields" not in merged and "managedFields" in old:
        merged["managedFields"] = old["managedFields"]
    return merged


def check_metadata(meta: Meta, kind: HubKind) -> Iterator[Finding]:
    """Everything that is wrong with the metadata of an object to be written."""
    at: Path = ("metadata",)
    name, prefix = meta.get("name") or "", meta.get("generateName") or ""
    problems_of = dns_label_problems if is_namespace(kind) else subdomain_problems
    if prefix:
        for problem in problems_of(prefix.rstrip("-.") if len(prefix) > 1 else prefix):
            yield invalid((*at, "generateName"), prefix, problem)
    if not name:
        yield name_required()
    else:
        for problem in problems_of(name):
            yield invalid((*at, "name"), name, problem)
    if meta.get("namespace") and not kind.namespaced:
        yield forbidden((*at, "namespace"), "not allowed on this type")
    yield from _labels(meta.get("labels") or {})
    yield from _annotations(meta.get("annotations") or {})
    for index, finalizer in enumerate(meta.get("finalizers") or ()):
        for problem in label_name_problems(finalizer):
            yield invalid((*at, "finalizers", index), finalizer, problem)
    for index, owner in enumerate(meta.get("ownerReferences") or ()):
        for key in ("apiVersion", "kind", "name", "uid"):
            if not View(owner).get(key):
                path = (*at, "ownerReferences", index, key)
                yield invalid(path, "", f"{key} must not be empty")


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
