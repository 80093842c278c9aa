"""Whether a type has rules about changes, at any depth that they are looked at."""

from __future__ import annotations

from kconv._schema import Type, inherited
from kconv.fields import Object


def has_update_rules(schema: type[Type], above: frozenset[type[Type]] = frozenset()) -> bool:
    """Whether a type, or the type of an object within it, has rules about changes.

    As `Type.check_update`, it looks into objects, not into lists and maps.
    """
    if any(True for _ in inherited(schema, "update_rules")):
        return True
    below = above | {schema}
    return any(
        has_update_rules(field.type, below)
        for field in schema.instance().wire_fields().values()
        if isinstance(field, Object) and field.type not in below
    )
