"""Structural schemas of CRDs, as the importer takes schemas; and what it has no words for.

What a structural schema may say is in the Kubernetes documentation, "Specifying a structural
schema". Rules that no field of kconv's can express are reported with their path, never silently
dropped: the user decides what becomes a ``@validates`` function.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kconv._importer.document import Schema
from kconv._importer.properties import KNOWN_STRINGS, WIDE
from kconv.fields._known import BY_FORMAT
from kconv.fields._quantity import QUANTITY_PATTERN

_SAID = ("title", "example", "externalDocs", "id", "$schema")
"""Keywords that are for people and tools, and judge nothing."""

_COPIED = (
    "description", "exclusiveMaximum", "exclusiveMinimum", "format", "maxItems", "maxLength",
    "maximum", "minItems", "minLength", "minimum", "multipleOf", "pattern", "type",
    "x-kubernetes-int-or-string", "x-kubernetes-list-map-keys", "x-kubernetes-list-type",
    "x-kubernetes-map-type", "x-kubernetes-preserve-unknown-fields",
)  # fmt: skip

_BRIEF = 60

QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"


@dataclass(frozen=True, slots=True)
class Unexpressed:
    """Something that a schema says and the generated code does not: where, and what."""

    path: str
    what: str

    def __str__(self) -> str:
        return f"{self.path}: {self.what}"


class Adapter:
    """Turns structural schemas into the importer's, and collects what gets lost."""

    def __init__(self) -> None:
        self.notes: list[Unexpressed] = []

    def schema(self, given: Schema, path: str) -> Schema:
        """One schema with all that is in it."""
        made: Schema = {key: given[key] for key in _COPIED if given.get(key) is not None}
        if given.get("pattern") == QUANTITY_PATTERN and given.get("x-kubernetes-int-or-string"):
            # As controller-gen writes resource.Quantity.
            made = {key: made[key] for key in ("description",) if key in made}
            made["$ref"] = f"#/definitions/{QUANTITY}"
        elif given.get("x-kubernetes-int-or-string"):
            made[WIDE] = True  # an API server bounds it by nothing else
        self._embedded(given, made, path)
        if given.get("nullable"):
            self._note(path, "nullable: null is taken for absent")
        if given.get("uniqueItems"):
            made["x-kconv-unique"] = True
        if "default" in given:
            made["x-kconv-default"] = given["default"]
        self._enum(given, made, path)
        self._texts(made, path)
        self._numbers(made, path)
        self._combined(given, made, path)
        self._inner(given, made, path)
        for key in ("minProperties", "maxProperties"):
            if given.get(key) is not None:
                self._note(path, f"{key}: {given[key]}")
        for rule in given.get("x-kubernetes-validations") or ():
            said = rule.get("rule") if isinstance(rule, dict) else rule
            self._note(path, f"x-kubernetes-validations: {_brief(said)}")
        for key in given.keys() - {*_COPIED, *_SAID, *_HANDLED}:
            self._note(path, f"{key}: {_brief(given[key])}")
        return made

    def _note(self, path: str, what: str) -> None:
        self.notes.append(Unexpressed(path, what))

    def _embedded(self, given: Schema, made: Schema, path: str) -> None:
        embedded = given.get("x-kubernetes-embedded-resource")
        open_ = given.get("x-kubernetes-preserve-unknown-fields") or embedded
        if open_:
            made["x-kubernetes-preserve-unknown-fields"] = True
            if given.get("properties"):
                why = "an embedded object" if embedded else "unknown fields are kept"
                self._note(path, f"{why}: its fields are kept as they are, and not judged")

    def _enum(self, given: Schema, made: Schema, path: str) -> None:
        values = given.get("enum", [given["const"]] if "const" in given else None)
        if values is None:
            return
        texts = [each for each in values if each is not None]
        if given.get("type") == "string" and all(isinstance(each, str) for each in texts):
            made["enum"] = texts
        else:
            self._note(path, f"enum: {_brief(values)}")

    def _texts(self, made: Schema, path: str) -> None:
        pattern = made.get("pattern")
        if pattern is not None and made.get("type") != "string":
            self._note(path, f"pattern: {_brief(made.pop('pattern'))}")
        elif pattern is not None:
            try:
                re.compile(pattern)
            except (re.error, TypeError):
                self._note(path, f"pattern that Python does not read: {_brief(pattern)}")
                del made["pattern"]
        format_ = made.get("format")
        if format_ is None:
            return
        kind = made.get("type")
        if kind == "string" and BY_FORMAT.get(("string", format_)) is None:
            if format_ not in KNOWN_STRINGS:
                self._note(path, f"format: {made.pop('format')}")
        elif kind in ("integer", "number") and BY_FORMAT.get((kind, format_)) is None:
            self._note(path, f"format: {made.pop('format')}")
        elif kind not in ("string", "integer", "number"):
            del made["format"]

    def _numbers(self, made: Schema, path: str) -> None:
        if made.get("type") == "integer":
            multiple = made.get("multipleOf")
            if isinstance(multiple, float) and multiple.is_integer():
                made["multipleOf"] = int(multiple)
            for key in ("minimum", "maximum"):
                bound = made.get(key)
                if isinstance(bound, float) and bound.is_integer():
                    made[key] = int(bound)
            return
        for key in ("exclusiveMinimum", "exclusiveMaximum", "multipleOf"):
            value = made.pop(key, None)
            if value:
                self._note(path, f"{key}: {_brief(value)}")

    def _combined(self, given: Schema, made: Schema, path: str) -> None:
        """``oneOf`` that wants one field of several is a union; the others are reported."""
        for key in ("allOf", "anyOf", "oneOf", "not"):
            found = given.get(key)
            if not found or (key == "anyOf" and given.get("x-kubernetes-int-or-string")):
                continue
            members = _union(found) if key == "oneOf" else None
            if members and {*members} <= {*(given.get("properties") or {})}:
                made["x-kconv-one-of"] = members
                continue
            self._note(path, f"{key}: {_brief(found)}")

    def _inner(self, given: Schema, made: Schema, path: str) -> None:
        if made.get("x-kubernetes-preserve-unknown-fields"):
            return
        properties = given.get("properties")
        if isinstance(properties, dict):
            made["properties"] = {
                name: self.schema(inner, f"{path}.{name}")
                for name, inner in properties.items()
                if isinstance(inner, dict)
            }
            missing = [each for each in given.get("required") or () if each not in properties]
            if missing:
                self._note(path, f"required: {', '.join(missing)}, which it has no property for")
            # A default is there before anybody asks whether the field is.
            made["required"] = [
                name
                for name in given.get("required") or ()
                if name in properties and "default" not in properties[name]
            ]
        elif given.get("required"):
            self._note(path, f"required: {', '.join(given['required'])}")
        if isinstance(given.get("items"), dict):
            made["items"] = self.schema(given["items"], f"{path}[]")
        values = given.get("additionalProperties")
        if isinstance(values, dict) and values:
            made["additionalProperties"] = self.schema(values, f"{path}[*]")
        elif values:
            made["additionalProperties"] = True


