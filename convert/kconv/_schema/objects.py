"""Typed objects: what a program reads and writes of a type, its fields as attributes.

To type checkers an object of a type is an instance of its class, whose fields say what they hold
(`kconv.fields.Field`). At run time the class is a marshmallow schema, and an object one of a struct
that is made of its fields: `isinstance` takes it for an instance of the class all the same.
"""

from __future__ import annotations

import copy
import keyword
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import repeat
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

import msgspec
from marshmallow import missing

from kconv.fields._base import is_own, says_itself, spec_of
from kconv.fields._spec import AnyField

if TYPE_CHECKING:
    from kconv._schema.type import Type

TypeT = TypeVar("TypeT", bound="Type")

EXTRA = "__extra__"
"""The attribute in which objects of documents keep nulls and fields that are not declared."""


class TypedObject(msgspec.Struct, kw_only=True, gc=False, omit_defaults=True):
    """Base of the structs of typed objects.

    Attributes are called as the fields are in the class that declares them. An absent field is
    None. Nothing is judged when a field is set, but when the object is written.
    """

    __type__: ClassVar[Any]
    """The class that it is an object of."""
    __attributes__: ClassVar[Mapping[str, str]]
    """The attribute of each field by its name in the YAML."""

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TypedObject) or other.__type__ is not self.__type__:
            return NotImplemented
        return to_dict(self) == to_dict(other)

    __hash__ = None  # type: ignore[assignment]  # what can be changed has no hash

    def __repr__(self) -> str:
        said = ", ".join(
            f"{attribute}={value!r}"
            for attribute in self.__attributes__.values()
            if (value := getattr(self, attribute, None)) is not None
        )
        return f"{self.__type__.__qualname__}({said})"

    def __reduce__(self) -> tuple[Any, ...]:
        return revived, (self.__type__, to_dict(self))

    def __deepcopy__(self, memo: dict[int, Any]) -> TypedObject:
        made: TypedObject = revived(self.__type__, copy.deepcopy(to_dict(self), memo))
        return made

    def __copy__(self) -> TypedObject:
        made: TypedObject = revived(self.__type__, extras_of(self))
        for attribute in self.__attributes__.values():
            setattr(made, attribute, getattr(self, attribute, None))
        return made


class _MadeObject(TypedObject, kw_only=True, gc=True, omit_defaults=True, dict=True):
    """Base of the structs of objects that a program makes, or that hold what no field declares."""

    def __setattr__(self, name: str, value: Any) -> None:
        # It has a dict for what documents keep, in which a mistyped name would be lost.
        if name not in self.__struct_fields__:
            raise AttributeError(_no_field(self.__type__, name), name=name, obj=self)
        super().__setattr__(name, value)


@cache
def object_attributes(schema: type[Type]) -> Mapping[str, str]:
    """The attribute of each field by its name in the YAML: the name that its class gives it."""
    names: dict[str, str] = {}
    declared = {id(field): name for name, field in schema.instance().fields.items()}
    for number, (wire, field) in enumerate(schema.instance().wire_fields().items()):
        name = declared[id(field)]
        if not name.isidentifier() or keyword.iskeyword(name) or name.startswith("__"):
            name = f"field_{number}"
        names[wire] = name
    return names


def constant(value: Any) -> Any:
    """A default factory that gives the same value each time.

    As a plain default, msgspec would leave the value out of what it writes.
    """
    return msgspec.field(default_factory=repeat(value).__next__)


@cache
def made_type(schema: type[Type]) -> type[TypedObject]:
    """The struct of objects of a type that a program makes."""
    names = object_attributes(schema)
    fields = schema.instance().wire_fields()
    made: Any = msgspec.defstruct(
        schema.__name__,
        [(names[name], Any, _default(field)) for name, field in fields.items()],
        bases=(_MadeObject,),
        namespace={"__type__": schema, "__attributes__": names, "__module__": schema.__module__},
        kw_only=True,
        omit_defaults=True,
        dict=True,
        rename={each: name for name, each in names.items() if each != name} or None,
    )
    found: type[TypedObject] = made
    return found


def _default(field: AnyField) -> Any:
    default = field.load_default
    if default is missing or default is None:
        return None
    if callable(default) or isinstance(default, dict | list):
        return msgspec.field(default_factory=lambda: _held(field, _called(default)))
    return constant(default)


def _called(default: Any) -> Any:
    return default() if callable(default) else copy.deepcopy(default)


