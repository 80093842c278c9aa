"""`Type`, the marshmallow schema of one struct of an API."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from inspect import signature
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, cast

import marshmallow
from marshmallow import missing
from marshmallow.schema import SchemaMeta, SchemaOpts

from kconv._errors import InvalidObject
from kconv._paths import REQUIRED, Finding, Path, describe
from kconv._schema.functions import (
    Defaulter,
    Derived,
    Rule,
    UpdateRule,
    Value,
    calling,
    findings_by,
)
from kconv._schema.objects import new
from kconv._schema.one_of import exactly_one, unions_in
from kconv._schema.settled import settled_value
from kconv.fields._base import check_field, elements_of, findings_of, spec_of, wire_name
from kconv.fields._spec import AnyField

_fields_only: ContextVar[bool] = ContextVar("fields_only", default=False)


@contextmanager
def fields_only() -> Iterator[None]:
    """While it lasts, the rules that groups add are not looked at."""
    token = _fields_only.set(True)
    try:
        yield
    finally:
        _fields_only.reset(token)


class TypeOptions(SchemaOpts):
    """What ``class Meta`` of a type may say, besides marshmallow's own options.

    ``map_type="atomic"``: writers replace the object as a whole (``x-kubernetes-map-type``).
    ``one_of = ("file", "url")``: exactly one of these fields is set; several unions are tuples of
    such names.
    """

    def __init__(self, meta: type, *args: Any, **kwargs: Any) -> None:
        super().__init__(meta, *args, **kwargs)
        self.unknown = marshmallow.EXCLUDE
        self.map_type: Literal["atomic"] | None = getattr(meta, "map_type", None)
        self.one_of = unions_in(getattr(meta, "one_of", ()))


_HOOK = "__marshmallow_hook__"
"""What marshmallow's decorators leave on a function."""


class _TypeMeta(SchemaMeta):
    """Gives every type lists of its own for the functions that a group adds to it."""

    def __init__(cls, name: str, bases: tuple[type, ...], attrs: dict[str, Any]) -> None:  # noqa: N805 - a metaclass
        super().__init__(name, bases, attrs)  # type: ignore[no-untyped-call]  # marshmallow leaves its metaclass untyped
        cls.zero_is_absent: dict[str, Any] = {}
        cls.omitted: list[str] = []
        cls.by_value = False
        cls.unread: dict[type[Type], frozenset[str]] = {}
        cls.defaulters: list[Defaulter | Derived] = []
        declared = vars(cls).get("Meta")
        cls.rules: list[Rule] = [
            exactly_one(union) for union in unions_in(vars(declared or object).get("one_of"))
        ]
        cls.update_rules: list[UpdateRule] = []
        cls._sealed = False

    def resolve_hooks(cls) -> dict[str, list[tuple[str, bool, dict[str, Any]]]]:  # noqa: N805 - a metaclass
        """The functions that marshmallow calls besides: those of the base, where it adds none.

        Looking for them among all that a class has takes longer than making the class.
        """
        own, base = vars(cls), cls.__bases__[0]
        hooks: dict[str, list[tuple[str, bool, dict[str, Any]]]] | None
        hooks = getattr(base, "_hooks", None) if len(cls.__bases__) == 1 else None
        names = [name for found in (hooks or {}).values() for name, *_ in found]
        if hooks is None or any(hasattr(each, _HOOK) for each in own.values()):
            return super().resolve_hooks()
        return super().resolve_hooks() if any(name in own for name in names) else hooks

    if not TYPE_CHECKING:
        # To type checkers objects are instances of the class, and made as such.
        def __call__(cls, *args: Any, **fields: Any) -> Any:  # noqa: N805 - a metaclass
            """An object of the type; a schema where marshmallow asks for one with its options."""
            if args or any(
                name in _OPTIONS and name not in cls._declared_fields for name in fields
            ):
                return super().__call__(*args, **fields)
            return new(cls, {**cls._said_by_all(), **fields})

        def __instancecheck__(cls, instance: object) -> bool:  # noqa: N805 - a metaclass
            """Whether it is a schema of the class, or an object of it or a subclass."""
            of = getattr(type(instance), "__type__", type(instance))
            return issubclass(of, cls)


