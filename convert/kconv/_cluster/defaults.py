"""Defaults of structural schemas.

An object that was converted has no defaults of the version that it was converted to; once it is
stored in that version, it has them whenever it is read. So what is compared has them first.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

Schema = Mapping[str, Any]


def with_defaults(value: Any, schema: Schema) -> Any:
    """A value with what its schema fills in, as the API server does when it reads it from storage.

    A null in a field that is not nullable, and has a default, is as good as none.
    """
    if not schema:
        return value
    if isinstance(value, dict):
        properties = schema.get("properties")
        others = schema.get("additionalProperties")
        made = dict(value)
        if isinstance(properties, dict):
            for name, inner in properties.items():
                if _is_left_to_default(made, name, inner):
                    made[name] = deepcopy(inner["default"])
                if name in made:
                    made[name] = with_defaults(made[name], inner)
        if isinstance(others, dict):
            known = properties or {}
            for name in made.keys() - known.keys():
                made[name] = with_defaults(made[name], others)
        return made
    items = schema.get("items")
    if isinstance(value, list) and isinstance(items, dict):
        return [with_defaults(each, items) for each in value]
    return value


def only_defaults(schema: Schema) -> Schema:
    """A schema without what `with_defaults` has nothing to do for; empty where that is all."""
    properties, others = schema.get("properties"), schema.get("additionalProperties")
    found: dict[str, Any] = {}
    if isinstance(others, dict) and (kept := only_defaults(others)):
        found["additionalProperties"] = kept
    if isinstance(properties, dict):
        inner = {name: _kept(each) for name, each in properties.items()}
        # Beside additionalProperties it counts which names there are.
        found["properties"] = {
            name: each for name, each in inner.items() if each or "additionalProperties" in found
        }
    items = schema.get("items")
    if isinstance(items, dict) and (kept := only_defaults(items)):
        found["items"] = kept
    return {name: each for name, each in found.items() if each}


def _kept(schema: Schema) -> Schema:
    own = {"default": schema["default"]} if "default" in schema else {}
    if own and schema.get("nullable"):
        own["nullable"] = True
    return {**own, **only_defaults(schema)}


def _is_left_to_default(value: Mapping[str, Any], name: str, schema: Schema) -> bool:
    if "default" not in schema:
        return False
    return name not in value or (value[name] is None and not schema.get("nullable"))
