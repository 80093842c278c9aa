"""A compiled expression, read back: what it says, and of which types its parts are.

The library gives it as the bytes of ``cel.expr.CheckedExpr``, a protobuf message whose public
declaration is here as far as it is needed.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

_PACKAGE: Final = "kconv.cel.expr"
_KINDS: Final = {
    "bool": 8, "int64": 3, "uint64": 4, "double": 1, "string": 9, "bytes": 12, "enum": 5,
}  # fmt: skip
"""Numbers of types in descriptors; an enum is read as the number that it is."""

_MESSAGES: Final = {
    "Checked": "2 references {Reference}, 3 types {Type}, 4 expr Expr",
    "Reference": "1 name string, 3 overload_id *string",
    "Type": (
        "1 dyn Empty, 2 null enum, 3 primitive enum, 4 wrapper enum, 5 well_known enum, "
        "6 list_type List, 7 map_type Map, 9 message_type string, 10 type_param string, "
        "11 type Type, 12 error Empty, 14 abstract_type Abstract"
    ),
    "Empty": "",
    "List": "1 elem_type Type",
    "Map": "1 key_type Type, 2 value_type Type",
    "Abstract": "1 name string, 2 parameter_types *Type",
    "Expr": (
        "2 id int64, 3 const_expr Constant, 4 ident_expr Ident, 5 select_expr Select, "
        "6 call_expr Call, 7 list_expr CreateList, 8 struct_expr CreateStruct, "
        "9 comprehension_expr Comprehension"
    ),
    "Constant": (
        "1 null_value enum, 2 bool_value bool, 3 int64_value int64, 4 uint64_value uint64, "
        "5 double_value double, 6 string_value string, 7 bytes_value bytes"
    ),
    "Ident": "1 name string",
    "Select": "1 operand Expr, 2 field string, 3 test_only bool",
    "Call": "1 target Expr, 2 function string, 3 args *Expr",
    "CreateList": "1 elements *Expr",
    "CreateStruct": "1 message_name string, 2 entries *Entry",
    "Entry": "1 id int64, 2 field_key string, 3 map_key Expr, 4 value Expr",
    "Comprehension": (
        "1 iter_var string, 2 iter_range Expr, 3 accu_var string, 4 accu_init Expr, "
        "5 loop_condition Expr, 6 loop_step Expr, 7 result Expr, 8 iter_var2 string"
    ),
}
"""Messages by name: number, name and type of each field; ``*`` is many, ``{}`` a map by id."""

_ONE_OF: Final = {"Type", "Constant"}
"""Messages of which one field is set, which `WhichOneof` of ``kind`` names."""


class TooDeep(Exception):
    """An expression is nested deeper than can be read back."""


def read(data: bytes) -> Any:
    """A compiled expression. Raises `TooDeep`."""
    decode_error = importlib.import_module("google.protobuf.message").DecodeError
    wrapped = importlib.import_module("google.protobuf.any_pb2").Any.FromString(data)
    try:
        return _checked().FromString(wrapped.value)
    except decode_error:
        raise TooDeep from None


def kind_of(expr: Any) -> str:
    """What an expression is: ``call_expr`` and so on."""
    return str(expr.WhichOneof("kind") or "")


def parts(expr: Any) -> Iterator[Any]:
    """An expression and all that is within it."""
    waiting = [expr]
    while waiting:
        found = waiting.pop()
        yield found
        kind = kind_of(found)
        if kind:
            waiting += _within(getattr(found, kind))


def _within(message: Any) -> Iterator[Any]:
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        for each in value if field.is_repeated else [value]:
            if field.message_type.name == "Expr":
                yield each
            else:
                yield from _within(each)


@cache
def _checked() -> Any:
    """The class of the message."""
    descriptors = importlib.import_module("google.protobuf.descriptor_pb2")
    pools = importlib.import_module("google.protobuf.descriptor_pool")
    factory = importlib.import_module("google.protobuf.message_factory")
    file = descriptors.FileDescriptorProto(
        name="kconv/cel.proto", package=_PACKAGE, syntax="proto3"
    )
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        chosen = name in _ONE_OF or name == "Expr"
        if chosen:
            message.oneof_decl.add(name="kind")
        for each in filter(None, fields.split(", ")):
            number, field, kind = each.split()
            _add(message, int(number), field, kind, chosen=chosen and field != "id")
    pool = pools.DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    return factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.Checked"))


def _add(message: Any, number: int, name: str, kind: str, *, chosen: bool) -> None:
    is_map, is_many = kind.startswith("{"), kind.startswith(("*", "{"))
    bare = kind.strip("*{}")
    field = message.field.add(name=name, number=number, label=3 if is_many else 1)
    if chosen:
        field.oneof_index = 0
    if is_map:
        entry = message.nested_type.add(name=f"{name.capitalize()}Entry")
        entry.options.map_entry = True
        entry.field.add(name="key", number=1, label=1, type=_KINDS["int64"])
        entry.field.add(
            name="value", number=2, label=1, type=11, type_name=f".{_PACKAGE}.{bare}"
        )  # fmt: skip
        bare = f"{message.name}.{entry.name}"
    if bare in _KINDS:
        field.type = _KINDS[bare]
    else:
        field.type, field.type_name = 11, f".{_PACKAGE}.{bare}"
