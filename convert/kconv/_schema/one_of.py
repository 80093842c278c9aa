"""Unions: fields of a type of which exactly one is set (``one_of`` of its ``Meta``)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from weakref import WeakKeyDictionary

from kconv._paths import Finding, forbidden, required
from kconv._schema.functions import Rule

Union = tuple[str, ...]


def unions_in(declared: Any) -> tuple[Union, ...]:
    """The unions that a ``Meta`` declares: one, as names of fields, or several, each so."""
    if not declared:
        return ()
    if isinstance(declared, str):
        return ((declared,),)
    if all(isinstance(each, str) for each in declared):
        return (tuple(declared),)
    return tuple(tuple(each) for each in declared)


def exactly_one(union: Union) -> Rule:
    """The rule that of some fields exactly one is set."""
    names = ", ".join(union)

    def rule(value: Mapping[str, Any]) -> Iterator[Finding]:
        found = [name for name in union if value.get(name) is not None]
        if not found:
            yield required((), f"must have exactly one of {names}")
        for name in found[1:]:
            yield forbidden((name,), f"may not be set beside {found[0]}: exactly one of {names}")

    rule.__name__ = "one_of"
    rule.__qualname__ = f"one_of({names})"
    _UNIONS[rule] = union
    return rule


_UNIONS: WeakKeyDictionary[Rule, Union] = WeakKeyDictionary()


def union_of(rule: Rule) -> Union | None:
    """The fields of which a rule of `exactly_one` wants one; None for any other rule."""
    return _UNIONS.get(rule)


def union_in(name: str) -> Union | None:
    """The fields of a union by the name of its rule; None for the name of any other rule."""
    found = re.fullmatch(r"one_of\((.*)\)", name)
    return tuple(found[1].split(", ")) if found else None
