"""Paths of the subresource ``scale`` that lead to nothing."""

from __future__ import annotations

from collections.abc import Iterator

from kconv._paths import INVALID, Finding
from kconv._scheme.spoke import HubKind, Spoke
from kconv.edges._plan import field_at
from kconv.fields import spec_of


def scale_problems(kind: HubKind) -> Iterator[Finding]:
    """Findings about versions with a scale whose numbers are not where they are said to be."""
    for spoke in kind.spokes:
        if "scale" not in spoke.options.subresources:
            continue
        paths = spoke.options.scale
        if not paths.spec_replicas.startswith("spec."):
            yield _finding(spoke, paths.spec_replicas, "is not within spec")
        for path in (paths.spec_replicas, paths.status_replicas):
            field = field_at(spoke.schema, tuple(path.split(".")))
            if field is None or spec_of(field).json_type != "integer":
                yield _finding(spoke, path, "is no integer of this version")


def _finding(spoke: Spoke, path: str, why: str) -> Finding:
    steps = tuple(path.split("."))
    return Finding(steps, INVALID, f"{spoke.gvk}: the subresource scale: {path} {why}")
