"""Defaults of structural schemas."""

from __future__ import annotations

import copy
from typing import Any

from kconv._structural.schemas import Schema, inner, items, properties


def with_defaults(value: Any, schema: Schema) -> None:
    """Fill in, in place, what is absent and has a default.

    A null of a field that takes none counts as absent where there is a default.
    """
    if isinstance(value, dict):
        for name, field in properties(schema).items():
            if "default" not in field:
                continue
            if name not in value or (value[name] is None and not field.get("nullable")):
                value[name] = copy.deepcopy(field["default"])
        for name, each in value.items():
            below = inner(schema, name)
            if below is not None and isinstance(each, dict | list):
                with_defaults(each, below)
    elif isinstance(value, list):
        element = items(schema)
        for each in value:
            with_defaults(each, element)
