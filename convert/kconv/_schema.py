"""`Type`, the marshmallow schema of one struct of an API, and what a group adds to one by hand.

Constant defaults and rules about a single field are said on the field. What is computed from
several fields is a function beside the type: `defaults` and `derives` for values that are filled
in, `validates` for rules, `validates_update` for rules about a change. So generated types stay
generated.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self, TypeVar, cast

import marshmallow
from marshmallow import missing
from marshmallow.schema import SchemaMeta, SchemaOpts

from kconv._errors import FunctionFailed, InvalidObject, KconvError
from kconv._paths import REQUIRED, Finding, Path, describe
from kconv._seal import refuse_sealed
from kconv.fields._base import (
    check_field,
    elements_of,
    findings_of,
    is_own,
    says_itself,
    spec_of,
    type_error,
    wire_name,
)
from kconv.fields._spec import AnyField

Value = dict[str, Any]
"""A decoded object: JSON-shaped, keyed by the names in the YAML, absent fields left out."""

Default = Callable[[Value], None]
Rule = Callable[[Mapping[str, Any]], Iterable[Finding]]
UpdateRule = Callable[[Mapping[str, Any], Mapping[str, Any]], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Defaulter:
    """Computed defaults, and of which fields it depends whether there are any (see `defaults`)."""

    function: Default
    when: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    lacking: tuple[tuple[str, ...], ...] = ()
    empty: tuple[tuple[str, ...], ...] = ()

    def applies(self, value: Value) -> bool:
        """Whether there is anything to fill in in a decoded value."""
        if self.when and not any(name in value for name in self.when):
            return False
        if (self.lacking or self.empty) and not self.lacks_any(value):
            return False
        return not any(name in value for name in self.unless)

    def __call__(self, value: Value) -> None:
        """Fill in the defaults of a decoded value, in place, where it applies."""
        if self.applies(value):
            self.fill_in(value)

    def fill_in(self, value: Value) -> None:
        """Fill in the defaults of a decoded value, in place."""
        self.function(value)

    def lacks_any(self, value: Value) -> bool:
        """Whether any field of ``lacking`` is absent, or any of ``empty`` is that or empty.

        A field is absent too where an object that it would be in is.
        """
        return any(_at(value, path) is None for path in self.lacking) or any(
            not _at(value, path) for path in self.empty
        )


def _at(value: Any, path: Sequence[str]) -> Any:
    for name in path:
        if name not in value:
            return None
        value = value[name]
    return value


@dataclass(frozen=True, slots=True)
class Derived:
    """The default of one field, worked out from others (see `derives`)."""

    field: str
    of: tuple[str, ...]
    function: Callable[..., Any]
    replace: bool = False
    when: tuple[str, ...] = ()

    def applies(self, value: Value) -> bool:
        """Whether the field of a decoded value is absent or empty, unless that is no matter."""
        if self.when and not any(name in value for name in self.when):
            return False
        return self.replace or not value.get(self.field)

    def __call__(self, value: Value) -> None:
        """Fill in the field of a decoded value, in place, where it applies."""
        if self.applies(value):
            self.fill_in(value)

    def fill_in(self, value: Value) -> None:
        """Fill in the field of a decoded value, in place."""
        value[self.field] = self.function(*(copy.deepcopy(value.get(name)) for name in self.of))


@contextmanager
def calling(function: Callable[..., Any], of: type[marshmallow.Schema]) -> Iterator[None]:
    """Around a call of what an API package adds to a type: says which function it was that failed.

    Raises `FunctionFailed`, or what `function_failed` lets pass.
    """
    try:
        yield
    except Exception as error:
        raise function_failed(function, of, error) from error


def function_failed(
    function: Callable[..., Any], of: type[marshmallow.Schema], error: Exception
) -> Exception:
    """The error of a function of a type that raised ``error``.

    Errors of kconv, and what documents raise that nest too deep, stay what they are.
    """
    if isinstance(error, KconvError | RecursionError):
        return error
    what = getattr(function, "__qualname__", repr(function))
    if isinstance(error, marshmallow.ValidationError):
        findings = list(findings_of(error.messages))
        message = f"the default {what} of {of.__qualname__} fills in what does not decode: "
        return FunctionFailed(message + describe(findings), findings=findings)
    message = f"the function {what} of {of.__qualname__} failed: {type(error).__name__}: {error}"
    return FunctionFailed(message)


def findings_by(
    rule: Callable[..., Iterable[Finding]], of: type[marshmallow.Schema], *values: Any
) -> list[Finding]:
    """What a rule of a type finds about values, which belong to the rule: it may change them.

    Raises `FunctionFailed` if the rule fails.
    """
    with calling(rule, of):
        return list(rule(*values))


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
    """

    def __init__(self, meta: type, *args: Any, **kwargs: Any) -> None:
        super().__init__(meta, *args, **kwargs)
        self.unknown = marshmallow.EXCLUDE
        self.map_type: Literal["atomic"] | None = getattr(meta, "map_type", None)


