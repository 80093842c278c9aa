"""Values of single fields that a structural schema takes: made from paths, formats and patterns.

They are spelled as programs write them, so that one which reads and writes them changes nothing.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from kconv._paths import Path
from kconv._placeholders import number_at, text_at, text_of_parts, within
from kconv._structural.schemas import Schema, is_int_or_string
from kconv._structural.validations import KEY
from kconv._structural.values import unescaped

LONGEST: Final = 10_000
"""Characters of a text: a schema may ask for more than there is memory."""

_FORMATS: Final[Mapping[str, Callable[[int], str]]] = {
    "byte": lambda number: base64.b64encode(f"value-{number}".encode()).decode(),
    "cidr": lambda number: f"10.{number % 256}.0.0/16",
    "date": lambda number: f"2026-01-{number % 28 + 1:02}",
    "date-time": lambda number: f"2026-01-{number % 28 + 1:02}T03:04:05Z",
    "datetime": lambda number: f"2026-01-{number % 28 + 1:02}T03:04:05Z",
    "duration": lambda number: f"{number % 59 + 1}s",
    "email": lambda number: f"value-{number}@example.com",
    "hostname": lambda number: f"value-{number}.example.com",
    "ipv4": lambda number: f"10.0.0.{number % 254 + 1}",
    "ipv6": lambda number: f"2001:db8::{number:x}",
    "mac": lambda number: f"02:00:00:00:00:{number % 256:02x}",
    "uri": lambda number: f"https://example.com/value-{number}",
    "uuid": lambda number: f"00000000-0000-4000-8000-{number:012}",
}
_LITERAL: Final = re.compile(r"""'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|(?<![\w.])(-?\d+)\b""")
_ESCAPE: Final = re.compile(r"\\(.)")
_CHAIN: Final = re.compile(r"\bself((?:\.[A-Za-z_]\w*)+)")
_WORD: Final = re.compile(r"[A-Za-z_]\w*")
_COMBINED: Final = ("allOf", "anyOf", "oneOf")


def placeholders(schema: Schema, path: Path) -> Iterator[Any]:
    """Values for a field that is no object and no list, the likeliest first; not all of them fit.

    Those of an enumeration are all there, as are the kinds of value of one that is of several.
    """
    number = number_at(path)
    if "enum" in schema:
        yield from (each for each in schema["enum"] if each is not None)
        return
    if is_int_or_string(schema):
        yield _bounded(number, schema)
        yield from _texts(schema, path, (f"{number % 100 + 1}%", f"{number}m", str(number)))
        return
    match schema.get("type"):
        case "boolean":
            yield True
            yield False
        case "integer":
            yield from _numbers(number, schema)
        case "number":
            yield from _numbers(number + 0.5, schema)
        case "string":
            form = _FORMATS.get(str(schema.get("format")))
            own = (form(number),) if form is not None else ()
            yield from _texts(schema, path, own)
    yield from _said(schema, path)


def _texts(schema: Schema, path: Path, own: tuple[str, ...]) -> Iterator[str]:
    text = text_at(path)
    pattern = schema.get("pattern")
    like = text_of_parts(pattern) if isinstance(pattern, str) else None
    found = [*own, text, text.lower(), *([] if like is None else [like]), str(number_at(path))]
    least = schema.get("minLength") or 0
    for each in found if least <= LONGEST else ():
        yield each.ljust(least, "x")[: schema.get("maxLength")]


def _numbers(number: float, schema: Schema) -> Iterator[float]:
    yield _bounded(number, schema)
    yield from (schema[bound] for bound in ("minimum", "maximum") if bound in schema)
    yield type(number)(1)
    yield type(number)(0)


def _bounded(number: float, schema: Schema) -> float:
    step = schema.get("multipleOf") or 1
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None and schema.get("exclusiveMinimum"):
        least += step
    if most is not None and schema.get("exclusiveMaximum"):
        most -= step
    if schema.get("multipleOf"):
        number = number * step
    if most is not None and number > most > (least or 0):
        # Another number for each field, as far as there are some.
        low = least or 0
        number = low + number % (most - low)
    found = within(number, least, most)
    if schema.get("multipleOf") and found != number:
        # The multiple that is nearest to the bound, from within.
        found = found // step * step if found == most else -(-found // step) * step
    return found


def _said(schema: Schema, path: Path) -> Iterator[Any]:
    """What rules and combined schemas of a field name themselves, and texts that begin so."""
    text = text_at(path)
    for each in literals(schema):
        yield each
        if isinstance(each, str):
            yield each + text
            yield text + each
            like = text_of_parts(each)
            if like is not None:
                yield like


def literals(schema: Schema) -> list[Any]:
    """The values that the rules of a schema, and what it combines, name."""
    found: list[Any] = []
    for rule in _expressions(schema):
        for single, double, number in _LITERAL.findall(rule):
            found.append(int(number) if number else _ESCAPE.sub(r"\1", single or double))
    for part in _parts(schema):
        found += [
            *part.get("enum", ()),
            *(part[key] for key in ("minimum", "maximum") if key in part),
        ]
        if isinstance(part.get("pattern"), str):
            found.append(text_of_parts(part["pattern"]))
    known = {json.dumps(each): each for each in found if each is not None}
    return list(known.values())


def names(schema: Schema) -> frozenset[str]:
    """The fields that the rules of a schema, and what it combines, may be about."""
    found: set[str] = set()
    for rule in _expressions(schema):
        found.update(_WORD.findall(rule))
    for part in _parts(schema):
        found.update(part.get("required") or ())
        found.update(part.get("properties") or ())
    return frozenset(found)


def chains(schema: Schema) -> list[tuple[str, ...]]:
    """The fields that rules name from ``self`` on, in the order of the rules."""
    found: dict[tuple[str, ...], None] = {}
    for rule in _expressions(schema):
        for chain in _CHAIN.findall(rule):
            found[tuple(unescaped(each) for each in chain[1:].split("."))] = None
    return list(found)


def _expressions(schema: Schema) -> Iterator[str]:
    for each in schema.get(KEY) or ():
        yield str(each.get("rule"))


def _parts(schema: Schema) -> Iterator[Schema]:
    """The schemas that a schema combines, and those within them."""
    within = [each for key in _COMBINED for each in schema.get(key) or ()]
    if isinstance(schema.get("not"), Mapping):
        within.append(schema["not"])
    while within:
        part = within.pop(0)
        yield part
        within += [each for key in _COMBINED for each in part.get(key) or ()]
        within += [
            each for each in (part.get("not"), part.get("items")) if isinstance(each, Mapping)
        ]
        within += (part.get("properties") or {}).values()
