"""From a property's schema to the field that declares it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from kconv._errors import UsageError
from kconv._importer.document import Definitions, Schema
from kconv._importer.source import Call, Expression, Items, Text, flat, literal, quoted, strings
from kconv.fields import Field
from kconv.fields._known import BY_DEFINITION, BY_FORMAT

FREE_FORM = frozenset(
    {
        "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1",
        "io.k8s.apimachinery.pkg.apis.meta.v1.Patch",
        "io.k8s.apimachinery.pkg.runtime.RawExtension",
    }
)
"""Definitions of type object that hold any object."""

WIDE: Final = "x-kconv-int64"
"""Says that an integer or string may be as large as 64 bits."""

KNOWN_STRINGS: Final = frozenset(
    [
        "bsonobjectid",
        "cidr",
        "creditcard",
        "date",
        "email",
        "hexcolor",
        "hostname",
        "ipv4",
        "ipv6",
        "isbn",
        "isbn10",
        "isbn13",
        "k8s-long-name",
        "k8s-short-name",
        "mac",
        "password",
        "rgbcolor",
        "ssn",
        "uri",
        "uuid",
        "uuid3",
        "uuid4",
        "uuid5",
    ]
)
"""Formats of strings that no field of kconv's judges: their values are plain strings."""

_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}


def field_class_of(schema: Schema) -> bool:
    """Whether a definition becomes a class: it is an object with a set of properties."""
    return schema.get("type", "object") == "object" and (
        "properties" in schema or _is_empty_object(schema)
    )


def _is_empty_object(schema: Schema) -> bool:
    keys = ("additionalProperties", "x-kubernetes-preserve-unknown-fields")
    return schema.get("type") == "object" and not any(schema.get(key) for key in keys)


def is_class(name: str, definitions: Definitions) -> bool:
    """Whether a definition becomes a class, rather than a field where it is used."""
    if name in BY_DEFINITION or name in FREE_FORM:
        return False
    return field_class_of(definitions[name])


