"""What a group adds to its types by hand: computed defaults, and rules."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar

import marshmallow

from kconv._paths import several
from kconv._schema.functions import Default, Defaulter, Derived, Rule, UpdateRule
from kconv._schema.type import Type
from kconv._seal import refuse_sealed
from kconv.fields._base import spec_of

_DefaultT = TypeVar("_DefaultT", bound=Default)
_DerivedT = TypeVar("_DerivedT", bound=Callable[..., Any])
_RuleT = TypeVar("_RuleT", bound=Rule)
_UpdateRuleT = TypeVar("_UpdateRuleT", bound=UpdateRule)


def defaults(
    *types: type[Type],
    when: str | Collection[str] = (),
    unless: str | Collection[str] = (),
    lacking: str | Collection[str] = (),
    empty: str | Collection[str] = (),
) -> Callable[[_DefaultT], _DefaultT]:
    """Decorator: a function that fills in computed defaults of the given types.

    It gets a decoded value, with the fields' own defaults in it, and changes it in place. It need
    not be called for values without any of the fields ``when``, nor for those with any of the
    fields ``unless``, nor for those that have every field ``lacking``, each a path through objects
    such as ``behavior.scaleUp.policies``, and something in every string, list or map ``empty``,
    likewise. Raises ``ValueError`` for a field that a type does not
    have.
    """
    when, unless = several(when), several(unless)
    paths, holders = (
        tuple(tuple(path.split(".")) for path in several(each)) for each in (lacking, empty)
    )

    def add(function: _DefaultT) -> _DefaultT:
        for cls in types:
            _declared(cls, *when, *unless)
            for path in (*paths, *holders):
                _declared_at(cls, path)
            refuse_sealed(cls)
            cls.defaulters.append(Defaulter(function, when, unless, paths, holders))
        return function

    return add


def derives(
    *types: type[Type],
    field: str,
    of: str | Collection[str] = (),
    replace: bool = False,
    when: str | Collection[str] = (),
) -> Callable[[_DerivedT], _DerivedT]:
    """Decorator: a function that works out what a field is when it is absent or empty.

    It gets the values of the fields ``of``, None for those that are absent; where it returns None
    the field stays absent. With ``replace`` what it returns takes the place of what the field
    holds. It need not be called for values without any of the fields ``when``. Raises
    ``ValueError`` for a field that a type does not have, and for one that holds an object, which
    is never empty.
    """
    of, when = several(of), several(when)

    def add(function: _DerivedT) -> _DerivedT:
        for cls in types:
            derived, *_ = _declared(cls, field, *of, *when)
            if spec_of(derived).structure == "object":
                raise ValueError(f"{cls.__name__}.{field} is an object; use defaults()")
            refuse_sealed(cls)
            cls.defaulters.append(Derived(field, of, function, replace, when))
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


def omits_zero(cls: type[Type], *names: str) -> None:
    """Let zeros in these fields (``false``, ``0``, ``""``, ``[]``, ``{}``) equal their absence.

    Kubernetes declares such fields as ``omitempty`` without a pointer. What is written is stored
    and compared without such zeros.
    """
    _declared(cls, *names)
    refuse_sealed(cls)
    cls.omitted.extend(name for name in names if name not in cls.omitted)


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


def judged_by_value(
    *types: type[Type], unread: Mapping[type[Type], Collection[str]] | None = None
) -> None:
    """Say that the rules of types, and of the types below them, look at the value and nothing else.

    What broke no rule is then remembered: an equal value in the next write of its object, or in
    another object, is not judged again. It is for types with many rules whose values rarely change,
    such as the specs of pods. A rule that looks at the time, or at anything but the value, forbids
    it. Where another package than the type's own adds rules to such a type, or to one below it,
    every value is judged: nobody said what those rules look at.

    ``unread`` are fields with a text, of the types or of those below, of which no rule asks more
    than whether it is empty, such as the images of containers. Values that differ in those alone
    are judged as equal ones.
    """
    for cls in types:
        refuse_sealed(cls)
        cls.by_value = True
        cls.unread = {of: frozenset(names) for of, names in (unread or {}).items()}


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