def new(schema: type[Type], fields: Mapping[str, Any]) -> TypedObject:
    """An object of a type with these fields, by the names of its attributes.

    Dicts in place of objects are read as `from_dict` does. Defaults of single fields are filled
    in. Raises ``TypeError`` for a field that the type does not have.
    """
    by_attribute = {each: name for name, each in object_attributes(schema).items()}
    declared = schema.instance().wire_fields()
    held = {}
    for attribute, value in fields.items():
        if attribute not in by_attribute:
            raise TypeError(_no_field(schema, attribute))
        held[attribute] = _held(declared[by_attribute[attribute]], value)
    return made_type(schema)(**held)


def from_dict(schema: type[TypeT], value: Mapping[str, Any]) -> TypeT:
    """An object of a type from a JSON-shaped value, with the names in the YAML.

    Defaults of single fields are filled in, and apiVersion and kind. Nulls and fields that are not
    declared are kept beside the fields, for documents.
    """
    said = {**schema._said_by_all(), **value}
    return cast("TypeT", _made(schema, said, keep=True, fill=True))


def revived(schema: type[TypeT], value: Mapping[str, Any], *, keep: bool = True) -> TypeT:
    """An object of a type from what `to_dict` gives, or a decoded value: nothing is filled in.

    Unless ``keep``, nulls equal absent fields, and fields that are not declared are left out.
    """
    return cast("TypeT", _made(schema, value, keep=keep, fill=False))


def _made(schema: type[Type], value: Mapping[str, Any], *, keep: bool, fill: bool) -> TypedObject:
    names, fields = object_attributes(schema), schema.instance().wire_fields()
    struct = made_type(schema)
    made = struct() if fill else struct(**dict.fromkeys(names.values()))
    extra = {}
    for name, each in value.items():
        if name not in names or (each is None and is_own(fields[name])):
            extra[name] = each
            if name in names and keep:
                setattr(made, names[name], None)
        else:
            setattr(made, names[name], _held(fields[name], each, keep=keep, fill=fill))
    if extra and keep:
        vars(made)[EXTRA] = extra
    return made


def _held(field: AnyField, value: Any, *, keep: bool = True, fill: bool = True) -> Any:
    """What an object holds of a field, with objects where the value has dicts."""
    if not isinstance(value, dict | list) or not says_itself(field):
        return value
    spec = spec_of(field)
    if spec.object_type is not None and isinstance(value, dict):
        return _made(spec.object_type, value, keep=keep, fill=fill)
    if spec.element is None:
        return value
    if isinstance(value, list):
        return [_held(spec.element, each, keep=keep, fill=fill) for each in value]
    return {key: _held(spec.element, each, keep=keep, fill=fill) for key, each in value.items()}


def to_dict(value: Any) -> dict[str, Any]:
    """A typed object as a JSON-shaped dict: names as in the YAML, absent fields left out.

    Nulls and undeclared fields that the object of a document came with are in it. Raises
    ``TypeError`` for what is no typed object.
    """
    if not isinstance(value, TypedObject):
        raise TypeError(f"{value!r} is no typed object")
    return _plain(value)


def _plain(value: TypedObject) -> dict[str, Any]:
    made = {}
    extra = extras_of(value)
    for name, attribute in value.__attributes__.items():
        # It may have been deleted.
        held = getattr(value, attribute, None)
        if held is not None:
            made[name] = _inside(held)
        elif name in extra:
            made[name] = None
    return made | {name: copy.deepcopy(v) for name, v in extra.items() if name not in made}


def _inside(value: Any) -> Any:
    if isinstance(value, TypedObject):
        return _plain(value)
    if isinstance(value, list | tuple):
        return [_inside(each) for each in value]
    if isinstance(value, Mapping):
        return {key: _inside(each) for key, each in value.items()}
    return value


def extras_of(value: TypedObject) -> Mapping[str, Any]:
    """The nulls and undeclared fields that an object came with, nothing within it looked at."""
    found: Mapping[str, Any] = getattr(value, "__dict__", {}).get(EXTRA, {})
    return {
        name: each
        for name, each in found.items()
        if name not in value.__attributes__
        or getattr(value, value.__attributes__[name], None) is None
    }


def _no_field(schema: type[Type], name: str) -> str:
    from difflib import get_close_matches  # who makes no mistakes never needs it

    known = list(object_attributes(schema).values())
    message = f"{schema.__qualname__} has no field {name}"
    meant = [*_wire_name(schema, name), *get_close_matches(name, known, 1)]
    return f"{message}; did you mean {meant[0]}?" if meant else f"{message}: {', '.join(known)}"


def _wire_name(schema: type[Type], name: str) -> Iterator[str]:
    found = object_attributes(schema).get(name)
    if found is not None:
        yield found
