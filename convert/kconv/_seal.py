"""Sealed types: nothing can be added to what a frozen scheme holds.

A rule that is added once objects were decoded would be enforced by one engine and ignored by the
other, which has compiled the type by then.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from kconv._errors import SchemeError
from kconv.fields._base import innermost, spec_of
from kconv.fields._spec import AnyField

if TYPE_CHECKING:
    from kconv._schema import Type

_ADDED = ("defaulters", "rules", "update_rules", "zero_is_absent", "omitted", "by_value", "unread")
"""What groups add to types, by the attributes that hold it."""

_to_seal: list[type[Type]] = []
"""Types whose parts are still to be sealed, which waits until somebody adds to a type."""


def seal(types: Iterable[type[Type]]) -> None:
    """Let nothing be added from now on to these types, those of their objects, and their bases."""
    _to_seal.extend(types)


def is_sealed(cls: type[Type]) -> bool:
    """Whether a frozen scheme holds a type."""
    while _to_seal:
        part = _to_seal.pop()
        if not part._sealed:
            for base in part.__mro__:
                if _ADDED[0] in vars(base):
                    base._sealed = True  # type: ignore[attr-defined]  # it is a type of an API
            _to_seal.extend(_types_in(part))
    return cls._sealed


def refuse_sealed(cls: type[Type]) -> None:
    """Raises `SchemeError` for a type that a frozen scheme holds."""
    if is_sealed(cls):
        raise SchemeError(
            f"{cls.__module__}.{cls.__qualname__} is in a scheme that is frozen already; add its "
            "defaults and rules before Scheme.freeze(), in modules that the register() of its "
            "package imports"
        )


@contextmanager
def reopened(*types: type[Type]) -> Iterator[None]:
    """While it lasts, types may be added to although they are sealed; then all is as before.

    For tests. Schemes that were frozen before do not see what is added.
    """
    kept = [(cls, is_sealed(cls), {n: copy.copy(getattr(cls, n)) for n in _ADDED}) for cls in types]
    for cls in types:
        cls._sealed = False
    try:
        yield
    finally:
        for cls, sealed, added in kept:
            cls._sealed = sealed
            for name, value in added.items():
                setattr(cls, name, value)


def _types_in(cls: type[Type]) -> Iterator[type[Type]]:
    declared: Mapping[str, AnyField] = cls._declared_fields
    for field in declared.values():
        try:
            found = spec_of(innermost(field)).object_type
        except (TypeError, NameError, AttributeError):
            continue  # freeze() says so, unless it was told not to look so deep
        if found is not None:
            yield found