class FieldWriter:
    """Writes the fields of one definition's properties.

    ``reference`` gives the source for a class that is referred to: its name, or a lambda.
    ``status_only`` says that only a status holds the definition, where the server writes zeros.
    """

    def __init__(
        self, definitions: Definitions, reference: Callable[[str], str], *, status_only: bool
    ) -> None:
        self.definitions = definitions
        self.reference = reference
        self.status_only = status_only

    def field(self, owner: str, prop: str, required: bool) -> Call:
        """The field of a property; `UsageError` names what kconv has no field for."""
        schema = self.definitions[owner]["properties"][prop]
        call = self._value(schema, f"{owner}.{prop}")
        arguments = [*call.arguments, *_presence(self, schema, call, f"{owner}.{prop}", required)]
        return Call(call.name, tuple(arguments))

    def _value(self, schema: Schema, where: str, seen: tuple[str, ...] = ()) -> Call:
        target = schema.get("$ref")
        if target is not None:
            return self._referred(target, schema, where, seen)
        if schema.get("x-kubernetes-int-or-string"):
            return Call("IntOrString", (("format", '"int64"'),) if schema.get(WIDE) else ())
        kind = schema.get("type")
        if schema.get("x-kubernetes-preserve-unknown-fields") or kind is None:
            return Call("FreeForm", (("object_only", "True"),) if kind == "object" else ())
        writers = {
            "string": self._string,
            "integer": self._number,
            "number": self._number,
            "boolean": lambda schema, where: Call("Boolean"),
            "array": self._list,
            "object": self._map,
        }
        if kind not in writers:
            raise UsageError(f"{where}: unknown type {kind!r}")
        return writers[kind](schema, where)

    def _referred(self, target: str, schema: Schema, where: str, seen: tuple[str, ...]) -> Call:
        if target in seen:
            raise UsageError(f"{where}: {target} refers to nothing but itself")
        if target in BY_DEFINITION:
            field = BY_DEFINITION[target]
            whole = schema.get("x-kconv-milli") and "milli" in (field.spec.facts or ())
            return Call(_class(field), (("milli", "True"),) if whole else ())
        if target in FREE_FORM:
            return Call("FreeForm", (("object_only", "True"),))
        if is_class(target, self.definitions):
            strategy = schema.get("x-kubernetes-patch-strategy")
            extra = (("patch_strategy", quoted(strategy)),) if strategy else ()
            return Call("Object", (("", self.reference(target)), *extra, *_map_type(schema)))
        return self._value(self.definitions[target], where, (*seen, target))

    def _string(self, schema: Schema, where: str) -> Call:
        format_ = schema.get("format")
        known = BY_FORMAT.get(("string", format_))
        if known is not None:
            return Call(_class(known))
        if format_ is not None and format_ not in KNOWN_STRINGS:
            raise UsageError(f"{where}: unknown format {format_!r} of a string")
        arguments: list[tuple[str, Expression]] = []
        if schema.get("enum"):
            if not all(isinstance(value, str) for value in schema["enum"]):
                raise UsageError(f"{where}: an enum of strings holds something else")
            arguments.append(("enum", strings(schema["enum"])))
        if schema.get("pattern") is not None:
            arguments.append(("pattern", quoted(schema["pattern"])))
        arguments += _numbers(schema, where, minLength="min_length", maxLength="max_length")
        return Call("String", tuple(arguments))

    def _number(self, schema: Schema, where: str) -> Call:
        format_ = schema.get("format")
        field = BY_FORMAT.get((schema["type"], format_))
        if field is None:
            raise UsageError(f"{where}: unknown format {format_!r} of type {schema['type']}")
        step = 1 if schema["type"] == "integer" else 0
        bounds = dict(schema)
        for key, sign in (("minimum", 1), ("maximum", -1)):
            exclusive = bounds.get(f"exclusive{key.capitalize()}")
            if exclusive and step and key in bounds:
                bounds[key] += sign * step
        names = {"minimum": "minimum", "maximum": "maximum"}
        if step:
            names["multipleOf"] = "multiple_of"
        return Call(_class(field), tuple(_numbers(bounds, where, **names)))

    def _list(self, schema: Schema, where: str) -> Call:
        if not isinstance(schema.get("items"), dict):
            raise UsageError(f"{where}: an array without items")
        arguments: list[tuple[str, Expression]] = [("", self._inner(schema["items"], f"{where}[]"))]
        list_type = schema.get("x-kubernetes-list-type")
        if list_type is not None:
            arguments.append(("list_type", quoted(list_type)))
        if schema.get("x-kubernetes-list-map-keys"):
            arguments.append(("map_keys", strings(schema["x-kubernetes-list-map-keys"])))
        for key, name in (("patch-merge-key", "merge_key"), ("patch-strategy", "patch_strategy")):
            if schema.get(f"x-kubernetes-{key}"):
                arguments.append((name, quoted(schema[f"x-kubernetes-{key}"])))
        unique = schema.get("x-kconv-unique", schema.get("uniqueItems") or None)
        if unique is not None:
            arguments.append(("unique", literal(bool(unique))))
        arguments += _numbers(schema, where, minItems="min_items", maxItems="max_items")
        return Call("List", tuple(arguments))

    def _map(self, schema: Schema, where: str) -> Call:
        values = schema.get("additionalProperties")
        if isinstance(values, dict) and values:
            inner = self._inner(values, f"{where}[*]")
            # Maps are granular unless they say otherwise.
            atomic = _map_type(schema) if schema.get(_MAP_TYPE) == "atomic" else ()
            return Call("Map", (("", inner), *atomic))
        return Call("FreeForm", (("object_only", "True"),))

    def _inner(self, schema: Schema, where: str) -> Call:
        """The field of what a list or map holds."""
        call = self._value(schema, where)
        return Call(call.name, (*call.arguments, *_metadata(_reference(self, schema, call, where))))


def _class(field: Field) -> str:
    return type(field).__name__


_MAP_TYPE = "x-kubernetes-map-type"


