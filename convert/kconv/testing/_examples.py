"""Values that a schema gives as examples of a field: ``metadata={"examples": [...]}``.

What tests make up for a field follows from its type; for a field of a user's own, or one with
rules that nothing but its author knows, the examples say what is right.
"""

from __future__ import annotations

from typing import Any

import marshmallow

from kconv.fields import spec_of


def examples_of(field: marshmallow.fields.Field[Any]) -> list[Any]:
    """The examples that a field declares, or else those that its class has; none, mostly."""
    return list(field.metadata.get("examples") or spec_of(field).examples)
