"""Rules of claims of volumes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kconv import Finding, MapKey, Path, forbidden, invalid, not_supported, required
from kconv.fields import quantity_value
from kconv.names import subdomain_problems
from kconv_schemas.core.names import annotation_keys, label_selector, labels, named

Value = Mapping[str, Any]

_MODES = ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")
_UID = "uID"
"""How Kubernetes writes the path of the uid there."""


def check_template_metadata(value: Value, path: Path) -> Iterator[Finding]:
    """A template says labels and annotations, and nothing that only an object has."""
    yield from labels((*path, "labels"), value.get("labels"))
    yield from annotation_keys((*path, "annotations"), value.get("annotations"))
    for name, given in value.items():
        if name not in ("labels", "annotations") and given:
            yield forbidden((*path, _UID if name == "uid" else name), "cannot be set")


def check_claim(value: Value, path: Path) -> Iterator[Finding]:
    """A claim says how much, and how it is to be mounted."""
    modes = value.get("accessModes") or ()
    if not modes:
        yield required((*path, "accessModes"), "at least 1 access mode is required")
    for mode in modes:
        if mode not in _MODES:
            yield not_supported((*path, "accessModes"), mode, _MODES)
    if "ReadWriteOncePod" in modes and len(modes) > 1:
        message = "may not use ReadWriteOncePod with other access modes"
        yield forbidden((*path, "accessModes"), message)
    yield from label_selector((*path, "selector"), value.get("selector"))
    size = ((value.get("resources") or {}).get("requests") or {}).get("storage")
    at = (*path, "resources", MapKey("storage"))
    if size is None:
        yield required(at)
    elif quantity_value(size) <= 0:
        yield invalid(at, size, "must be greater than zero")
    for name in ("storageClassName", "volumeAttributesClassName"):
        if value.get(name):
            yield from named((*path, name), value[name], subdomain_problems)
    source, reference = value.get("dataSource"), value.get("dataSourceRef")
    for name, of in (("dataSource", source), ("dataSourceRef", reference)):
        if of is not None:
            yield from _source(of, (*path, name))
    if source is not None and reference is not None and {**source} != {**reference}:
        yield invalid(path, dict(source), "must match dataSourceRef")


def _source(value: Value, path: Path) -> Iterator[Finding]:
    group, kind = value.get("apiGroup") or "", value.get("kind") or ""
    if not group and kind and kind != "PersistentVolumeClaim":
        message = "must be 'PersistentVolumeClaim' when referencing the default apiGroup"
        yield invalid(path, kind, message)
    if group:
        yield from named((*path, "apiGroup"), group, subdomain_problems)
