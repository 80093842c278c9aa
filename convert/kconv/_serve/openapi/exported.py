"""Schemas of kinds as documents of their own: for editors, for other generators, for linters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kconv._scheme import Spoke
from kconv._serve.openapi.schemas import Schemas

Document = dict[str, Any]

_SCHEMAS = "#/components/schemas/"
_DEFS = "#/$defs/"


def openapi_schemas(spokes: Sequence[Spoke]) -> Document:
    """An OpenAPI 3 document with the schemas of versions of kinds, and no paths."""
    schemas, _ = _collected(spokes)
    return {
        "openapi": "3.0.0",
        "info": {"title": "Kinds", "version": "unversioned"},
        "paths": {},
        "components": {"schemas": schemas.components},
    }


def json_schema(spokes: Sequence[Spoke]) -> Document:
    """A JSON Schema (2020-12) of manifests: an object in any of the versions of the kinds.

    Which one it is its apiVersion and kind say, so that messages are about that one alone.
    """
    schemas, references = _collected(spokes)
    kinds = []
    for spoke, reference in zip(spokes, references, strict=True):
        head = {"apiVersion": spoke.api_version, "kind": spoke.options.kind}
        named = {name: {"const": value} for name, value in head.items()}
        kinds.append((named, _restated(reference)))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "required": ["apiVersion", "kind"],
        "anyOf": [{"properties": named} for named, _ in kinds],
        "allOf": [
            {"if": {"properties": named, "required": [*named]}, "then": reference}
            for named, reference in kinds
        ],
        "$defs": {name: _or_null(_restated(each)) for name, each in schemas.components.items()},
    }


def _collected(spokes: Sequence[Spoke]) -> tuple[Schemas, list[Document]]:
    schemas = Schemas()
    references = []
    for spoke in spokes:
        reference = schemas.ref(spoke.schema)
        gvk = spoke.gvk
        component = schemas.components[str(reference["$ref"]).removeprefix(_SCHEMAS)]
        component["x-kubernetes-group-version-kind"] = [
            {"group": gvk.group, "kind": gvk.kind, "version": gvk.version}
        ]
        references.append(reference)
    return schemas, references


def _restated(schema: Any) -> Any:
    """A schema of OpenAPI 3.0 as one of JSON Schema.

    A null is as good as no field, so fields that need not be there may be null.
    """
    if isinstance(schema, list):
        return [_restated(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {}
    for key, value in schema.items():
        if key in ("default", "enum", "example", "required") or key.startswith("x-"):
            made[key] = value
        elif key == "properties":
            needed = schema.get("required", ())
            made[key] = {
                name: _not_null(_restated(each)) if name in needed else _or_null(_restated(each))
                for name, each in value.items()
            }
        elif key == "$ref":
            made[key] = _DEFS + str(value).removeprefix(_SCHEMAS)
        else:
            made[key] = _restated(value)
    if made.pop("nullable", False) and isinstance(made.get("type"), str):
        made["type"] = [made["type"], "null"]
    return made


def _or_null(schema: Document) -> Document:
    """A schema that also takes null; a reference does, as what it is to does."""
    made = dict(schema)
    if isinstance(made.get("type"), str):
        made["type"] = [made["type"], "null"]
    if "enum" in made and None not in made["enum"]:
        made["enum"] = [*made["enum"], None]
    if "anyOf" in made:
        made["anyOf"] = [*made["anyOf"], {"type": "null"}]
    if "oneOf" in made:
        # What only objects have to have, null has as well, and so more than one.
        made |= {"if": {"type": "null"}, "else": {"oneOf": made.pop("oneOf")}}
    return made


def _not_null(schema: Document) -> Document:
    """A schema that takes no null, though what it refers to does."""
    return schema if "type" in schema else {**schema, "not": {"type": "null"}}