_OPTIONS = frozenset(signature(marshmallow.Schema.__init__).parameters)


class Type(marshmallow.Schema, metaclass=_TypeMeta):
    """The schema of one struct of an API; its fields are `kconv.fields`, named as in the YAML.

    ``load`` decodes a JSON-shaped dict (types, null as absent, canonical spelling, defaults) and
    raises ``marshmallow.ValidationError`` with every field of a wrong type; `check` judges what
    was decoded. Fields that the type does not declare are left out; `unknown` names them.

    The schema is `instance`: calling the class makes an object, with its fields as attributes.
    """

    if TYPE_CHECKING:

        def __init__(self, **fields: Any) -> None: ...

    OPTIONS_CLASS = TypeOptions
    opts: TypeOptions
    zero_is_absent: ClassVar[dict[str, Any]]
    omitted: ClassVar[list[str]]
    """Fields whose zero equals absence, by their names in the YAML."""
    by_value: ClassVar[bool]
    """Whether a value that broke no rule need not be judged again; see `judged_by_value`."""
    unread: ClassVar[Mapping[type[Type], frozenset[str]]]
    """Fields whose texts no rule reads; see there."""
    defaulters: ClassVar[list[Defaulter | Derived]]
    rules: ClassVar[list[Rule]]
    update_rules: ClassVar[list[UpdateRule]]
    _sealed: ClassVar[bool]
    """Whether a frozen scheme holds the type, so that nothing more can be added to it."""

    _instances: ClassVar[dict[type[Type], Type]] = {}

    @classmethod
    def instance(cls) -> Self:
        """The one shared instance of this type; a schema has no state of its own."""
        found = Type._instances.get(cls)
        if found is None:
            found = Type._instances[cls] = type.__call__(cls)
        return cast("Self", found)

    @classmethod
    def _said_by_all(cls) -> dict[str, Any]:
        """What fields of all objects hold that a program makes, unless it says otherwise."""
        return {}

    @classmethod
    def forget_instance(cls) -> None:
        """Make the shared instance anew when it is next asked for; a field was declared."""
        Type._instances.pop(cls, None)

    def on_bind_field(self, field_name: str, field_obj: marshmallow.fields.Field[Any]) -> None:
        """Keep one name for a field: loaded values are keyed as the YAML is."""
        if field_obj.attribute is None:
            field_obj.attribute = field_obj.data_key or field_name

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """Loaded values are dicts, whose keys may have dots in them."""
        return obj.get(attr, default)

    def load(self, data: Any, **kwargs: Any) -> Any:
        """Decode a JSON-shaped dict.

        Raises ``marshmallow.ValidationError`` with every field whose value is of a wrong type.
        """
        value = super().load(data, **kwargs)
        for name, default in self.zero_is_absent.items():
            if not value.get(name):
                value[name] = default
        for fill_in in inherited(type(self), "defaulters"):
            value = self.filled_in(fill_in, value)
        return value

    def filled_in(self, fill_in: Defaulter | Derived, value: Value) -> Value:
        """A decoded value after a computed default has had its turn.

        What the default leaves is brought to the form of decoded values (see `settled`). Raises
        `FunctionFailed` if its function fails, or fills in a value of a wrong type.
        """
        if not fill_in.applies(value):
            return value
        with calling(fill_in.function, type(self)):
            fill_in.fill_in(value)
            if not isinstance(fill_in, Derived):
                return self.settled(value)
            # It writes one field, and the others are settled.
            made = self.settled({fill_in.field: value.pop(fill_in.field)})
        return {**value, **made}

    def settled(self, value: Mapping[str, Any]) -> Value:
        """What a function made of an object of the type, in the form of decoded values.

        That is without nulls and fields that are not declared, in canonical spelling, and without
        any more defaults. Raises ``marshmallow.ValidationError`` with every field of a wrong type.
        """
        errors: dict[str, Any] = {}
        made: Value = {}
        for name, field in self.wire_fields().items():
            if value.get(name) is not None:
                try:
                    found = settled_value(field, value[name])
                except marshmallow.ValidationError as error:
                    errors[name] = error.messages
                    continue
                if found is not missing:
                    made[name] = found
        if errors:
            raise marshmallow.ValidationError(errors)
        return made

    def wire_fields(self) -> Mapping[str, marshmallow.fields.Field[Any]]:
        """The fields by the names that they have in the YAML, as declared."""
        of, found = self._wire_fields
        # marshmallow gives copies of a schema that are to show less other fields.
        if of is not self.fields:
            found = {wire_name(field): field for field in self.fields.values()}
            self._wire_fields = (self.fields, found)
        return found

    _wire_fields: tuple[object, Mapping[str, marshmallow.fields.Field[Any]]] = (None, {})

    def check(self, value: Mapping[str, Any], path: Path = ()) -> Iterator[Finding]:
        """Every rule that a decoded value breaks, in the order of the fields that they are about.

        For each field first its own, then those that the group adds about it. Where the group
        says why a field is required, the field itself need not repeat that it is.
        """
        added: dict[str | int | None, list[Finding]] = {}
        for rule in () if _fields_only.get() else inherited(type(self), "rules"):
            for finding in findings_by(rule, type(self), copy.deepcopy(value)):
                step = finding.path[0] if finding.path else None
                added.setdefault(step, []).append(finding)
        for name, field in self.wire_fields().items():
            about = added.pop(name, ())
            explained = {each.path for each in about if each.reason == REQUIRED}
            for finding in check_field(field, value.get(name, missing), (name,)):
                if finding.reason != REQUIRED or finding.path not in explained:
                    yield finding.under(*path)
            for finding in about:
                yield finding.under(*path)
        for rest in added.values():
            for finding in rest:
                yield finding.under(*path)

    def check_fields(self, value: Mapping[str, Any]) -> list[Finding]:
        """Every rule of single fields that a decoded value breaks, without what groups add."""
        with fields_only():
            return list(self.check(value))

    def check_update(
        self, new: Mapping[str, Any], old: Mapping[str, Any], path: Path = ()
    ) -> Iterator[Finding]:
        """Every rule about changes that going from ``old`` to ``new`` breaks.

        Looks into objects within objects, not into lists and maps, whose elements come and go.
        """
        for name, field in self.wire_fields().items():
            of = spec_of(field).object_type
            if of is not None and isinstance(new.get(name), dict):
                before = old.get(name) or {}
                yield from of.instance().check_update(new[name], before, (*path, name))
        for rule in inherited(type(self), "update_rules"):
            given = copy.deepcopy(new), copy.deepcopy(old)
            for finding in findings_by(rule, type(self), *given):
                yield finding.under(*path)

    def unknown_fields(self, data: Any, path: Path = ()) -> Iterator[Path]:
        """The paths in a raw document that the type does not declare, at every depth."""
        if not isinstance(data, dict):
            return
        known = self.wire_fields()
        for key, value in data.items():
            field = known.get(key)
            if field is None:
                yield (*path, key)
            else:
                yield from _unknown_in(field, value, (*path, key))


def _unknown_in(field: AnyField, value: Any, path: Path) -> Iterator[Path]:
    spec = spec_of(field)
    if spec.object_type is not None:
        yield from spec.object_type.instance().unknown_fields(value, path)
    for key, element, inner in elements_of(spec, value):
        yield from _unknown_in(inner, element, (*path, key))


def inherited(cls: type[Type], what: str) -> Iterator[Any]:
    """The functions added to a type and its bases: ``defaulters``, ``rules``, ``update_rules``."""
    for base in reversed(cls.__mro__):
        yield from vars(base).get(what, ())


def decode(schema: type[Type], data: Any) -> Value:
    """Decode one value with a type on its own, outside of any pipeline.

    Raises `InvalidObject` whose findings are all the fields of a wrong type.
    """
    try:
        return cast("Value", schema.instance().load(data))
    except marshmallow.ValidationError as error:
        findings = list(findings_of(error.messages))
        raise InvalidObject(describe(findings), findings=findings) from None
