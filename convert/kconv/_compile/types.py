"""Compiled types: a msgspec struct for each `kconv._schema.Type`, built when first asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from threading import RLock
from typing import Any, ForwardRef

import msgspec
from marshmallow import missing
from msgspec import UNSET, UnsetType

from kconv._compile.fields import Refused, annotation, is_compiled, loose_annotation
from kconv._compile.finish import finisher, is_constant
from kconv._compile.names import NATIVE, types_in
from kconv._compile.source import identifier
from kconv._compile.struct import Form, Struct
from kconv._compile.texts import NO_VALUE, convert, decoder
from kconv._schema import Type
from kconv.fields import spec_of
from kconv.fields._base import check_field, is_own
from kconv.fields._spec import AnyField

_building = RLock()
"""Types are built by one thread at a time."""


class Types:
    """The compiled types of one flavour.

    With ``rules`` the types refuse values that break the rules of their fields; without, they
    read whatever was stored, however it is spelled. ``closed`` ones refuse fields that they do not
    declare. With ``finish`` every object is completed as it is decoded (see `finisher`); types
    without hold values that were, or come from a conversion.
    ``canonical`` ones bring values to their canonical spelling and complete nothing. ``loose`` ones
    take whatever has the shape of their objects: no field is required, none has a default.
    ``settled`` are the canonical types for what functions fill in. ``nullable`` ones hold the nulls
    of fields that need not be there, as values of their own. ``form`` is what the values look like.
    Types refer to each other by name, so they may be circular.
    """

    def __init__(
        self,
        *,
        rules: bool = False,
        closed: bool = False,
        finish: bool = False,
        canonical: bool = False,
        loose: bool = False,
        nullable: bool = False,
        settled: Types | None = None,
        form: Form = NATIVE,
    ) -> None:
        self.form = form
        self.rules = rules
        self.nullable = nullable
        self.loose = loose
        self.closed = closed
        self.finish = finish
        self.sources: dict[type[Type], str] = {}
        self.canonical = canonical
        if settled is None and finish:
            settled = Types(canonical=True, nullable=nullable, form=form)
        self._settled = settled or self
        self._structs: dict[type[Type], type[Struct]] = {}
        self._ready: dict[type[Type], type[Struct]] = {}

    def struct(self, schema: type[Type]) -> type[Struct]:
        """The struct of a type, which msgspec knows all about once this returns."""
        found = self._ready.get(schema)
        if found is not None:
            return found
        with _building:
            below = types_below(schema)
            # Recursive types refer to each other by name, for as long as msgspec looks at them.
            names = {
                self._name(each): self._structs[each] for each in below if each in self._structs
            }
            globals().update(names)
            try:
                for each in below:
                    if each not in self._structs:
                        self._structs[each] = self._define(each)
                        names[self._name(each)] = globals()[self._name(each)] = self._structs[each]
                struct = self._structs[schema]
                # Two threads that have msgspec look at a type at once crash the process.
                decoder(struct)
            finally:
                for name in names:
                    del globals()[name]
            self._ready[schema] = struct
        return struct

    def _define(self, schema: type[Type]) -> type[Struct]:
        names = self.form.names(schema)
        fields = schema.instance().wire_fields()
        rename = {attribute: name for name, attribute in names.items() if attribute != name}
        namespace: dict[str, Any] = {
            **self.form.marks(schema),
            "__module__": __name__,
        }
        if self.finish or self.canonical:
            settle = self._settle if self.finish else None
            function, self.sources[schema] = finisher(
                schema, rules=self.rules, settle=settle, nullable=self.nullable, form=self.form
            )
            if function is not None:
                namespace["__post_init__"] = function
        zero = schema.zero_is_absent if self.rules or self.finish else {}
        struct: Any = msgspec.defstruct(
            self._name(schema),
            [self._field(names[name], field, name in zero) for name, field in fields.items()],
            bases=(self.form.base,),
            module=__name__,
            namespace=namespace,
            kw_only=True,
            gc=False,
            forbid_unknown_fields=self.closed,
            rename=rename or None,
        )
        found: type[Struct] = struct
        return found

    def _settle(self, schema: type[Type], value: Any) -> Struct:
        """What a function made of an object, as a struct. Raises as `Type.settled`."""
        struct = self._settled.struct(schema)
        try:
            settled: Struct = convert(value, struct)
        except (msgspec.ValidationError, Refused):
            # It knows nulls, and names every field of a wrong type.
            settled = convert(schema.instance().settled(value), struct)
        return settled

    def _name(self, schema: type[Type]) -> str:
        name = identifier(f"{schema.__module__}.{schema.__qualname__}")
        return f"_{name}_{id(schema):x}_{id(self):x}"

    def _field(self, attribute: str, field: AnyField, zero_is_absent: bool) -> Any:
        if self.loose:
            return attribute, loose_annotation(field, self._reference), UNSET
        default, absent = field.load_default, self.form.absent
        needed = default is missing and self._is_required(field)
        of = annotation(
            field,
            self._reference,
            rules=self.rules,
            finish=self.finish or self.canonical,
            nonzero=zero_is_absent,
            absence=absent if default is missing and not needed else NO_VALUE,
            patterns=not (self.form.remembers and self.finish),
        )
        if needed:
            return attribute, of
        if self.nullable and of is not Any and is_own(field) and not field.required:
            of = of | None
        # What is not decoded is complete already: what it lacks is absent.
        if default is missing or not self.finish or not is_constant(field, default):
            return attribute, of | _type_of(absent) if of is not Any else Any, absent
        object_type = spec_of(field).object_type
        if object_type is not None and default is dict:
            return attribute, of, msgspec.field(default_factory=self._empty(object_type))
        return attribute, of, self._default(field, default)

    def _default(self, field: AnyField, default: Any) -> Any:
        """A field's default as msgspec takes it."""
        if default is list or default is dict:
            return msgspec.field(default_factory=self.form.factory(default))
        if callable(default):
            made = _Checked(field, default) if self.rules else default
            return msgspec.field(default_factory=made)
        if isinstance(default, list | dict):
            return msgspec.field(default_factory=self.form.factory(default.copy))
        return self.form.default(default)

    def _empty(self, schema: type[Type]) -> Callable[[], Struct]:
        """What makes an empty value of a type: the struct itself, if it can be empty."""
        struct = self._structs.get(schema)
        fields = schema.instance().wire_fields().values()
        needs = any(self._is_required(each) and each.load_default is missing for each in fields)
        return _Later(self, schema) if struct is None or needs else struct

    def _is_required(self, field: AnyField) -> bool:
        """Whether an object without the field does not decode at all, or not without a rule broken.

        That a field of kconv's is required is a rule; one of another library decides as it decodes.
        """
        if not field.required:
            return False
        return self.rules if is_own(field) else self.finish and is_compiled(field)

    def _reference(self, schema: type[Type]) -> Any:
        """The struct of a type; its name, where the type is part of itself."""
        return self._structs.get(schema) or ForwardRef(self._name(schema), module=__name__)