def _map_type(schema: Schema) -> tuple[tuple[str, Expression], ...]:
    """What a field says of how writers' objects combine, besides what their type says."""
    kind = schema.get(_MAP_TYPE)
    return (("map_type", quoted(kind)),) if kind else ()


def _numbers(schema: Schema, where: str, **names: str) -> list[tuple[str, Expression]]:
    arguments: list[tuple[str, Expression]] = []
    for key, name in names.items():
        value = schema.get(key)
        if value is None:
            continue
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise UsageError(f"{where}: {key} is not a number")
        whole = isinstance(value, float) and value.is_integer()
        arguments.append((name, literal(int(value) if whole else value)))
    return arguments


def _presence(
    writer: FieldWriter, schema: Schema, call: Call, where: str, required: bool
) -> list[tuple[str, Expression]]:
    """``required``, ``load_default``, and metadata.

    Kubernetes' OpenAPI marks a Go field that is no pointer as required with its zero as default:
    such a field must be given, but for the numbers of a status, which its writer may leave out.
    A zero default of an optional field is what Go leaves out, so it is not filled in; a default
    that must be is ``x-kconv-default``; a required field keeps saying so beside it.
    """
    arguments: list[tuple[str, Expression]] = []
    default = schema.get("x-kconv-default", schema.get("default"))
    zero = default in ("", 0, False, {}, []) and "x-kconv-default" not in schema
    if default is not None and not (zero and "$ref" in schema):
        _check_default(writer.definitions, schema, default, where)
    counts = isinstance(default, int | float) and writer.status_only
    filled = default is not None and (not zero or (required and counts))
    if required and (not filled or "x-kconv-default" in schema):
        arguments.append(("required", "True"))
    if filled:
        arguments.append(("load_default", _default(default)))
    metadata = _reference(writer, schema, call, where)
    if schema.get("x-kconv-filled-in"):
        metadata.append((quoted("filled_in"), "True"))
    if schema.get("deprecated"):
        metadata.append((quoted("deprecated"), "True"))
    if schema.get("description"):
        text = " ".join(str(schema["description"]).split())
        metadata.append((quoted("description"), Text(text)))
    return [*arguments, *_metadata(metadata)]


def _reference(
    writer: FieldWriter, schema: Schema, call: Call, where: str
) -> list[tuple[str, Expression]]:
    """The metadata of an object that names another: its property says so, or its definition."""
    steps = list(_followed(writer.definitions, schema))
    if not any(each.get("x-kconv-reference") for each in steps):
        return []
    if call.name != "Object" or not {"apiVersion", "kind"} <= {*steps[-1].get("properties", {})}:
        raise UsageError(f"{where}: x-kconv-reference is for objects with apiVersion and kind")
    return [(quoted("reference"), "True")]


def _followed(definitions: Definitions, schema: Schema) -> Iterator[Schema]:
    """A schema and those that it refers to, one by the other, to the one that is no reference."""
    yield schema
    while "$ref" in schema:
        schema = definitions[schema["$ref"]]
        yield schema


def _metadata(found: list[tuple[str, Expression]]) -> list[tuple[str, Expression]]:
    return [("metadata", Items("{}", tuple(found)))] if found else []


def _default(value: Any) -> Expression:
    if value in ({}, []) and not isinstance(value, bool | int):
        return "dict" if value == {} else "list"
    expression = literal(value)
    if isinstance(expression, Items):
        return f"lambda: {flat(expression)}"
    return expression


def _check_default(definitions: Definitions, schema: Schema, default: Any, where: str) -> None:
    *_, resolved = _followed(definitions, schema)
    kind = resolved.get("type", "object" if "properties" in resolved else None)
    if kind is None or resolved.get("format") == "int-or-string":
        return
    allowed = _TYPES.get(kind, (object,))
    if not isinstance(default, allowed) or (isinstance(default, bool) and kind != "boolean"):
        raise UsageError(f"{where}: its default {default!r} is not of type {kind}")