_HANDLED = (
    "additionalProperties", "allOf", "anyOf", "const", "default", "enum", "items",
    "maxProperties", "minProperties", "not", "nullable", "oneOf", "properties", "required",
    "uniqueItems", "x-kubernetes-embedded-resource", "x-kubernetes-validations",
)  # fmt: skip


def _union(parts: Any) -> list[str] | None:
    """The fields of which each part requires one, and nothing else."""
    found: list[str] = []
    for part in parts if isinstance(parts, list) else ():
        required = part.get("required") if isinstance(part, Mapping) else None
        if not isinstance(required, list) or len(required) != 1 or len(part) != 1:
            return None
        found += required
    return found if len(found) > 1 and len({*found}) == len(found) else None


def _brief(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= _BRIEF else f"{text[: _BRIEF - 1]}…"


def columns_of(
    columns: tuple[Mapping[str, Any], ...], path: str, notes: list[Unexpressed]
) -> Iterator[dict[str, Any]]:
    """Printer columns whose values are plain paths; the others are reported."""
    for column in columns:
        json_path = str(column.get("jsonPath") or column.get("JSONPath") or "")
        name = str(column.get("name", ""))
        if not re.fullmatch(r"\.[A-Za-z_][\w-]*(\.[A-Za-z_][\w-]*)*", json_path):
            notes.append(Unexpressed(path, f"column {name}: {json_path} is no path of fields"))
            continue
        said = {key: column[key] for key in ("type", "format", "priority", "description")
                if column.get(key)}  # fmt: skip
        yield {"name": name, "value": json_path[1:], **said}
