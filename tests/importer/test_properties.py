"""Each kind of property, and the field it becomes."""

from __future__ import annotations

from typing import Any

import pytest

from importer import samples
from kconv._errors import UsageError
from kconv._importer import Overlay

STRING = {"type": "string"}
DURATION = samples.ref(f"{samples.META}.Duration")


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (STRING, "String()"),
        ({"type": "string", "format": "byte"}, "Bytes()"),
        ({"type": "string", "format": "date-time"}, "Time()"),
        ({"type": "string", "format": "uri"}, "String()"),
        ({"type": "string", "enum": ["A", "B"]}, 'String(enum=("A", "B"))'),
        ({"type": "string", "enum": ["A"]}, 'String(enum=("A",))'),
        ({"type": "string", "pattern": r'^"\d'}, r"""String(pattern='^"\\d')"""),
        (
            {"type": "string", "minLength": 1, "maxLength": 9},
            "String(min_length=1, max_length=9)",
        ),
        ({"type": "integer"}, "Integer()"),
        ({"type": "integer", "format": "int32"}, "Int32()"),
        (
            {"type": "integer", "format": "int64", "minimum": 0, "maximum": 5},
            "Int64(minimum=0, maximum=5)",
        ),
        ({"type": "integer", "minimum": 0, "exclusiveMinimum": True}, "Integer(minimum=1)"),
        ({"type": "number", "format": "double"}, "Double()"),
        ({"type": "number", "minimum": 0.5}, "Double(minimum=0.5)"),
        ({"type": "boolean"}, "Boolean()"),
        (
            {
                "type": "object",
                "additionalProperties": STRING,
                "x-kubernetes-map-type": "atomic",
            },
            'Map(String(), map_type="atomic")',
        ),
        (
            {
                "type": "object",
                "additionalProperties": STRING,
                "x-kubernetes-map-type": "granular",
            },
            "Map(String())",
        ),
        ({"type": "object"}, "FreeForm(object_only=True)"),
        ({}, "FreeForm()"),
        (
            {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
            "FreeForm(object_only=True)",
        ),
        ({"type": "object", "additionalProperties": STRING}, "Map(String())"),
        ({"type": "object", "additionalProperties": True}, "FreeForm(object_only=True)"),
        ({"type": "array", "items": {"type": "integer", "format": "int32"}}, "List(Int32())"),
        ({"x-kubernetes-int-or-string": True}, "IntOrString()"),
        (samples.ref(f"{samples.V1}.CronTabStatus"), "Object(CronTabStatus)"),
        ({"type": "string", "default": "TCP"}, 'String(load_default="TCP")'),
        ({"type": "integer", "default": 0}, "Integer()"),
        ({"type": "integer", "default": 7}, "Integer(load_default=7)"),
        ({"type": "string", "deprecated": True}, 'String(metadata={"deprecated": True})'),
        (
            {"type": "string", "description": "What it is."},
            'String(metadata={"description": "What it is."})',
        ),
        (
            {"type": "array", "items": STRING, "default": ["a"]},
            'List(String(), load_default=lambda: ["a"])',
        ),
    ],
)
def test_field(schema: dict[str, Any], expected: str) -> None:
    assert samples.line(samples.with_spec(it=schema), "it") == expected


def test_list_types_and_merge_keys() -> None:
    schema = {
        "type": "array",
        "items": samples.ref(f"{samples.V1}.CronTabStatus"),
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["name", "port"],
        "x-kubernetes-patch-merge-key": "name",
        "x-kubernetes-patch-strategy": "merge,retainKeys",
    }
    assert samples.line(samples.with_spec(it=schema), "it") == (
        'List(Object(CronTabStatus), list_type="map", map_keys=("name", "port"), '
        'merge_key="name", patch_strategy="merge,retainKeys")'
    )


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "text"},
        {"type": "string", "format": "roman"},
        {"type": "integer", "format": "int7"},
        {"type": "array"},
        {"type": "array", "items": STRING, "x-kubernetes-list-type": "bag"},
        {"type": "integer", "default": "1"},
        {"type": "integer", "default": True},
        {"type": "integer", "minimum": "1"},
        {"type": "string", "enum": [1]},
        "string",
    ],
)
def test_what_has_no_field_names_definition_and_property(schema: Any) -> None:
    with pytest.raises(UsageError, match=r"CronTabSpec\.it\b"):
        samples.files(samples.with_spec(it=schema))


