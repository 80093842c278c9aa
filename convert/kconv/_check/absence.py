"""What becomes of a field that a client leaves out."""

from __future__ import annotations

from kconv._check.change import Types
from kconv._check.lock import FieldLock


def refused_when_absent(
    field: FieldLock, types: Types, inside: frozenset[str] = frozenset()
) -> bool:
    """Whether an object without the field is refused, its defaults considered."""
    required = bool(field.facts.get("required"))
    if "computedDefault" in field.facts:
        return False
    if "default" not in field.facts or field.facts["default"] is None:
        return required
    default = field.facts["default"]
    if required and default in ("", []) and field.type in ("string", "list"):
        return True
    if field.type != "object" or not isinstance(default, dict) or field.of in inside:
        return False
    within = types.get(field.of)
    return within is not None and any(
        refused_when_absent(inner, types, inside | {field.of})
        for name, inner in within.fields.items()
        if name not in default and name not in filled_in(types, field.of)
    )


def filled_in(types: Types, name: str) -> set[str]:
    """The fields of a type that the group's functions fill in, as far as its lock says."""
    return {path for facts in types[name].computed.values() for path in facts}
