"""Compiled types: a msgspec struct for each `kconv.schema.Type`, built when first asked for."""

from __future__ import annotations

import keyword
from collections.abc import Callable, Iterator
from typing import Any, ForwardRef

import msgspec
from marshmallow import missing
from msgspec import UNSET, UnsetType

from kconv.compile.fields import AnyField, Slow, annotation, is_compiled
from kconv.compile.source import identifier
from kconv.compile.struct import Struct
from kconv.fields import Field, List, Map, Object
from kconv.schema import Type

_RESERVED = frozenset(dir(Struct))


class Types:
    """The compiled types of one flavour.

    With ``rules`` the types refuse values that break the rules of their fields; without, they
    read whatever was stored. ``closed`` ones refuse fields that they do not declare. Types refer
    to each other by name, so they may be circular.
    """

    def __init__(self, *, rules: bool, closed: bool = False) -> None:
        self.rules = rules
        self.closed = closed
        self._structs: dict[type[Type], type[Struct]] = {}

    def struct(self, schema: type[Type]) -> type[Struct]:
        """The struct of a type; its annotations are complete once this returns."""
        found = self._structs.get(schema)
        if found is not None:
            return found
        for each in _parts_first(schema):
            if each not in self._structs:
                self._structs[each] = self._define(each)
        return self._structs[schema]

    def _define(self, schema: type[Type]) -> type[Struct]:
        names = attribute_names(schema)
        rename = {attribute: name for name, attribute in names.items() if attribute != name}
        definitions = [
            self._field(names[name], field)
            for name, field in schema.instance().wire_fields().items()
        ]
        namespace = {
            "__attributes__": {name: attribute for attribute, name in rename.items()},
            "__objects__": {
                names[name]: _Assigned(self, field)
                for name, field in schema.instance().wire_fields().items()
                if is_compiled(field) and isinstance(_innermost(field), Object)
            },
            "__module__": __name__,
        }
        struct: Any = msgspec.defstruct(
            self._name(schema),
            definitions,
            bases=(Struct,),
            module=__name__,
            namespace=namespace,
            kw_only=True,
            gc=False,
            forbid_unknown_fields=self.closed,
            rename=rename or None,
        )
        globals()[self._name(schema)] = struct
        found: type[Struct] = struct
        return found

    def _name(self, schema: type[Type]) -> str:
        flavour = f"{'Checked' if self.rules else 'Stored'}{'Closed' if self.closed else ''}"
        return f"_{flavour}_{identifier(schema.__module__)}_{schema.__qualname__}_{id(schema):x}"

    def _field(self, attribute: str, field: AnyField) -> Any:
        of = annotation(field, self._reference, rules=self.rules)
        default = field.load_default
        if default is missing and isinstance(field, Field) and field.required:
            return attribute, of
        if default is missing:
            return attribute, of | UnsetType if of is not Any else Any, UNSET
        if isinstance(field, Object) and default is dict:
            return attribute, of, msgspec.field(default_factory=self._empty(field.type))
        if callable(default):
            return attribute, of, msgspec.field(default_factory=default)
        if isinstance(default, list | dict):
            return attribute, of, msgspec.field(default_factory=default.copy)
        return attribute, of, default

    def _empty(self, schema: type[Type]) -> Callable[[], Struct]:
        """What makes an empty value of a type: the struct itself, if it can be empty."""
        struct = self._structs.get(schema)
        fields = schema.instance().wire_fields().values()
        needs = any(
            isinstance(f, Field) and f.required and f.load_default is missing for f in fields
        )
        return _Later(self, schema) if struct is None or needs else struct

    def _reference(self, schema: type[Type]) -> Any:
        return ForwardRef(self._name(schema), module=__name__)


class _Later:
    """Makes an empty value of a type that may not be compiled yet."""

    def __init__(self, types: Types, schema: type[Type]) -> None:
        self.types, self.schema = types, schema

    def __call__(self) -> Struct:
        try:
            return self.types.struct(self.schema)()
        except TypeError:
            # Something that is required is missing from an object that is made of defaults.
            raise Slow from None


class _Assigned:
    """Compiles dicts that a computed default assigns to a field which holds objects."""

    def __init__(self, types: Types, field: AnyField) -> None:
        self.types, self.field = types, field

    def __call__(self, value: Any) -> Any:
        return self._compiled(self.field, value)

    def _compiled(self, field: AnyField, value: Any) -> Any:
        if isinstance(field, List):
            return [self._compiled(field.inner, each) for each in value]
        if isinstance(field, Map):
            return {key: self._compiled(field.inner, each) for key, each in value.items()}
        if isinstance(field, Object) and isinstance(value, dict):
            return msgspec.convert(value, self.types.struct(field.type))
        return value


def _innermost(field: AnyField) -> AnyField:
    while isinstance(field, List | Map):
        field = field.inner
    return field


def _parts_first(schema: type[Type], seen: set[type[Type]] | None = None) -> list[type[Type]]:
    """A type and all types below it, parts before what they are part of."""
    seen = set() if seen is None else seen
    seen.add(schema)
    found: list[type[Type]] = []
    for part in types_in(schema):
        if part not in seen:
            found.extend(_parts_first(part, seen))
    return [*found, schema]


def types_in(schema: type[Type]) -> Iterator[type[Type]]:
    """The types of the objects that a type's fields hold directly, or in lists and maps."""
    for field in schema.instance().wire_fields().values():
        inner = field
        while isinstance(inner, List | Map):
            inner = inner.inner
        if isinstance(inner, Object):
            yield inner.type


def attribute_names(schema: type[Type]) -> dict[str, str]:
    """The attribute of each field by its name in the YAML; they differ for Python's own words."""
    names: dict[str, str] = {}
    for name in schema.instance().wire_fields():
        attribute = identifier(name)
        while (
            keyword.iskeyword(attribute)
            or attribute in _RESERVED
            or attribute[:1].isdigit()
            or attribute.startswith("__")
            or attribute in names.values()
        ):
            attribute = f"f_{attribute.lstrip('_')}_"
        names[name] = attribute
    return names