def test_a_definition_that_is_only_itself() -> None:
    document = samples.with_spec(it=samples.ref("loop.v1.A"))
    document["loop.v1.A"] = samples.ref("loop.v1.B")
    document["loop.v1.B"] = samples.ref("loop.v1.A")
    with pytest.raises(UsageError, match=r"CronTabSpec\.it"):
        samples.files(document)


def test_aliases_are_followed() -> None:
    document = samples.with_spec(it=samples.ref("alias.v1.Names"))
    document["alias.v1.Names"] = {"type": "array", "items": samples.ref("alias.v1.Name")}
    document["alias.v1.Name"] = {"type": "string", "enum": ["a"]}
    assert samples.line(document, "it") == 'List(String(enum=("a",)))'


def test_required_fields_and_zero_defaults() -> None:
    document = samples.definitions()
    assert samples.line(document, "schedule") == "String(required=True)"
    assert samples.line(document, "replicas") == "Int32(required=True)"
    assert samples.line(document, "paused") == "Boolean()"
    status = samples.module(document).split("class CronTabStatus")[1]
    assert "replicas = Int32(load_default=0)" in status


def test_overlay_defaults_are_filled_in_although_zero() -> None:
    spec = {
        "paused": {"x-kconv-default": False},
        "replicas": {"x-kconv-default": 0, "minimum": 0},
        "schedule": {"default": "@daily"},
    }
    overlay = Overlay(definitions={f"{samples.V1}.CronTabSpec": {"properties": spec}})
    document = samples.definitions()
    assert samples.line(document, "paused", overlay=overlay) == "Boolean(load_default=False)"
    assert samples.line(document, "schedule", overlay=overlay) == 'String(load_default="@daily")'
    assert (
        samples.line(document, "replicas", overlay=overlay)
        == "Int32(minimum=0, required=True, load_default=0)"
    )


def test_objects_that_name_others() -> None:
    pointer = {"apiVersion": STRING, "kind": STRING}
    marked = {**samples.ref("alias.v1.Pointer"), "x-kconv-reference": True}
    document = samples.with_spec(
        it=marked,
        described={**marked, "description": "Which."},
        others={"type": "array", "items": marked},
        named={"type": "object", "additionalProperties": marked},
    )
    document["alias.v1.Pointer"] = {"type": "object", "properties": pointer}
    field = 'Object(Pointer, metadata={"reference": True})'
    assert samples.line(document, "it") == field
    assert samples.line(document, "others") == f"List({field})"
    assert samples.line(document, "named") == f"Map({field})"
    assert '"reference": True, "description": "Which."' in samples.module(document)
    spec = document[f"{samples.V1}.CronTabSpec"]["properties"]
    document["alias.v1.Alias"] = samples.ref("alias.v1.Pointer")
    spec["it"] = samples.ref("alias.v1.Alias")
    assert samples.line(document, "it") == "Object(Pointer)"
    spec["it"]["x-kconv-reference"] = True
    assert samples.line(document, "it") == field
    spec["it"].pop("x-kconv-reference")
    document["alias.v1.Pointer"]["x-kconv-reference"] = True
    assert samples.line(document, "it") == field
    document["alias.v1.Pointer"]["properties"].pop("kind")
    with pytest.raises(UsageError, match="is for objects with apiVersion and kind"):
        samples.files(document)


def test_required_without_a_property() -> None:
    document = samples.definitions()
    document[f"{samples.V1}.CronTabSpec"]["required"].append("gone")
    with pytest.raises(UsageError, match='CronTabSpec: requires "gone"'):
        samples.files(document)