class _TypeMeta(SchemaMeta):
    """Gives every type lists of its own for the functions that a group adds to it."""

    def __init__(cls, name: str, bases: tuple[type, ...], attrs: dict[str, Any]) -> None:  # noqa: N805 - a metaclass
        super().__init__(name, bases, attrs)  # type: ignore[no-untyped-call]  # marshmallow leaves its metaclass untyped
        cls.zero_is_absent: dict[str, Any] = {}
        cls.defaulters: list[Defaulter | Derived] = []
        cls.rules: list[Rule] = []
        cls.update_rules: list[UpdateRule] = []
        cls._sealed = False


class Type(marshmallow.Schema, metaclass=_TypeMeta):
    """The schema of one struct of an API; its fields are `kconv.fields`, named as in the YAML.

    ``load`` decodes a JSON-shaped dict (types, null as absent, canonical spelling, defaults) and
    raises ``marshmallow.ValidationError`` with every field of a wrong type; `check` judges what
    was decoded. Fields that the type does not declare are left out; `unknown` names them.
    """

    OPTIONS_CLASS = TypeOptions
    opts: TypeOptions
    zero_is_absent: ClassVar[dict[str, Any]]
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
            found = Type._instances[cls] = cls()
        return cast("Self", found)

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
            return self.settled(value)

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
                    made[name] = _settled(field, value[name])
                except marshmallow.ValidationError as error:
                    errors[name] = error.messages
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


def _settled(field: marshmallow.fields.Field[Any], value: Any) -> Any:
    spec = spec_of(field)
    if not says_itself(field):
        # What decodes by its own code need not decode what it decoded already.
        return value
    if spec.object_type is not None:
        if not isinstance(value, dict):
            raise type_error(value, "an object")
        return spec.object_type.instance().settled(value)
    if spec.element is None:
        return field.deserialize(value)
    if not isinstance(value, dict if spec.structure == "map" else list):
        raise type_error(value, "a map" if spec.structure == "map" else "a list")
    made: dict[Any, Any] = {}
    errors: dict[Any, Any] = {}
    for key, each in enumerate(value) if isinstance(value, list) else value.items():
        try:
            given = null_element(spec.element) if each is None else each
            made[key] = _settled(spec.element, given)
        except marshmallow.ValidationError as error:
            errors[key] = error.messages
    if errors:
        raise marshmallow.ValidationError(errors)
    return list(made.values()) if isinstance(value, list) else made


def null_element(field: marshmallow.fields.Field[Any]) -> Any:
    """What a null element of a list or map stands for, as a raw value."""
    if not is_own(field):
        return None
    return {} if spec_of(field).structure == "object" else copy.copy(spec_of(field).zero)


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


_DefaultT = TypeVar("_DefaultT", bound=Default)
_DerivedT = TypeVar("_DerivedT", bound=Callable[..., Any])
_RuleT = TypeVar("_RuleT", bound=Rule)
_UpdateRuleT = TypeVar("_UpdateRuleT", bound=UpdateRule)


