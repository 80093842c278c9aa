"""Whether a type has rules about changes, at any depth that they are looked at."""

from __future__ import annotations

from kconv._schema import Type, inherited
from kconv.fields import spec_of


def has_update_rules(schema: type[Type], above: frozenset[type[Type]] = frozenset()) -> bool:
    """Whether a type, or the type of an object within it, has rules about changes.

    As `Type.check_update`, it looks into objects, not into lists and maps.
    """
    if any(True for _ in inherited(schema, "update_rules")):
        return True
    below = above | {schema}
    within = (spec_of(field).object_type for field in schema.instance().wire_fields().values())
    return any(has_update_rules(of, below) for of in within if of is not None and of not in below)
