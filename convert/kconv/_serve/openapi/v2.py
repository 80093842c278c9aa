"""The OpenAPI v2 document of all that is served, made from the documents of v3.

Older clients have only this one: kubectl before 1.27 for ``explain``, and aggregators. What v2
cannot say (alternatives, other bodies for other media types) it leaves out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kconv._serve.negotiation import JSON, YAML
from kconv._serve.protobuf import MEDIA_TYPE as PROTOBUF

Document = dict[str, Any]

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
_KEPT = frozenset(
    {
        *("type", "format", "title", "description", "default", "enum", "pattern", "required"),
        *("minimum", "maximum", "multipleOf", "minLength", "maxLength", "minItems", "maxItems"),
        *("uniqueItems", "minProperties", "maxProperties"),
    }
)


def v2_document(documents: Iterable[Mapping[str, Any]], release: str) -> Document:
    """The document as JSON; ``release`` is this server's."""
    paths: Document = {}
    definitions: Document = {}
    for document in documents:
        for name, schema in document["components"]["schemas"].items():
            definitions.setdefault(name, _schema(schema))
        for path, item in document["paths"].items():
            paths[path] = _path(item)
    return {
        "swagger": "2.0",
        "info": {"title": "Kubernetes", "version": release},
        "paths": dict(sorted(paths.items())),
        "definitions": dict(sorted(definitions.items())),
        "securityDefinitions": {
            "BearerToken": {
                "type": "apiKey",
                "name": "authorization",
                "in": "header",
                "description": "Where the server has been given tokens, each request has one.",
            }
        },
        "security": [{"BearerToken": []}],
    }


def _schema(schema: Mapping[str, Any]) -> Document:
    reference = schema.get("$ref")
    every = schema.get("allOf", ())
    if len(every) == 1 and "$ref" in every[0]:
        reference = every[0]["$ref"]
    found = {
        key: value
        for key, value in schema.items()
        if key in _KEPT or key.startswith("x-kubernetes")
    }
    if reference is not None:
        # Beside a reference, clients of v2 look for a description only.
        beside = {key: found[key] for key in ("description",) if key in found}
        return {"$ref": _definition(str(reference)), **beside}
    if found.get("format") == "int-or-string" or _has_text(schema):
        # As Kubernetes says it, who has no alternatives here either.
        found["type"] = "string"
    if "items" in schema:
        found["items"] = _schema(schema["items"])
    if "properties" in schema:
        found["properties"] = {name: _schema(each) for name, each in schema["properties"].items()}
    more = schema.get("additionalProperties")
    if more is not None:
        found["additionalProperties"] = more if isinstance(more, bool) else _schema(more)
    return found


def _has_text(schema: Mapping[str, Any]) -> bool:
    """Whether a value is a text or a number, as that of a quantity."""
    return {"type": "string"} in schema.get("oneOf", ())


def _definition(reference: str) -> str:
    return reference.replace("#/components/schemas/", "#/definitions/")


def _path(item: Mapping[str, Any]) -> Document:
    found: Document = {}
    for key, value in item.items():
        if key in _METHODS:
            found[key] = _operation(value)
        elif key == "parameters":
            found[key] = [_parameter(each) for each in value]
    return found


def _operation(operation: Mapping[str, Any]) -> Document:
    found = {
        key: operation[key] for key in ("operationId", "tags", "description") if key in operation
    }
    parameters = [_parameter(each) for each in operation["parameters"]]
    body = operation.get("requestBody")
    if body is not None:
        content = body["content"]
        found["consumes"] = list(content)
        parameters.insert(0, _body(body))
    answers = operation["responses"]
    sent = [form for each in answers.values() for form in each.get("content", ())]
    found["produces"] = list(dict.fromkeys(sent)) or [JSON, YAML, PROTOBUF]
    found["parameters"] = parameters
    found["responses"] = {code: _response(each) for code, each in answers.items()}
    found |= {key: value for key, value in operation.items() if key.startswith("x-kubernetes")}
    return found


def _body(body: Mapping[str, Any]) -> Document:
    schemas = [each["schema"] for each in body["content"].values()]
    # Of a patch, any JSON will do: its forms are of different types.
    schema = _schema(schemas[0]) if all(each == schemas[0] for each in schemas) else {}
    parameter: Document = {"name": "body", "in": "body", "schema": schema}
    if body.get("required"):
        parameter["required"] = True
    return parameter


def _parameter(parameter: Mapping[str, Any]) -> Document:
    schema = parameter["schema"]
    found = {key: value for key, value in parameter.items() if key != "schema"}
    return {**found, **{key: value for key, value in schema.items() if key in _KEPT}}


def _response(response: Mapping[str, Any]) -> Document:
    found: Document = {"description": response["description"]}
    content = response.get("content")
    if content:
        schema = next(iter(content.values()))["schema"]
        # Of alternatives, the first one: a Status where an object is gone.
        found["schema"] = _schema(schema["anyOf"][0] if "anyOf" in schema else schema)
    return found
