"""The types that a schema declares, for rules to be checked by: what `self` is made of.

The library knows types with fields as messages of protobuf alone, so an object becomes one. A list
within a list, and a list or a map that is the value of a map, are none that a message could have:
what is within them is not checked.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from kconv._cel.library import environment_of, types
from kconv._cel.sizes import MOST, Size, Sizes, Steps

Kind = Literal[
    "object", "map", "list", "string", "bytes", "int", "double", "bool", "duration", "timestamp",
    "dyn",
]  # fmt: skip

_SCALARS: Final = {"string": 9, "bytes": 12, "int": 3, "double": 1, "bool": 8}
_KNOWN: Final = {
    "dyn": ".google.protobuf.Value",
    "duration": ".google.protobuf.Duration",
    "timestamp": ".google.protobuf.Timestamp",
}
_FILES: Final = ("struct", "duration", "timestamp")
_MESSAGE, _MANY, _ONE = 11, 3, 1


@dataclass(frozen=True, slots=True)
class Declared:
    """A type of a schema: how many entries or characters its values have at most, too.

    ``least_bytes`` is what the smallest of its values takes in JSON.
    """

    kind: Kind
    least_bytes: int
    most: int = 0
    fields: Mapping[str, Declared] = field(default_factory=dict)
    element: Declared | None = None


def sizes_of(declared: Declared) -> Sizes:
    """What is known of the sizes of values within one of a type."""

    def found(steps: Steps) -> Size | None:
        if not steps:
            return None
        at: Declared | None = declared
        # A variable is `self`, or what it was before.
        for step in steps[1:]:
            if at is None:
                return None
            if step == "@keys":
                at = _KEY if at.kind == "map" else None
            else:
                at = at.element if step in ("@items", "@values") else at.fields.get(step)
        return None if at is None else Size(0, min(at.most, MOST))

    return found


_KEY: Final = Declared("string", 2)


def typed(root: Declared) -> Callable[[Declared, bool], Any]:
    """Makes environments with a ``self`` of a type within ``root``; with what it was, or not."""
    pool, names = _pool(root)

    def made(declared: Declared, old: bool) -> Any:
        return environment_of(_type(declared, names), old=old, pool=pool)

    return made


def _type(declared: Declared, names: Mapping[int, str]) -> Any:
    kinds = types()
    match declared.kind:
        case "object":
            return kinds(names[id(declared)])
        case "list" if declared.element:
            return kinds.List(_type(declared.element, names))
        case "map" if declared.element:
            return kinds.Map(kinds.STRING, _type(declared.element, names))
    return getattr(kinds, declared.kind.upper())


def _pool(root: Declared) -> tuple[Any, dict[int, str]]:
    """Messages for every object, and their names."""
    descriptors = importlib.import_module("google.protobuf.descriptor_pb2")
    pool = importlib.import_module("google.protobuf.descriptor_pool").DescriptorPool()
    file = descriptors.FileDescriptorProto(name="self.proto", package="self", syntax="proto2")
    for each in _FILES:
        known = importlib.import_module(f"google.protobuf.{each}_pb2").DESCRIPTOR
        pool.AddSerializedFile(known.serialized_pb)
        file.dependency.append(known.name)
    names: dict[int, str] = {}
    _name(root, names)
    waiting = [root]
    while waiting:
        declared = waiting.pop()
        waiting += [*declared.fields.values(), *([declared.element] if declared.element else [])]
        if declared.kind == "object":
            message = file.message_type.add(name=names[id(declared)].rpartition(".")[2])
            message.options.deprecated_legacy_json_field_conflicts = True
            taken: set[str] = set()
            for at, (name, found) in enumerate(declared.fields.items(), start=1):
                _field(message, name, _number(at), found, names, taken)
    pool.AddSerializedFile(file.SerializeToString())
    return pool, names


def _name(declared: Declared, names: dict[int, str]) -> None:
    if declared.kind == "object":
        names[id(declared)] = f"self.Object{len(names)}"
    for each in (*declared.fields.values(), declared.element):
        if each is not None:
            _name(each, names)


def _number(at: int) -> int:
    """The number of a field, of which protobuf keeps some for itself."""
    return at if at < 19_000 else at + 1_000


def _entry_name(name: str) -> str:
    """The name that protobuf insists on for entries of a map, which two maps may share."""
    words = name.split("_")
    return "".join(each[:1].upper() + each[1:] for each in words) + "Entry"


def _field(
    message: Any,
    name: str,
    number: int,
    declared: Declared,
    names: Mapping[int, str],
    taken: set[str],
) -> None:
    made = message.field.add(name=name, json_name=name, number=number, label=_ONE)
    if declared.kind == "list" and declared.element and declared.element.kind not in _NESTED:
        made.label = _MANY
        _say(made, declared.element, names)
    elif (
        declared.kind == "map"
        and declared.element
        and declared.element.kind not in _NESTED
        and (entry_name := _entry_name(name)) not in taken
    ):
        taken.add(entry_name)
        entry = message.nested_type.add(name=entry_name)
        entry.options.map_entry = True
        entry.field.add(name="key", number=1, label=_ONE, type=_SCALARS["string"])
        _say(entry.field.add(name="value", number=2, label=_ONE), declared.element, names)
        made.label, made.type = _MANY, _MESSAGE
        made.type_name = f".self.{message.name}.{entry.name}"
    elif declared.kind in _NESTED:
        made.type, made.type_name = _MESSAGE, _KNOWN["dyn"]
    else:
        _say(made, declared, names)


_NESTED: Final = ("list", "map")


def _say(made: Any, declared: Declared, names: Mapping[int, str]) -> None:
    if declared.kind in _SCALARS:
        made.type = _SCALARS[declared.kind]
        return
    made.type = _MESSAGE
    named = declared.kind == "object"
    made.type_name = f".{names[id(declared)]}" if named else _KNOWN[declared.kind]
