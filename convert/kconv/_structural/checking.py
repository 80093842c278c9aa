"""Whether values are as their structural schema says, in the words of Kubernetes."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Final

from kconv._paths import (
    NOWHERE,
    TOO_LONG,
    TOO_MANY,
    TYPE_INVALID,
    FieldName,
    Finding,
    MapKey,
    Path,
    duplicate,
    format_path,
    invalid,
    not_supported,
    of_fields,
    quote,
    required,
)
from kconv._structural.formats import is_of_format
from kconv._structural.patterns import matches
from kconv._structural.pruning import drops_null
from kconv._structural.schemas import (
    Schema,
    inner,
    is_embedded,
    is_int_or_string,
    items,
    properties,
    takes_null,
    values,
)
from kconv.names import dns1035_label_problems

_TYPES: Final = {
    dict: "object", list: "array", str: "string", bool: "boolean", int: "integer",
    float: "number", type(None): "null",
}  # fmt: skip
_COMBINED: Final = frozenset({"allOf", "anyOf", "oneOf", "not"})


def check(value: Any, schema: Schema, path: Path = ()) -> Iterator[Finding]:
    """Everything that is wrong with a value, which has no unknown fields and has its defaults.

    The rules of ``x-kubernetes-validations`` are judged apart (`judge`). Of an object as a whole,
    leave out ``metadata``.

    What is wrong with lists of type set and map, and with embedded objects, is said of paths with
    keys of maps in brackets; all else of paths whose steps are all behind dots. Kubernetes has a
    judge for each.
    """
    if value is None:
        if not takes_null(schema) and _typed(schema):
            yield _of_type(path, value, schema)
        elif "enum" in schema:
            yield _unsupported(path, value, schema["enum"])  # though null is one of them
        return
    if not _is_of_type(value, schema):
        yield _of_type(path, value, schema)
        if isinstance(value, float) and schema.get("type") == "integer":
            yield _not_whole(path, "(default format)")
    if not _COMBINED.isdisjoint(schema):
        yield from combined(value, schema, path)
    if "enum" in schema and not _is_one_of(value, schema["enum"]):
        yield _unsupported(path, value, schema["enum"])
    if isinstance(value, dict):
        yield from _object(value, schema, path)
    elif isinstance(value, list):
        yield from _list(value, schema, path)
    elif isinstance(value, str):
        yield from _text(value, schema, path)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _number(value, schema, path)


def nulls(value: Any, schema: Schema, path: Path = ()) -> Iterator[Finding]:
    """What is wrong with nulls that pruning drops, for those who take no null for absent."""
    if isinstance(value, dict):
        for name, each in value.items():
            below = inner(schema, name)
            if below is not None and each is None and drops_null(below) and _typed(below):
                yield _of_type((*path, name), each, below)
            elif below is not None:
                yield from nulls(each, below, (*path, name))
    elif isinstance(value, list):
        for at, each in enumerate(value):
            yield from nulls(each, items(schema), (*path, at))


def _typed(schema: Schema) -> bool:
    return bool(schema.get("type")) or is_int_or_string(schema)


def _is_of_type(value: Any, schema: Schema) -> bool:
    wanted, found = schema.get("type"), _TYPES[type(value)]
    if is_int_or_string(schema):
        return found in ("string", "integer") or _is_whole(value)
    if not wanted or wanted == found:
        return True
    return found == "integer" if wanted == "number" else wanted == "integer" and _is_whole(value)


def _is_whole(value: Any) -> bool:
    return isinstance(value, float) and value.is_integer()


def _of_type(path: Path, value: Any, schema: Schema) -> Finding:
    wanted = "integer,string" if is_int_or_string(schema) else schema.get("type")
    found = _TYPES[type(value)]
    message = f'Invalid value: "{found}": {_in_body(path)} must be of type {wanted}: "{found}"'
    return Finding(_dotted(path), TYPE_INVALID, message)


def _dotted(path: Path) -> Path:
    return tuple(FieldName(step) if isinstance(step, str) else step for step in path)


def _in_body(path: Path) -> str:
    return f"{format_path(_dotted(path))} in body"


def _bad(path: Path, value: Any, rule: str) -> Finding:
    return invalid(_dotted(path), value, f"{_in_body(path)} {rule}")


def _same(one: Any, other: Any) -> bool:
    """As JSON has it, where true is not 1."""
    return type(one) is type(other) and bool(one == other)


def _is_one_of(value: Any, known: list[Any]) -> bool:
    # Of texts one is equal to what it is the same as; they are what long enumerations are of.
    return value in known and (isinstance(value, str) or any(_same(value, each) for each in known))


def _unsupported(path: Path, value: Any, supported: list[Any]) -> Finding:
    names = [each if isinstance(each, str) else quote(each) for each in supported]
    return not_supported(_dotted(path), value, names)


def _object(value: dict[str, Any], schema: Schema, path: Path) -> Iterator[Finding]:
    for name in schema.get("required") or ():
        if name not in value:
            yield required(_dotted((*path, name)))
    yield from _count(value, schema, path, "Properties", "properties")
    is_map = values(schema) is not None
    if is_embedded(schema):
        for name in ("apiVersion", "kind"):
            why = _no_head(name, value.get(name))
            where = (*of_fields(path), name)
            if name not in value:
                yield required(where)
            elif why:
                yield invalid(where, value[name], why)
    for name, each in value.items():
        below = inner(schema, name)
        if below is None:
            continue
        step = MapKey(name) if is_map and name not in properties(schema) else name
        yield from check(each, below, (*path, step))


def _no_head(name: str, value: Any) -> str:
    """What is wrong with the apiVersion or the kind of an embedded object; empty if nothing is."""
    if not isinstance(value, str):
        return "must be a string"
    if not value:
        return "must not be empty"
    if name == "apiVersion":
        return f"unexpected GroupVersion string: {value}" if value.count("/") > 1 else ""
    found = dns1035_label_problems(value.lower())
    said = "may have mixed case, but should otherwise match: "
    return said + ",".join(found) if found else ""


def _list(value: list[Any], schema: Schema, path: Path) -> Iterator[Finding]:
    yield from _count(value, schema, path, "Items", "items")
    element = items(schema)
    for at, each in enumerate(value):
        yield from check(each, element, (*path, at))
    if schema.get("uniqueItems") and len({_canonical(each) for each in value}) < len(value):
        yield _bad(path, value, "shouldn't contain duplicates")
    kind = schema.get("x-kubernetes-list-type")
    if kind in ("set", "map"):
        yield from _repeated(value, schema, path, kind)


def _repeated(value: list[Any], schema: Schema, path: Path, kind: str) -> Iterator[Finding]:
    """Elements that a list of type set or map holds already, the first again of each."""
    names = schema.get("x-kubernetes-list-map-keys") or ()
    seen: set[str] = set()
    said: set[str] = set()
    for at, each in enumerate(value):
        key = each
        if kind == "map":
            if not isinstance(each, dict):
                continue
            key = {name: each[name] for name in names if name in each}
        known = _canonical(key)
        if known in seen:
            if known not in said:
                yield duplicate((*of_fields(path), at), key)
            said.add(known)
        seen.add(known)


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _count(value: Any, schema: Schema, path: Path, key: str, noun: str) -> Iterator[Finding]:
    least, most = schema.get(f"min{key}"), schema.get(f"max{key}")
    if least is not None and len(value) < least:
        yield _bad(path, len(value), f"should have at least {least} {noun}")
    if most is not None and len(value) > most:
        message = f"Too many: {len(value)}: must have at most {_several(most, 'item')}"
        yield Finding(_dotted(path), TOO_MANY, message)


def _several(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _text(value: str, schema: Schema, path: Path) -> Iterator[Finding]:
    """Only the first of what is wrong with its characters, and its format."""
    least, most, pattern = (schema.get(key) for key in ("minLength", "maxLength", "pattern"))
    if most is not None and len(value) > most:
        message = f"Too long: may not be more than {_several(most, 'byte')}"
        yield Finding(_dotted(path), TOO_LONG, message)
    elif least is not None and len(value) < least:
        yield _bad(path, value, f"should be at least {least} chars long")
    elif pattern and not matches(pattern, value):
        yield _bad(path, value, f"should match '{pattern}'")
    name = schema.get("format")
    if name and not is_of_format(value, name):
        what = f"{_in_body(path)} must be of type {name}: {quote(value)}"
        message = f"Invalid value: {quote(value)}: {what}"
        yield Finding(_dotted(path), TYPE_INVALID, message)


def _number(value: float, schema: Schema, path: Path) -> Iterator[Finding]:
    least, most = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    if least is not None and (value < least or (above and value == least)):
        words = "greater than" if above else "greater than or equal to"
        yield _bad(path, value, f"should be {words} {_shown(least)}")
    if most is not None and (value > most or (below and value == most)):
        words = "less than" if below else "less than or equal to"
        yield _bad(path, value, f"should be {words} {_shown(most)}")
    step = schema.get("multipleOf")
    if step and not _is_multiple(value, step):
        yield _bad(path, value, f"should be a multiple of {_shown(step)}")
    bits = {"int32": 31, "int64": 63}.get(str(schema.get("format")))
    if bits and isinstance(value, int) and not -(1 << bits) <= value < 1 << bits:
        yield _not_whole(path, f"with format {schema['format']}")


def _not_whole(path: Path, what: str) -> Finding:
    where = format_path(_dotted(path))
    return invalid(NOWHERE, "", f"Checked value must be of type integer {what} in {where}")


def _is_multiple(value: float, step: float) -> bool:
    try:
        times = value / step
    except OverflowError:  # a whole number that no float holds
        return Fraction(value) % Fraction(step) == 0
    return math.isfinite(times) and math.isclose(times, round(times), abs_tol=1e-9)


def _shown(bound: float) -> str:
    return str(int(bound)) if float(bound).is_integer() else str(bound)


def combined(value: Any, schema: Schema, path: Path) -> Iterator[Finding]:
    """What is wrong by the schemas that a schema combines (``allOf``, ``oneOf``, ``not``).

    Kubernetes says it of no field, and then what the schema that fits best says.
    """
    for key, rule in (("anyOf", "at least one schema"), ("oneOf", "one and only one schema")):
        parts: list[Schema] = schema.get(key) or []
        if not parts or (
            key == "anyOf" and is_int_or_string(schema) and _is_of_type(value, schema)
        ):
            continue
        found = [list(check(value, each, path)) for each in parts]
        fitting = sum(not each for each in found)
        if fitting == 0 or (key == "oneOf" and fitting > 1):
            many = f"{fitting} valid alternatives" if fitting else "none valid"
            how = f". Found {many}" if key == "oneOf" else ""
            yield _together(path, f"validate {rule} ({key}){how}")
        if fitting == 0:
            best = max(range(len(parts)), key=lambda at: _visited(value, parts[at]))
            yield from found[best]
    parts = schema.get("allOf") or []
    found = [list(check(value, each, path)) for each in parts]
    yield from (each for part in found for each in part)
    if any(found):
        none = ". None validated" if all(found) else ""
        yield _together(path, f"validate all the schemas (allOf){none}")
    refused = schema.get("not")
    if refused and not any(check(value, refused, path)):
        yield _together(path, "not validate the schema (not)")


def _together(path: Path, what: str) -> Finding:
    return invalid(NOWHERE, "", f"{quote(format_path(_dotted(path)))} must {what}")


def _visited(value: Any, schema: Schema) -> int:
    """How much of a value a schema says something of."""
    count = 1
    if isinstance(value, dict):
        for name, each in properties(schema).items():
            count += _visited(value[name], each) if name in value else 0
    return count
