"""`structural`: functions written for structs, which take dicts as well.

A conversion that is worth its own code is fastest on the attributes of structs. Written so, it
is still the one source of truth: where values are dicts it works on structs made of them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import msgspec

from kconv._compile.texts import convert as converted
from kconv._compile.types import Types
from kconv._schema import Type

LOOSE = Types(loose=True)
"""Structs for what was decoded already: nothing is required, and nothing filled in."""

Convert = Callable[[Any, Any], None]


def structural(source: type[Type], target: type[Type]) -> Callable[[Convert], Convert]:
    """Decorator: a function of `kconv.edges.Functions` that reads and writes attributes.

    Its arguments are structs of the types ``source`` and ``target``, an absent field is
    ``msgspec.UNSET``, and objects that it makes are structs of `LOOSE`. The result takes dicts of
    these types as well.
    """

    def decorate(convert: Convert) -> Convert:
        @wraps(convert)
        def adapted(given: Any, made: Any) -> None:
            if not isinstance(made, dict):
                convert(given, made)
                return
            ours = converted(given, LOOSE.struct(source))
            theirs = converted(made, LOOSE.struct(target))
            convert(ours, theirs)
            made.clear()
            made.update(msgspec.to_builtins(theirs))

        # For on_structs(); what wraps this one copies its attributes, but is not this one.
        adapted.on_structs = (adapted, convert)  # type: ignore[attr-defined]  # ours
        return adapted

    return decorate


def on_structs(function: Convert) -> Convert:
    """What to call where all values are structs: the decorated function, if it is `structural`."""
    adapted, convert = getattr(function, "on_structs", (None, function))
    found: Convert = convert if adapted is function else function
    return found
