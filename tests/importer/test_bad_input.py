"""Whatever a definition file holds, the importer writes modules or says what is wrong."""

from __future__ import annotations

import ast
import copy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.long import examples
from importer import samples
from kconv._errors import KconvError

RICH = samples.with_spec(
    ports={
        "type": "array",
        "items": samples.ref(f"{samples.V1}.CronTabStatus"),
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["replicas"],
        "x-kubernetes-patch-merge-key": "replicas",
        "x-kubernetes-patch-strategy": "merge",
    },
    protocol={"type": "string", "enum": ["TCP"], "default": "TCP", "pattern": ".", "maxLength": 3},
    count={"type": "integer", "format": "int32", "minimum": 0, "exclusiveMinimum": True},
    labels={"type": "object", "additionalProperties": {"type": "string"}},
    inline={"type": "object", "properties": {"a": {"type": "string", "description": "A."}}},
    either={"allOf": [samples.ref(f"{samples.V1}.CronTabStatus")], "default": {}},
)

values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all values in a document, but for the document itself."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for key, inner in items:
        found.append((*path, key))
        if isinstance(inner, dict | list):
            found += places(inner, (*path, key))
    return found


@settings(max_examples=examples(600), deadline=None)
@given(where=st.sampled_from(places(RICH)), value=values)
def test_one_wrong_value(where: tuple[Any, ...], value: Any) -> None:
    document = copy.deepcopy(RICH)
    node: Any = document
    for step in where[:-1]:
        node = node[step]
    node[where[-1]] = value
    try:
        written = samples.files(document)
    except KconvError:
        return
    for source in written.values():
        ast.parse(source)
