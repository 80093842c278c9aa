"""Selectable fields that a hub declares and does not have."""

from __future__ import annotations

from collections.abc import Iterator

from kconv._paths import INVALID, Finding
from kconv._scheme.spoke import HubKind
from kconv.edges._plan import field_at
from kconv.fields import spec_of

_COMMON = ("metadata.name", "metadata.namespace")
"""What every kind can be selected by."""


def selectable_problems(kind: HubKind) -> Iterator[Finding]:
    """Findings about selectable fields that do not exist, hold no single value, or come twice."""
    seen = set(_COMMON)
    for declared in kind.options.selectable_fields:
        problem = _problem(kind, declared.steps)
        if declared.name in seen:
            problem = "is declared twice, or is selectable for every kind"
        seen.add(declared.name)
        if problem:
            message = f"hub {kind.group_kind}: the selectable field {declared.name} {problem}"
            yield Finding(declared.steps, INVALID, message)
    for spoke in kind.spokes:
        if spoke.options.selectable_fields:
            message = f"{spoke.gvk}: selectable fields are declared by the hub, for every version"
            yield Finding((), INVALID, message)


def _problem(kind: HubKind, steps: tuple[str, ...]) -> str:
    path = ".".join(steps)
    field = field_at(kind.hub, steps)
    if field is None:
        return f"does not exist: the hub has no field {path}"
    spec = spec_of(field)
    if not spec.any_text and spec.json_type not in ("integer", "boolean"):
        return f"holds no string, integer or boolean ({path})"
    return ""
