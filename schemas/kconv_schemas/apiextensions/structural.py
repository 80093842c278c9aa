"""What a structural schema must be, as ``pkg/apiserver/schema`` of Kubernetes has it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from marshmallow import ValidationError

from kconv import Finding, MapKey, forbidden, invalid, not_supported, required, rule_problems
from kconv_schemas.apiextensions.v1 import types as v1

Schema = Mapping[str, Any]
Path = tuple[str | int, ...]

_TYPES: Final = ("array", "boolean", "integer", "number", "object", "string")
_COMBINED: Final = ("allOf", "anyOf", "oneOf")
_UNTYPED: Final = (
    "type", "default", "nullable", "additionalProperties", "x-kubernetes-int-or-string",
    "x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource",
    "x-kubernetes-list-type", "x-kubernetes-list-map-keys", "x-kubernetes-map-type",
)  # fmt: skip
"""What only a schema of its own says, and none of those that are combined within one."""
_UNSUPPORTED: Final = (
    "id", "$ref", "definitions", "dependencies", "patternProperties", "additionalItems",
)  # fmt: skip
"""What JSON schemas have, and schemas of Kubernetes do not."""
_JSON: Final = {
    dict: "object", list: "array", str: "string", bool: "boolean", int: "integer",
    float: "number",
}  # fmt: skip


def structural_problems(schema: Schema, *, is_new: bool) -> Iterator[Finding]:
    """Findings about a whole ``openAPIV3Schema``.

    Of one that nobody has taken yet also about what its rules cost, and how its lists combine.
    """
    if not schema.get("type"):
        yield required(("type",), "must not be empty at the root")
    elif schema["type"] != "object":
        yield invalid(("type",), schema["type"], "must be object at the root")
    for key in ("x-kubernetes-embedded-resource", "nullable"):
        if schema.get(key):
            yield forbidden((key,), "must not be true at the root")
    found = list(_problems(schema, (), ""))
    # What is no schema has no rules that could be looked at.
    yield from found or rule_problems(schema, stored=not is_new)
    if is_new and not found:
        yield from combination_problems(schema)


def combination_problems(schema: Schema) -> Iterator[Finding]:
    """Findings about how the lists and maps of a structural schema combine."""
    return _combined(schema, ())


def _combined(schema: Schema, path: Path) -> Iterator[Finding]:
    """What says how lists and maps combine where it does not fit what they are of."""
    kind, items = schema.get("x-kubernetes-list-type"), schema.get("items") or {}
    for key, wanted in (("x-kubernetes-map-type", "object"), ("x-kubernetes-list-type", "array")):
        found = schema.get("type")
        if schema.get(key) and found != wanted:
            why = f"must be {wanted} if {key} is specified"
            where = (*path, "type")
            yield invalid(where, found, why) if found else required(where, why)
    if kind in ("set", "map") and items.get("nullable"):
        why = f"cannot be nullable when x-kubernetes-list-type is {kind}"
        yield forbidden((*path, "items", "nullable"), why)
    if kind == "set":
        yield from _in_set(items, (*path, "items"))
    yield from _keyed(schema.get("x-kubernetes-list-map-keys") or (), items, path)
    for name, each in (schema.get("properties") or {}).items():
        yield from _combined(each, (*path, "properties", MapKey(name)))
    for name in ("items", "additionalProperties"):
        if isinstance(schema.get(name), Mapping):
            yield from _combined(schema[name], (*path, name))


def _in_set(items: Schema, path: Path) -> Iterator[Finding]:
    """Elements of a set that are not told apart as a whole."""
    inner = items.get("x-kubernetes-list-type")
    why = "must be atomic as item of a list with x-kubernetes-list-type=set"
    if items.get("type") == "array" and inner not in (None, "atomic"):
        yield invalid((*path, "x-kubernetes-list-type"), inner, why)
    if items.get("type") == "object" and items.get("x-kubernetes-map-type") != "atomic":
        yield invalid((*path, "x-kubernetes-map-type"), inner, why)


def _keyed(keys: Sequence[str], items: Schema, path: Path) -> Iterator[Finding]:
    """Keys of the elements of a list that may be null, absent, or no single value."""
    if len({*keys}) < len(keys):
        where = (*path, "x-kubernetes-list-map-keys")
        yield invalid(where, keys, "must not contain duplicate entries")
    for key in dict.fromkeys(keys):
        where, field = (*path, "items", "properties", MapKey(key)), items["properties"][key]
        said = "this property is in x-kubernetes-list-map-keys, so it"
        if field.get("type") in ("array", "object"):
            # Kubernetes shows the type of the elements.
            why = "must be a scalar type if parent array's x-kubernetes-list-type is map"
            yield invalid((*where, "type"), "object", why)
        if key not in (items.get("required") or ()) and field.get("default") is None:
            yield required(
                (*where, "default"), f"{said} must have a default or be a required property"
            )
        if field.get("nullable"):
            yield forbidden((*where, "nullable"), f"{said} cannot be nullable")


def _problems(schema: Schema, path: Path, what: str) -> Iterator[Finding]:
    kind = schema.get("type")
    free = schema.get("x-kubernetes-int-or-string") or schema.get(
        "x-kubernetes-preserve-unknown-fields"
    )
    if what and not kind and not free:
        yield required((*path, "type"), f"must not be empty for specified {what}")
    if kind and schema.get("x-kubernetes-int-or-string"):
        message = "must be empty if x-kubernetes-int-or-string is true"
        yield invalid((*path, "type"), kind, message)
    if kind and kind not in _TYPES:
        yield Finding(
            (*path, "type"),
            "FieldValueNotSupported",
            f'Unsupported value: "{kind}": supported values: '
            + ", ".join(f'"{each}"' for each in _TYPES),
        )
    for key in _UNSUPPORTED:
        if schema.get(key):
            yield forbidden((*path, key), f"{key} is not supported")
    yield from _kinds(schema, path)
    if "default" in schema:
        yield from _default(schema, path)
    yield from _inner(schema, path)
    for key in _COMBINED:
        for at, part in enumerate(schema.get(key) or ()):
            yield from _untyped(part, (*path, key, at))
    if schema.get("not"):
        yield from _untyped(schema["not"], (*path, "not"))


def _inner(schema: Schema, path: Path) -> Iterator[Finding]:
    fields, values = schema.get("properties") or {}, schema.get("additionalProperties")
    if values is False:
        yield forbidden((*path, "additionalProperties"), "must not be false")
    elif values not in (None, True) and not isinstance(values, Mapping):
        yield _no_schema((*path, "additionalProperties"))
    elif values is not None and fields:
        message = "additionalProperties and properties are mutual exclusive"
        yield forbidden((*path, "additionalProperties"), message)
    for name, each in fields.items():
        yield from _problems(each, (*path, "properties", MapKey(name)), "object fields")
    if isinstance(values, Mapping):
        yield from _free(values, (*path, "additionalProperties"), "object fields")
    items = schema.get("items")
    if isinstance(items, Mapping):
        yield from _free(items, (*path, "items"), "array items")
    elif isinstance(items, list):
        yield forbidden((*path, "items"), "items must be a schema object and not an array")
    elif items is not None:
        yield _no_schema((*path, "items"))
    elif schema.get("type") == "array":
        yield required((*path, "items"), "must be specified")


def _free(schema: Schema, path: Path, what: str) -> Iterator[Finding]:
    """Findings about a schema that its field takes for any JSON: whether it is one, to begin with.

    Raises nothing, whatever it holds. What is free-form within it is looked at in its turn.
    """
    found = list(_mistyped(schema, path))
    yield from found or _problems(schema, path, what)


def _mistyped(schema: Schema, path: Path) -> Iterator[Finding]:
    if _is_typed(schema):
        return
    try:
        v1.JSONSchemaProps.instance().load(dict(schema))
    except ValidationError as error:
        for below, message in _messages(error.messages, path):
            yield Finding(below, "FieldValueTypeInvalid", message)


def _is_typed(schema: Any) -> bool:
    """Whether what is said is of its type beyond doubt, as nearly all is: it need not be loaded."""
    return isinstance(schema, dict) and all(
        _SAID[key](value) if key in _SAID else False for key, value in schema.items()
    )


def _are_typed(values: Any) -> bool:
    within = values.values() if isinstance(values, dict) else values
    return isinstance(values, dict | list) and all(map(_is_typed, within))


def _is_text(value: Any) -> bool:
    return type(value) is str


def _is_flag(value: Any) -> bool:
    return type(value) is bool


def _is_count(value: Any) -> bool:
    return type(value) is int and abs(value) < 1 << 63


def _is_number(value: Any) -> bool:
    return type(value) is float or _is_count(value)


def _are_texts(value: Any) -> bool:
    return type(value) is list and all(map(_is_text, value))


_SAID: Final[Mapping[str, Callable[[Any], bool]]] = {
    **dict.fromkeys(("items", "additionalProperties", "default"), lambda _: True),
    **dict.fromkeys(("description", "format", "pattern", "title", "type"), _is_text),
    **dict.fromkeys(("x-kubernetes-list-type", "x-kubernetes-map-type"), _is_text),
    **dict.fromkeys(("required", "x-kubernetes-list-map-keys"), _are_texts),
    **dict.fromkeys(("maxItems", "minItems", "maxLength", "minLength"), _is_count),
    **dict.fromkeys(("maxProperties", "minProperties"), _is_count),
    **dict.fromkeys(("maximum", "minimum", "multipleOf"), _is_number),
    **dict.fromkeys(("exclusiveMaximum", "exclusiveMinimum", "nullable", "uniqueItems"), _is_flag),
    **dict.fromkeys(("x-kubernetes-int-or-string", "x-kubernetes-embedded-resource"), _is_flag),
    "x-kubernetes-preserve-unknown-fields": _is_flag,
    "enum": lambda value: type(value) is list,
    "properties": lambda value: type(value) is dict and _are_typed(value),
    **dict.fromkeys(
        ("allOf", "anyOf", "oneOf"), lambda each: type(each) is list and _are_typed(each)
    ),
    "not": _is_typed,
}


def _messages(messages: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            yield from _messages(inner, path if key == "_schema" else (*path, key))
    elif isinstance(messages, list):
        for inner in messages:
            yield from _messages(inner, path)
    else:
        yield path, str(messages)


def _no_schema(path: Path) -> Finding:
    return Finding(path, "FieldValueTypeInvalid", "must be a schema")


def _kinds(schema: Schema, path: Path) -> Iterator[Finding]:
    """How lists and maps combine, and what embedded objects are."""
    if schema.get("uniqueItems"):
        message = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"
        yield forbidden((*path, "uniqueItems"), message)
    if schema.get("x-kubernetes-embedded-resource") and schema.get("type") != "object":
        message = "must be object if x-kubernetes-embedded-resource is true"
        yield invalid((*path, "type"), schema.get("type") or "", message)
    for key, known in (
        ("x-kubernetes-list-type", ("atomic", "set", "map")),
        ("x-kubernetes-map-type", ("atomic", "granular")),
    ):
        if schema.get(key) and schema[key] not in known:
            yield not_supported((*path, key), schema[key], known)
    kind, keys = schema.get("x-kubernetes-list-type"), schema.get("x-kubernetes-list-map-keys")
    if kind == "map" and not keys:
        where = (*path, "x-kubernetes-list-map-keys")
        yield required(where, "must not be empty if x-kubernetes-list-type is map")
    elif keys and kind != "map":
        where = (*path, "x-kubernetes-list-type")
        message = "must be map if x-kubernetes-list-map-keys is non-empty"
        yield invalid(where, kind, message) if kind else required(where, message)
    items = schema.get("items")
    if kind == "map" and items is None:
        why = "must have a schema if x-kubernetes-list-type is map"
        yield required((*path, "items"), why)
    if kind != "map" or not isinstance(items, Mapping):
        return
    if items.get("type") != "object":
        message = "must be object if parent array's x-kubernetes-list-type is map"
        yield invalid((*path, "items", "type"), items.get("type") or "", message)
    elif not {*(keys or ())} <= {*(items.get("properties") or ())}:
        where = (*path, "x-kubernetes-list-map-keys")
        yield invalid(where, keys, "entries must all be names of item properties")


def _untyped(schema: Schema, path: Path) -> Iterator[Finding]:
    """A schema within allOf, anyOf, oneOf or not: it judges values, and declares nothing."""
    # ``anyOf: [{type: integer}, {type: string}]`` is how int-or-string is written, too.
    for key in _UNTYPED:
        if key in schema and not (key == "type" and schema[key] in ("integer", "string")):
            yield forbidden((*path, key), "must be empty to be structural")
    for name, each in (schema.get("properties") or {}).items():
        yield from _untyped(each, (*path, "properties", MapKey(name)))
    items = schema.get("items")
    if isinstance(items, Mapping):
        found = list(_mistyped(items, (*path, "items")))
        yield from found or _untyped(items, (*path, "items"))
    elif items is not None:
        yield _no_schema((*path, "items"))


def _default(schema: Schema, path: Path) -> Iterator[Finding]:
    value, wanted = schema["default"], schema.get("type")
    if value is None:
        return
    found = _JSON[type(value)]
    whole = isinstance(value, float) and value.is_integer()
    fits = (
        found == wanted
        or (wanted == "number" and found == "integer")
        or (wanted == "integer" and whole)
    )
    if wanted and not fits:
        message = f'Invalid value: "{found}":  in body must be of type {wanted}: "{found}"'
        yield Finding((*path, "default"), "FieldValueTypeInvalid", message)
