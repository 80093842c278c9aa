"""Zeros that say as little as absence does, and values without them.

Kubernetes declares most optional fields without a pointer, and leaves out what is zero: ``false``,
``0``, an empty text, list or map. So what it stores and compares never has them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

from kconv._schema.type import Type, inherited
from kconv.fields._base import spec_of
from kconv.fields._spec import AnyField

_Canonical = Callable[[Any], Any]


def without_zeros(cls: type[Type], native: Any) -> Any:
    """A decoded object of a type, as a dict, without zeros that equal absence.

    It is the object itself where it has none; otherwise a copy that shares what did not change.
    `kconv._compile.canonical_struct` does the same for compiled structs.
    """
    return _of_type(cls)(native)


Lister = Callable[[type[Type]], Iterable[str]]
_listers: list[Lister] = []


def omitted_zeros(lister: Lister) -> Lister:
    """Decorator: a function that says of types which of their fields leave out their zero.

    For packages of many types; `omits_zero` says it of one. It is asked once for each type, when
    an object is first written.
    """
    _listers.append(lister)
    return lister


@cache
def omitted_fields(cls: type[Type]) -> tuple[str, ...]:
    """The fields of a type that leave out their zero, by their names."""
    return tuple(_omitted(cls))


def _omitted(cls: type[Type]) -> Iterator[str]:
    found = set(inherited(cls, "omitted"))
    for lister in _listers:
        for base in cls.__mro__:
            if issubclass(base, Type):
                found.update(lister(base))
    for name, field in cls.instance().wire_fields().items():
        if name in found and spec_of(field).structure not in ("object", "free"):
            yield name


@cache
def has_zeros(cls: type[Type]) -> bool:
    """Whether the type, or one of the objects within it, leaves out zeros."""
    return _finds(cls, set())


def _finds(cls: type[Type], seen: set[type[Type]]) -> bool:
    if cls in seen:
        return False
    seen.add(cls)
    if omitted_fields(cls):
        return True
    inner = (_object_in(field) for field in cls.instance().wire_fields().values())
    return any(each is not None and _finds(each, seen) for each in inner)


def _object_in(field: AnyField) -> type[Type] | None:
    spec = spec_of(field)
    while spec.element is not None:
        spec = spec_of(spec.element)
    return spec.object_type


@cache
def _of_type(cls: type[Type]) -> _Canonical:
    names = omitted_fields(cls)
    inner: tuple[tuple[str, _Canonical], ...] | None = None

    def parts() -> tuple[tuple[str, _Canonical], ...]:
        # Later than the type itself, since types may be recursive.
        nonlocal inner
        if inner is None:
            fields = cls.instance().wire_fields()
            found = ((name, _of_field(field)) for name, field in fields.items())
            inner = tuple((name, each) for name, each in found if each is not None)
        return inner

    def of_dict(value: dict[str, Any]) -> dict[str, Any]:
        made = value
        for name in names:
            if name in value and not value[name]:
                made = dict(value) if made is value else made
                del made[name]
        for name, canonical in parts():
            if name in made:
                found = canonical(made[name])
                if found is not made[name]:
                    made = dict(value) if made is value else made
                    made[name] = found
        return made

    def canonical(value: Any) -> Any:
        return of_dict(value) if isinstance(value, dict) else value

    return canonical


def _of_field(field: AnyField) -> _Canonical | None:
    spec = spec_of(field)
    if spec.element is not None:
        inner = _of_field(spec.element)
        if inner is None:
            return None
        return _each_of_map(inner) if spec.structure == "map" else _each_of_list(inner)
    of = spec.object_type
    return _of_type(of) if of is not None and has_zeros(of) else None


def _each_of_list(inner: _Canonical) -> _Canonical:
    def canonical(items: Any) -> Any:
        if not isinstance(items, list):
            return items
        made = [inner(item) for item in items]
        return made if any(a is not b for a, b in zip(made, items, strict=True)) else items

    return canonical


def _each_of_map(inner: _Canonical) -> _Canonical:
    def canonical(items: Any) -> Any:
        if not isinstance(items, dict):
            return items
        made = {key: inner(item) for key, item in items.items()}
        return made if any(made[key] is not items[key] for key in items) else items

    return canonical
