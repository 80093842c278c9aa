"""A lock as text: YAML, sorted, a line for each field."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from kconv._check.lock.document import (
    FACTS,
    FORMAT,
    ConversionLock,
    Facts,
    FieldLock,
    KindLock,
    TypeLock,
    VersionLock,
)
from kconv._gvk import level

HEADER = "# Written by `kconv lock`. `kconv check` tells what the code breaks of it.\n"

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*\Z")
_WORDS = frozenset(["true", "false", "null", "yes", "no", "on", "off", "y", "n"])

_COLUMN = ("name", "value", "type", "format", "priority")

_LINES: dict[str, Any] = {
    "kinds": {"*": {"columns": {}, "conversion": {"rules": {}, "kept": {}, "lost": {"*": {}}}}},
    "types": {"*": {"computed": {}, "fields": {}}},
}
"""Which mappings and lists have a line for each entry; all others are on one line."""


def text_of(lock: VersionLock) -> str:
    """The text of a lock file; equal locks have equal texts."""
    return HEADER + "\n".join(_entries(document_of(lock), _LINES, "")) + "\n"


def document_of(lock: VersionLock) -> dict[str, Any]:
    """The lock as the document that its file holds; what is empty is left out."""
    return {
        "lock": FORMAT,
        "group": lock.group or "core",
        "version": lock.version,
        "level": str(level(lock.version)),
        "preferred": lock.preferred,
        "kinds": {name: _kind(lock.kinds[name]) for name in sorted(lock.kinds)},
        "types": {name: _type(lock.types[name]) for name in sorted(lock.types)},
    }


def _kind(kind: KindLock) -> dict[str, Any]:
    return _filled(
        {
            "type": kind.type,
            "plural": kind.plural,
            "singular": kind.singular,
            "scope": kind.scope,
            "shortNames": list(kind.short_names),
            "categories": list(kind.categories),
            "subresources": list(kind.subresources),
            "storedAs": kind.stored_as,
            "storage": kind.storage,
            "deprecated": _ordered(kind.deprecated),
            "document": dict(sorted(kind.document.items())),
            "columns": [_column(column) for column in kind.columns],
            "conversion": _conversion(kind.conversion),
        },
        keep=("storage",),
    )


def _conversion(conversion: ConversionLock) -> dict[str, Any]:
    lost = {"toSpoke": conversion.lost_to_spoke, "toHub": conversion.lost_to_hub}
    return _filled(
        {
            "via": conversion.via,
            "rules": {text: _ordered(facts) for text, facts in sorted(conversion.rules.items())},
            "kept": dict(sorted(conversion.kept.items())),
            "lost": _filled({side: dict(sorted(paths.items())) for side, paths in lost.items()}),
        }
    )


def _type(each: TypeLock) -> dict[str, Any]:
    return _filled(
        {
            "mapType": each.map_type,
            "computed": {name: _ordered(facts) for name, facts in sorted(each.computed.items())},
            "rules": list(each.rules),
            "updateRules": list(each.update_rules),
            "fields": {name: field_document(each.fields[name]) for name in sorted(each.fields)},
        },
        keep=("fields",),
    )


def field_document(field: FieldLock) -> dict[str, Any]:
    """A field as its line in the file says it."""
    document: dict[str, Any] = {"type": field.type}
    if field.of:
        document["of"] = field.of
    if field.items is not None:
        document["items"] = field_document(field.items)
    facts = {name: _ordered(field.facts[name]) for name in FACTS if name in field.facts}
    return {**document, **facts}


def _column(column: Facts) -> dict[str, Any]:
    return {name: column[name] for name in _COLUMN if name in column}


def _ordered(value: Any) -> Any:
    """A JSON value with the keys of every object in order."""
    if isinstance(value, Mapping):
        return {name: _ordered(value[name]) for name in sorted(value)}
    return [_ordered(each) for each in value] if isinstance(value, list) else value


def _filled(document: dict[str, Any], keep: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        name: value
        for name, value in document.items()
        if name in keep or value not in ("", [], {}, False)
    }


def _entries(value: Any, lines: Mapping[str, Any], indent: str) -> Iterator[str]:
    if isinstance(value, list):
        for each in value:
            yield f"{indent}- {flow(each)}"
        return
    for name, inner in value.items():
        below = lines.get(name, lines.get("*"))
        if below is None or not inner:
            yield f"{indent}{flow(name)}: {flow(inner)}"
        else:
            yield f"{indent}{flow(name)}:"
            yield from _entries(inner, below, f"{indent}  ")


def flow(value: Any) -> str:
    """A JSON value on one line of YAML."""
    if isinstance(value, str):
        return value if _PLAIN.match(value) and value.lower() not in _WORDS else _quoted(value)
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{flow(k)}: {flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    return str(value)


def _number(value: float) -> str:
    text = repr(value)
    if text.lstrip("-") in ("inf", "nan"):
        return text.replace("inf", ".inf").replace("nan", ".nan")
    mantissa, e, exponent = text.partition("e")
    if e and exponent[0] not in "+-":
        exponent = f"+{exponent}"
    return (mantissa if "." in mantissa else f"{mantissa}.0") + e + exponent


def _quoted(text: str) -> str:
    quoted = json.dumps(text, ensure_ascii=False)
    if quoted.isprintable():
        return quoted
    return "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in quoted)
