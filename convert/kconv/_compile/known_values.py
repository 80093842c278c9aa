"""Values that broke no rule, remembered where their types say that this is enough."""

from __future__ import annotations

from typing import Any, Final

from kconv._compile.types import types_below
from kconv._known_texts import KnownTexts
from kconv._schema import Type, union_of

_MOST_BYTES: Final = 64 * 1024
"""Texts of values of one type that broke no rule, for each kind that it is in."""


def known_values(schema: type[Type]) -> KnownTexts[bool] | None:
    """What remembers the values of a type that broke no rule; None where each is judged anew.

    A type says of the rules that its own package knows what they look at (see
    `kconv._schema.judged_by_value`). Another package may have added some to it, or to a type below
    it, that look at anything.
    """
    if not schema.by_value or any(map(_has_rules_of_others, types_below(schema))):
        return None
    return KnownTexts(_MOST_BYTES)


def _has_rules_of_others(schema: type[Type]) -> bool:
    return any(
        _package(rule) != _package(base)
        for base in schema.__mro__
        for rule in vars(base).get("rules", ())
        if not union_of(rule)
    )


def _package(of: Any) -> str:
    module: str = getattr(of, "__module__", None) or ""
    return module.partition(".")[0]
