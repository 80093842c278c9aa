"""OpenAPI definition files: the forms they come in, brought to one.

Read are a bare map of definitions (a name to a schema), a Swagger 2 document (``definitions``)
and an OpenAPI 3 document (``components.schemas``). Afterwards a reference is
``{"$ref": "<definition>"}`` whatever it looked like, and no property holds the properties of an
object of its own: those have become definitions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kconv._codec import json
from kconv._errors import DecodeError, UsageError
from kconv._importer.keywords import checked

Schema = dict[str, Any]
"""One OpenAPI schema."""

Definitions = dict[str, Schema]
"""Schemas by the full name of their definition."""

_PREFIXES = ("#/definitions/", "#/components/schemas/")
_DEFAULTS = ("default", "x-kconv-default")
_WRAPPERS = ("allOf", "oneOf", "anyOf")


def read_definitions(data: bytes, source: str) -> Definitions:
    """The definitions in the bytes of a definition file; ``source`` names it in errors.

    Raises `DecodeError` for what is not JSON and `UsageError` for JSON without definitions.
    """
    try:
        document = json.decode(data)
    except DecodeError as error:
        raise DecodeError(f"{source}: not JSON: {error.message}") from error
    found = _definitions_of(document)
    if not found:
        raise UsageError(f"{source}: no OpenAPI definitions in this file")
    return {name: found[name] for name in sorted(found)}


def _definitions_of(document: Any) -> Definitions:
    if not isinstance(document, dict):
        return {}
    components = document.get("components")
    if isinstance(components, dict) and isinstance(components.get("schemas"), dict):
        candidates = components["schemas"]
    elif isinstance(document.get("definitions"), dict) and "properties" not in document:
        candidates = document["definitions"]
    else:
        candidates = document
    if not all(isinstance(schema, dict) for schema in candidates.values()):
        return {}
    return dict(candidates)


def normalise(definitions: Mapping[str, Schema]) -> Definitions:
    """Definitions with plain references, inline objects made definitions of their own.

    An inline object is named after its definition and property: ``CronTabSpecTarget``. Raises
    `UsageError`, naming definition and property, for a reference out of the file or to nothing,
    and for schemas that are combined from several.
    """
    result: Definitions = {}
    for name in sorted(definitions):
        _Normaliser(definitions, result).define(name, definitions[name])
    for name, schema in result.items():
        for path, target in references(schema):
            if target not in result:
                raise UsageError(f'{name}{path}: $ref to "{target}", which is not in the file')
    return {name: result[name] for name in sorted(result)}


def references(schema: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Each reference in a normalised schema: the path to it, as text, and its definition."""
    if not isinstance(schema, dict):
        return
    if isinstance(schema.get("$ref"), str):
        yield path, schema["$ref"]
    for name, inner in properties_of(schema).items():
        yield from references(inner, f"{path}.{name}")
    for key in ("items", "additionalProperties"):
        yield from references(schema.get(key), path + ("[]" if key == "items" else "[*]"))


def properties_of(schema: Schema) -> dict[str, Schema]:
    """The properties of a schema, sorted by name; none is an empty dict."""
    properties = schema.get("properties")
    if not isinstance(properties, dict):
        return {}
    return {name: properties[name] for name in sorted(properties)}


class _Normaliser:
    """Normalises one definition after the other into ``result``."""

    def __init__(self, given: Mapping[str, Schema], result: Definitions) -> None:
        self.given = given
        self.result = result

    def define(self, name: str, schema: Schema) -> None:
        normal = self._plain(schema, name)
        normal["properties"] = self._properties(normal, name)
        if not normal["properties"]:
            del normal["properties"]
        for key in ("items", "additionalProperties"):
            if isinstance(normal.get(key), dict):
                normal[key] = self._schema(normal[key], name, "item")
        self.result[name] = normal

    def _properties(self, schema: Schema, owner: str) -> dict[str, Schema]:
        properties = schema.get("properties")
        if properties is None:
            return {}
        return {name: self._schema(properties[name], owner, name) for name in sorted(properties)}

    def _schema(self, schema: Any, owner: str, prop: str) -> Schema:
        if not isinstance(schema, dict):
            raise UsageError(f"{owner}.{prop}: not a schema")
        normal = self._plain(schema, f"{owner}.{prop}")
        if isinstance(normal.get("properties"), dict) and normal["properties"]:
            return self._hoist(normal, owner, prop)
        for key in ("items", "additionalProperties"):
            if isinstance(normal.get(key), dict):
                normal[key] = self._schema(normal[key], owner, prop)
        return normal

    def _hoist(self, schema: Schema, owner: str, prop: str) -> Schema:
        name = f"{owner}{prop[:1].upper()}{prop[1:]}"
        if name in self.given or name in self.result:
            raise UsageError(
                f'{owner}.{prop}: its type would be "{name}", which is defined already'
            )
        outer = {key: schema[key] for key in (*_DEFAULTS, "description") if key in schema}
        self.define(name, {key: schema[key] for key in schema if key not in _DEFAULTS})
        reference: Schema = {"$ref": name}
        return reference | outer

    def _plain(self, schema: Schema, where: str) -> Schema:
        """A copy with its reference unwrapped and shortened."""
        normal = checked(schema, where)
        for wrapper in _WRAPPERS:
            parts = normal.get(wrapper)
            if not isinstance(parts, list):
                continue
            if normal.get("x-kubernetes-int-or-string") or normal.get("format") == "int-or-string":
                del normal[wrapper]
            elif len(parts) == 1 and isinstance(parts[0], dict):
                del normal[wrapper]
                normal = {**checked(parts[0], where), **normal}
            elif "properties" not in normal and "$ref" not in normal and "type" not in normal:
                raise UsageError(f"{where}: {wrapper} of several schemas has no schema of kconv's")
            else:
                del normal[wrapper]
        reference = normal.get("$ref")
        if reference is None:
            return normal
        for prefix in _PREFIXES:
            if isinstance(reference, str) and reference.startswith(prefix):
                normal["$ref"] = reference.removeprefix(prefix)
                return normal
        raise UsageError(f'{where}: $ref "{reference}" does not name a definition of this file')
