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
        has_status = field_at(spoke.schema, (paths.status_replicas.split(".")[0],)) is not None
        # A kind without a status tells of none that run.
        for path in (paths.spec_replicas, *([paths.status_replicas] if has_status else ())):
            if not _may_be_a_number(spoke, tuple(path.split("."))):
                yield _finding(spoke, path, "is no integer of this version")


def _may_be_a_number(spoke: Spoke, steps: tuple[str, ...]) -> bool:
    """Whether there is an integer at a path, or something free-form on the way to it."""
    for length in range(1, len(steps) + 1):
        field = field_at(spoke.schema, steps[:length])
        if field is None:
            return False
        spec = spec_of(field)
        if length < len(steps) and spec.object_type is None:
            return spec.structure == "free"
    return spec.json_type == "integer"


def _finding(spoke: Spoke, path: str, why: str) -> Finding:
    steps = tuple(path.split("."))
    return Finding(steps, INVALID, f"{spoke.gvk}: the subresource scale: {path} {why}")
