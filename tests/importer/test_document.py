"""The forms that definition files come in, and what is wrong with some."""

from __future__ import annotations

import json
from typing import Any

import pytest

from importer import samples
from kconv._errors import DecodeError, UsageError
from kconv._importer import read_definitions


def test_swagger_and_openapi_3_read_the_same_as_bare_definitions() -> None:
    bare = samples.definitions()
    text = json.dumps(bare).replace("#/definitions/", "#/components/schemas/")
    v3 = json.loads(text)
    for schema in v3.values():
        for prop in schema.get("properties", {}).values():
            if "$ref" in prop:
                prop["allOf"] = [{"$ref": prop.pop("$ref")}]
                prop["default"] = {}
    forms: list[Any] = [
        bare,
        {"swagger": "2.0", "definitions": bare},
        {"openapi": "3.0.0", "components": {"schemas": v3}},
    ]
    first, *others = [samples.files(form) for form in forms]
    assert all(other == first for other in others)
    assert "stable/v1/types/cron_tab.py" in first


def test_the_order_of_the_input_changes_nothing() -> None:
    def reverse(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: reverse(value[key]) for key in reversed(value)}
        return value

    given = samples.definitions()
    assert samples.files(reverse(given)) == samples.files(given)


@pytest.mark.parametrize("data", [b"", b"{", b"nonsense", b"\xff\xfe"])
def test_not_json(data: bytes) -> None:
    with pytest.raises(DecodeError, match=r"api\.json"):
        read_definitions(data, "api.json")


@pytest.mark.parametrize("data", [b"{}", b"[]", b"1", b'{"a": 1}', b'{"definitions": {}}'])
def test_no_definitions(data: bytes) -> None:
    with pytest.raises(UsageError, match=r"api\.json: no OpenAPI definitions"):
        read_definitions(data, "api.json")


def test_dangling_reference_names_definition_and_property() -> None:
    document = samples.with_spec(job=samples.ref("gone.v1.Job"))
    with pytest.raises(UsageError, match=r'CronTabSpec\.job: \$ref to "gone\.v1\.Job"'):
        samples.files(document)


def test_reference_out_of_the_file() -> None:
    document = samples.with_spec(job={"$ref": "https://example.com/job.json"})
    with pytest.raises(UsageError, match=r"CronTabSpec\.job"):
        samples.files(document)


def test_inline_objects_become_classes() -> None:
    target = {"type": "object", "required": ["host"], "properties": {"host": {"type": "string"}}}
    document = samples.with_spec(target=target, more={"type": "array", "items": target})
    source = samples.module(document)
    assert "class CronTabSpecTarget(Type):" in source
    assert "target = Object(CronTabSpecTarget)" in source
    assert "more = List(Object(CronTabSpecMore))" in source


def test_an_inline_object_whose_name_is_taken() -> None:
    document = samples.with_spec(
        target={"type": "object", "properties": {"host": {"type": "string"}}}
    )
    document[f"{samples.V1}.CronTabSpecTarget"] = {"type": "object"}
    with pytest.raises(UsageError, match="CronTabSpecTarget"):
        samples.files(document)


def test_combined_schemas_are_refused() -> None:
    either = {"oneOf": [{"type": "string"}, {"type": "integer"}]}
    with pytest.raises(UsageError, match=r"CronTabSpec\.either: oneOf"):
        samples.files(samples.with_spec(either=either))


def test_int_or_string_of_openapi_3() -> None:
    port = {"oneOf": [{"type": "string"}, {"type": "integer"}], "format": "int-or-string"}
    port |= {"type": "string"}
    assert samples.line(samples.with_spec(port=port), "port") == "IntOrString()"
