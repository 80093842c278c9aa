"""Defaults of structural schemas.

The API server fills them in whenever it reads an object. One that was converted has none of the
version that it was converted to; once it is stored in that version, it has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from kconv._structural.schemas import Schema, items, properties, takes_null


def with_defaults(value: Any, schema: Schema) -> Any:
    """A value with what its schema fills in; what stays as it is is shared with the one given.

    A null counts as absent where there is a default, and there may be none.
    """
    if not schema:
        return value
    if isinstance(value, dict):
        made = dict(value)
        known = properties(schema)
        for name, field in known.items():
            if name in made:
                made[name] = _filled(made[name], field)
            elif has_default(field):
                made[name] = with_defaults(deepcopy(field["default"]), field)
        others = schema.get("additionalProperties")
        if isinstance(others, Mapping):
            for name in made.keys() - known.keys():
                made[name] = _filled(made[name], others)
        return made
    if isinstance(value, list) and (element := items(schema)):
        return [_filled(each, element) for each in value]
    return value


def _filled(value: Any, schema: Schema) -> Any:
    if value is None and has_default(schema) and not takes_null(schema):
        value = deepcopy(schema["default"])
    return with_defaults(value, schema)


def has_default(schema: Schema) -> bool:
    """Whether there is something to fill in; a default of null is none."""
    return schema.get("default") is not None


def only_defaults(schema: Schema) -> Schema:
    """A schema without what `with_defaults` has nothing to do for; empty where that is all."""
    if not schema:
        return {}
    others = schema.get("additionalProperties")
    found: dict[str, Any] = {}
    if isinstance(others, Mapping) and (kept := _kept(others)):
        found["additionalProperties"] = kept
    inner = {name: _kept(each) for name, each in properties(schema).items()}
    # Beside additionalProperties it counts which names there are.
    found["properties"] = {
        name: each for name, each in inner.items() if each or "additionalProperties" in found
    }
    found["items"] = _kept(items(schema))
    return {name: each for name, each in found.items() if each}


def _kept(schema: Schema) -> Schema:
    kept = only_defaults(schema)
    if not has_default(schema):
        return kept
    nullable = {"nullable": True} if takes_null(schema) else {}
    return {"default": schema["default"], **nullable, **kept}
