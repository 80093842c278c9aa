"""Reading a lock file, and saying on which line one is malformed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from kconv._check.lock.document import (
    FACTS,
    FORMAT,
    ConversionLock,
    FieldLock,
    KindLock,
    TypeLock,
    VersionLock,
)
from kconv._errors import UsageError

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_KIND = {
    "type": str,
    "plural": str,
    "singular": str,
    "scope": str,
    "shortNames": list,
    "categories": list,
    "subresources": list,
    "storedAs": str,
    "storage": bool,
    "deprecated": dict,
    "document": dict,
    "columns": list,
    "conversion": dict,
}
_TYPE = {"mapType": str, "computed": dict, "rules": list, "updateRules": list, "fields": dict}
_CONVERSION = {"via": str, "rules": dict, "kept": dict, "lost": dict}
_LOST = {"toSpoke": dict, "toHub": dict}
_TOP = {
    "lock": int,
    "group": str,
    "version": str,
    "level": str,
    "preferred": bool,
    "kinds": dict,
    "types": dict,
}
_NAMES: dict[type, str] = {
    str: "a string",
    bool: "true or false",
    int: "a whole number",
    list: "a list",
    dict: "a mapping",
}

_At = tuple[str | int, ...]


class Malformed(Exception):
    """What is wrong with the document of a lock file, and where."""

    def __init__(self, at: _At, message: str) -> None:
        super().__init__(message)
        self.at = at
        self.message = message


def read_lock(text: str, name: str) -> VersionLock:
    """The lock that a file's text holds; ``name`` is how messages call the file.

    Raises `UsageError` with the line of what is not as `kconv lock` writes it.
    """
    try:
        document = yaml.load(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark is not None else 1
        raise UsageError(f"{name}:{line}: {error.problem or error.context}") from None
    except yaml.YAMLError as error:
        raise UsageError(f"{name}: not YAML: {error}") from None
    try:
        return lock_of(document)
    except Malformed as error:
        place = ".".join(map(str, error.at))
        message = f"{place}: {error.message}" if place else error.message
        raise UsageError(f"{name}:{_line(text, error.at)}: {message}") from None


def lock_of(document: Any) -> VersionLock:
    """The lock that a document says. Raises `Malformed`."""
    _keys(document, _TOP, (), required=("lock", "group", "version", "kinds", "types"))
    if document["lock"] != FORMAT:
        message = f"format {document['lock']} of another release of kconv; this one reads {FORMAT}"
        raise Malformed(("lock",), message)
    types = {
        str(name): _type(each, ("types", str(name))) for name, each in document["types"].items()
    }
    kinds = {
        str(name): _kind(each, ("kinds", str(name))) for name, each in document["kinds"].items()
    }
    for name, kind in kinds.items():
        if kind.type not in types:
            raise Malformed(("kinds", name, "type"), f'there is no type "{kind.type}" in the file')
    for name, each in types.items():
        for field_name, field in each.fields.items():
            _known(field, types, ("types", name, "fields", field_name))
    group = document["group"]
    return VersionLock(
        "" if group == "core" else group,
        document["version"],
        preferred=document.get("preferred", False),
        kinds=kinds,
        types=types,
    )


def _known(field: FieldLock, types: Mapping[str, TypeLock], at: _At) -> None:
    if field.items is not None:
        _known(field.items, types, (*at, "items"))
    elif field.of and field.of not in types:
        raise Malformed((*at, "of"), f'there is no type "{field.of}" in the file')


def _kind(document: Any, at: _At) -> KindLock:
    _keys(document, _KIND, at, required=("type", "plural", "scope", "storedAs"))
    return KindLock(
        document["type"],
        plural=document["plural"],
        singular=document.get("singular", ""),
        scope=document["scope"],
        stored_as=document["storedAs"],
        storage=document.get("storage", False),
        short_names=_texts(document, "shortNames", at),
        categories=_texts(document, "categories", at),
        subresources=_texts(document, "subresources", at),
        columns=tuple(
            _mapping(column, (*at, "columns", index))
            for index, column in enumerate(document.get("columns", ()))
        ),
        deprecated=_strings(document.get("deprecated", {}), (*at, "deprecated")),
        document=_strings(document.get("document", {}), (*at, "document")),
        conversion=_conversion(document.get("conversion", {}), (*at, "conversion")),
    )


def _conversion(document: Any, at: _At) -> ConversionLock:
    _keys(document, _CONVERSION, at)
    lost = document.get("lost", {})
    _keys(lost, _LOST, (*at, "lost"))
    rules = _mapping(document.get("rules", {}), (*at, "rules"))
    return ConversionLock(
        {text: _mapping(facts, (*at, "rules", text)) for text, facts in rules.items()},
        kept=_strings(document.get("kept", {}), (*at, "kept")),
        lost_to_spoke=_strings(lost.get("toSpoke", {}), (*at, "lost", "toSpoke")),
        lost_to_hub=_strings(lost.get("toHub", {}), (*at, "lost", "toHub")),
        via=document.get("via", ""),
    )


def _type(document: Any, at: _At) -> TypeLock:
    _keys(document, _TYPE, at, required=("fields",))
    computed = _mapping(document.get("computed", {}), (*at, "computed"))
    return TypeLock(
        {
            str(name): _field(each, (*at, "fields", str(name)))
            for name, each in document["fields"].items()
        },
        map_type=document.get("mapType", ""),
        computed={
            name: _mapping(facts, (*at, "computed", name)) for name, facts in computed.items()
        },
        rules=_texts(document, "rules", at),
        update_rules=_texts(document, "updateRules", at),
    )


def _field(document: Any, at: _At) -> FieldLock:
    known: dict[str, Any] = {"type": str, "of": str, "items": dict, **FACTS}
    _keys(document, known, at, required=("type",))
    for name in ("enum", "mapKeys", "rules"):
        _texts(document, name, at)
    type_name, items = document["type"], document.get("items")
    if type_name == "object" and not document.get("of"):
        raise Malformed(at, "an object names its type: of")
    if type_name in ("list", "map") and items is None:
        raise Malformed(at, f"a {type_name} says what is in it: items")
    return FieldLock(
        type_name,
        document.get("of", ""),
        None if items is None else _field(items, (*at, "items")),
        {name: document[name] for name in FACTS if name in document},
    )


def _keys(document: Any, known: Mapping[str, Any], at: _At, required: tuple[str, ...] = ()) -> None:
    _mapping(document, at)
    for name, value in document.items():
        if name not in known:
            raise Malformed((*at, name), "not a key of a lock file")
        expected = known[name]
        right = isinstance(value, expected)
        if isinstance(value, bool) and expected not in (bool, object):
            right = False
        if not right:
            raise Malformed((*at, name), f"must be {_NAMES.get(expected, 'a number')}")
    for name in required:
        if name not in document:
            raise Malformed(at, f"{name} is missing")


def _mapping(value: Any, at: _At) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise Malformed(at, "must be a mapping")
    return value


def _strings(value: Any, at: _At) -> dict[str, str]:
    for name, text in _mapping(value, at).items():
        if not isinstance(text, str):
            raise Malformed((*at, name), "must be a string")
    return dict(value)


def _texts(document: Mapping[str, Any], name: str, at: _At) -> tuple[str, ...]:
    values = document.get(name, ())
    for index, value in enumerate(values):
        if not isinstance(value, str):
            raise Malformed((*at, name, index), "must be a string")
    return tuple(values)


def _line(text: str, at: _At) -> int:
    """The line of the deepest part of a path that the document has."""
    node: Any = yaml.compose(text, Loader=_Loader)
    line = 1
    for step in at:
        if isinstance(node, yaml.MappingNode):
            found = [pair for pair in node.value if pair[0].value == str(step)]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            found = [(each, each) for each in node.value[step : step + 1]]
        else:
            break
        if not found:
            break
        key, node = found[0]
        line = key.start_mark.line + 1
    return line
