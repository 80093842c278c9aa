"""Metadata of custom resources is taken as it is only where loading would make the same of it."""

from __future__ import annotations

import json
from typing import Any

import marshmallow
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.long import LONG
from kconv._structural.metadata import load
from kconv.fields._base import reading_stored
from kconv.meta import ObjectMeta

TEXTS = st.sampled_from(["", "a", "b-1", "é", "2026-01-02T03:04:05Z"])
TIMES = st.sampled_from(
    ["2026-01-02T03:04:05Z", "2024-02-29T00:00:00Z", "2023-02-29T00:00:00Z", "0001-01-01T00:00:00Z",
     "2026-01-02T03:04:05.5Z", "2026-01-02T03:04:05+02:00", "2026-01-02T3:04:05Z",
     "2026-01-02T03:04:05Z\n", "", "never"]
)  # fmt: skip
NUMBERS = st.sampled_from([0, 1, -1, 2**63 - 1, 2**63, 1.0, 1.5, True])
MAPS = st.dictionaries(TEXTS, TEXTS, max_size=2)
ODD = st.sampled_from([None, 1, "text", [], {}, [None], {"a": 1}, {"a": None}])


def _of(parts: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """Some of these fields, in any order, and now and then one that is odd or unknown."""
    fields = {name: st.one_of(*[each] * 15, ODD) for name, each in parts.items()}
    fields["unknown"] = ODD
    return st.lists(st.sampled_from(sorted(fields)), unique=True, max_size=6).flatmap(
        lambda names: st.fixed_dictionaries({name: fields[name] for name in names})
    )


ENTRIES = _of(
    {"manager": TEXTS, "operation": TEXTS, "apiVersion": TEXTS, "time": TIMES, "fieldsType": TEXTS,
     "fieldsV1": st.sampled_from([{}, {"f:spec": {".": {}, "f:a": {}}}]), "subresource": TEXTS}
)  # fmt: skip
OWNERS = st.fixed_dictionaries(
    {"uid": TEXTS, "apiVersion": TEXTS, "kind": TEXTS, "name": TEXTS},
    optional={"controller": st.booleans(), "blockOwnerDeletion": st.booleans(), "unknown": ODD},
)
METADATA = _of(
    {"name": TEXTS, "namespace": TEXTS, "generateName": TEXTS, "uid": TEXTS, "selfLink": TEXTS,
     "resourceVersion": TEXTS, "labels": MAPS, "annotations": MAPS, "generation": NUMBERS,
     "creationTimestamp": TIMES, "deletionTimestamp": TIMES, "deletionGracePeriodSeconds": NUMBERS,
     "finalizers": st.lists(TEXTS, max_size=3), "ownerReferences": st.lists(OWNERS, max_size=2),
     "managedFields": st.lists(ENTRIES, max_size=2)}
)  # fmt: skip


def _loaded(load_: Any, raw: dict[str, Any]) -> str:
    """What is made of metadata, in its order; or what is wrong with it."""
    try:
        return json.dumps(load_(raw))
    except marshmallow.ValidationError as error:
        return f"refused: {error.messages}"


@settings(max_examples=3_000 if LONG else 200, deadline=None)
@given(METADATA, st.booleans(), st.booleans())
def test_it_is_loaded_as_its_type_does(raw: dict[str, Any], is_own: bool, stored: bool) -> None:
    text = json.dumps(raw)
    with reading_stored(stored):
        expected = _loaded(ObjectMeta.instance().load, json.loads(text))
        assert _loaded(lambda value: load(value, is_own=is_own), raw) == expected
    assert json.dumps(raw) == text


@pytest.mark.parametrize("field", ["labels", "managedFields", "finalizers"])
def test_what_others_have_is_copied(field: str) -> None:
    parts: dict[str, Any] = {
        "labels": {"a": "1"},
        "managedFields": [{"manager": "m", "fieldsV1": {"f:spec": {}}}],
        "finalizers": ["f"],
    }
    raw = {field: parts[field]}
    before = json.dumps(raw)
    made = load(raw)[field]
    inner = made[0]["fieldsV1"] if field == "managedFields" else made
    inner.clear()
    assert json.dumps(raw) == before