def defaults(
    *types: type[Type],
    when: Collection[str] = (),
    unless: Collection[str] = (),
    lacking: Collection[str] = (),
    empty: Collection[str] = (),
) -> Callable[[_DefaultT], _DefaultT]:
    """Decorator: a function that fills in computed defaults of the given types.

    It gets a decoded value, with the fields' own defaults in it, and changes it in place. It need
    not be called for values without any of the fields ``when``, nor for those with any of the
    fields ``unless``, nor for those that have every field ``lacking``, each a path through objects
    such as ``behavior.scaleUp.policies``, and something in every string, list or map ``empty``,
    likewise. Raises ``ValueError`` for a field that a type does not
    have.
    """
    paths, holders = (tuple(tuple(p.split(".")) for p in each) for each in (lacking, empty))

    def add(function: _DefaultT) -> _DefaultT:
        for cls in types:
            _declared(cls, *when, *unless)
            for path in (*paths, *holders):
                _declared_at(cls, path)
            refuse_sealed(cls)
            cls.defaulters.append(Defaulter(function, tuple(when), tuple(unless), paths, holders))
        return function

    return add


def derives(
    *types: type[Type],
    field: str,
    of: Collection[str] = (),
    replace: bool = False,
    when: Collection[str] = (),
) -> Callable[[_DerivedT], _DerivedT]:
    """Decorator: a function that works out what a field is when it is absent or empty.

    It gets the values of the fields ``of``, None for those that are absent; where it returns None
    the field stays absent. With ``replace`` what it returns takes the place of what the field
    holds. It need not be called for values without any of the fields ``when``. Raises
    ``ValueError`` for a field that a type does not have, and for one that holds an object, which
    is never empty.
    """

    def add(function: _DerivedT) -> _DerivedT:
        for cls in types:
            derived, *_ = _declared(cls, field, *of, *when)
            if spec_of(derived).structure == "object":
                raise ValueError(f"{cls.__name__}.{field} is an object; use defaults()")
            refuse_sealed(cls)
            cls.defaulters.append(Derived(field, tuple(of), function, replace, tuple(when)))
        return function

    return add


def _declared(cls: type[Type], *names: str) -> list[marshmallow.fields.Field[Any]]:
    """The fields of a type by their names in the YAML, before there is any instance of it."""
    declared: Mapping[str, marshmallow.fields.Field[Any]] = cls._declared_fields
    fields = {field.data_key or name: field for name, field in declared.items()}
    for name in names:
        if name not in fields:
            raise ValueError(f"{cls.__name__} has no field {name}")
    return [fields[name] for name in names]


def _declared_at(cls: type[Type], path: Sequence[str]) -> None:
    """Look for a field within objects. Raises ``ValueError``."""
    *above, last = path
    for name in above:
        (field,) = _declared(cls, name)
        below = spec_of(field).object_type
        if below is None:
            raise ValueError(f"{cls.__name__}.{name} is no object")
        cls = below
    _declared(cls, last)


def zero_is_absent(cls: type[Type], *names: str) -> None:
    """Let ``""`` and ``0`` in these fields mean what absence does: the field's own default.

    Kubernetes declares such fields without a pointer, so its decoder cannot tell the two apart
    and fills in the default for either. ``names`` are fields of ``cls`` with a constant default.
    """
    fields = _declared(cls, *names)
    refuse_sealed(cls)
    for name, field in zip(names, fields, strict=True):
        cls.zero_is_absent[name] = field.load_default


def validates(*types: type[Type]) -> Callable[[_RuleT], _RuleT]:
    """Decorator: a rule about values of the given types.

    It gets a decoded value and yields findings whose paths start at that value.
    """

    def add(function: _RuleT) -> _RuleT:
        for cls in types:
            refuse_sealed(cls)
            cls.rules.append(function)
        return function

    return add


def validates_update(*types: type[Type]) -> Callable[[_UpdateRuleT], _UpdateRuleT]:
    """Decorator: a rule about changes, such as a field that is immutable.

    It gets the new and the old decoded value and yields findings whose paths start there.
    """

    def add(function: _UpdateRuleT) -> _UpdateRuleT:
        for cls in types:
            refuse_sealed(cls)
            cls.update_rules.append(function)
        return function

    return add