def _type_of(absent: Any) -> Any:
    return UnsetType if absent is UNSET else None


class _Checked:
    """Makes a default, and leaves one that breaks a rule of its field to the plain engine."""

    def __init__(self, field: AnyField, default: Callable[[], Any]) -> None:
        self.field, self.default = field, default

    def __call__(self) -> Any:
        value = self.default()
        if any(check_field(self.field, value, ())):
            raise Refused
        return value


class _Later:
    """Makes an empty value of a type that may not be compiled yet."""

    def __init__(self, types: Types, schema: type[Type]) -> None:
        self.types, self.schema = types, schema

    def __call__(self) -> Struct:
        try:
            return self.types.struct(self.schema)()
        except TypeError:
            # Something that is required is missing from an object that is made of defaults.
            raise Refused from None


@cache
def nests_endlessly(schema: type[Type]) -> bool:
    """Whether a type, or one below it, is recursive, so that its objects may nest at any depth."""
    return _leads_back(schema, frozenset(), set())


def _leads_back(schema: type[Type], above: frozenset[type[Type]], done: set[type[Type]]) -> bool:
    if schema in above:
        return True
    if schema in done:
        return False
    done.add(schema)
    return any(_leads_back(part, above | {schema}, done) for part in types_in(schema))


def types_below(schema: type[Type], seen: set[type[Type]] | None = None) -> list[type[Type]]:
    """A type and all types below it, parts before what they are part of."""
    seen = set() if seen is None else seen
    seen.add(schema)
    found: list[type[Type]] = []
    for part in types_in(schema):
        if part not in seen:
            found.extend(types_below(part, seen))
    return [*found, schema]
