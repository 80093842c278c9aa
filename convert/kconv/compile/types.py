"""Compiled types: a msgspec struct for each `kconv.schema.Type`, built when first asked for."""

from __future__ import annotations

import keyword
from collections.abc import Iterator
from typing import Any, ForwardRef

import msgspec
from marshmallow import missing
from msgspec import UNSET, UnsetType

from kconv.compile.fields import AnyField, annotation
from kconv.compile.source import identifier
from kconv.compile.struct import Struct
from kconv.fields import Field, List, Map, Object
from kconv.schema import Type

_RESERVED = frozenset(dir(Struct))


class Types:
    """The compiled types of one flavour.

    With ``rules`` the types refuse values that break the rules of their fields; without, they
    read whatever was stored. Types refer to each other by name, so they may be circular.
    """

    def __init__(self, *, rules: bool) -> None:
        self.rules = rules
        self._structs: dict[type[Type], type[Struct]] = {}
        self._references: dict[str, Any] = {}
        self._open = 0

    def struct(self, schema: type[Type]) -> type[Struct]:
        """The struct of a type; its annotations are complete once this returns."""
        found = self._structs.get(schema)
        if found is not None:
            return found
        below = _with_types_below(schema)
        for each in below:
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
            rename=rename or None,
        )
        globals()[self._name(schema)] = struct
        found: type[Struct] = struct
        return found

    def _name(self, schema: type[Type]) -> str:
        flavour = "Checked" if self.rules else "Stored"
        return f"_{flavour}_{identifier(schema.__module__)}_{schema.__qualname__}_{id(schema):x}"

    def _field(self, attribute: str, field: AnyField) -> Any:
        of = annotation(field, self._reference, rules=self.rules)
        if isinstance(field, Field) and field.required:
            return attribute, of
        default = field.load_default
        if default is missing:
            return attribute, of | UnsetType if of is not Any else Any, UNSET
        if isinstance(field, Object) and default is dict:
            return attribute, of, msgspec.field(default_factory=_Later(self, field.type))
        if callable(default):
            return attribute, of, msgspec.field(default_factory=default)
        if isinstance(default, list | dict):
            return attribute, of, msgspec.field(default_factory=default.copy)
        return attribute, of, default

    def _reference(self, schema: type[Type]) -> Any:
        return ForwardRef(self._name(schema), module=__name__)


class _Later:
    """Makes an empty value of a type that may not be compiled yet."""

    def __init__(self, types: Types, schema: type[Type]) -> None:
        self.types, self.schema = types, schema

    def __call__(self) -> Struct:
        return self.types.struct(self.schema)()


def _with_types_below(schema: type[Type]) -> list[type[Type]]:
    found: dict[type[Type], None] = {}
    waiting = [schema]
    while waiting:
        each = waiting.pop()
        if each not in found:
            found[each] = None
            waiting.extend(types_in(each))
    return list(found)


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
