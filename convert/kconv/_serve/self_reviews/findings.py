"""What is wrong with a question of what somebody may do.

As Kubernetes' ``ValidateSelfSubjectAccessReview``, ``ValidateSubjectAccessReview`` and
``ValidateLocalSubjectAccessReview``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kconv._paths import Finding, invalid, required

Document = Mapping[str, Any]


def of_access_review(kind: str, given: Document, namespace: str) -> Iterator[Finding]:
    """Of a review of any of the three kinds; ``namespace`` is where a local one is posted."""
    spec = given.get("spec") or {}
    resource, path = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
    if resource is not None and path is not None:
        where = ("spec", "nonResourceAttributes")
        words = "cannot be specified in combination with resourceAttributes"
        yield invalid(where, _shown(path), words)
    if resource is None and path is None:
        words = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
        yield invalid(("spec", "resourceAttributes"), None, words)
    if kind != "SelfSubjectAccessReview" and not spec.get("user") and not spec.get("groups"):
        yield invalid(("spec", "user"), "", "at least one of user or group must be specified")
    for name in ("fieldSelector", "labelSelector"):
        selector = (resource or {}).get(name)
        if selector is not None:
            yield from _of_selector(("spec", "resourceAttributes", name), selector)
    known = {"managedFields", *(["namespace"] if namespace else [])}
    metadata = {
        key: value for key, value in (given.get("metadata") or {}).items() if key not in known
    }
    if metadata:
        words = "must be empty except for namespace" if namespace else "must be empty"
        yield invalid(("metadata",), metadata, words)
    if namespace:
        yield from _of_place(resource, path, namespace)


def _of_place(
    resource: Document | None, path: Document | None, namespace: str
) -> Iterator[Finding]:
    if resource is not None and resource.get("namespace", "") != namespace:
        where = ("spec", "resourceAttributes", "namespace")
        yield invalid(where, resource.get("namespace", ""), "must match metadata.namespace")
    if path is not None:
        words = "disallowed on this kind of request"
        yield invalid(("spec", "nonResourceAttributes"), _shown(path), words)


def _of_selector(path: tuple[str, ...], selector: Document) -> Iterator[Finding]:
    raw, requirements = selector.get("rawSelector"), selector.get("requirements")
    if raw and requirements:
        words = "may not specified at the same time as requirements"
        yield invalid((*path, "rawSelector"), raw, words)
    if not raw and not requirements:
        words = f"when {'.'.join(path)} is specified, requirements or rawSelector is required"
        yield required((*path, "requirements"), words)


def _shown(path: Document) -> Document:
    return {"Path": path.get("path", ""), "Verb": path.get("verb", "")}
