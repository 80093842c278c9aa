"""`Struct`: the compiled value of a type, and the forms that compiled values have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import msgspec

from kconv._schema import Type
from kconv._schema.objects import TypedObject, constant, object_attributes


class Struct(msgspec.Struct):
    """Base of all compiled types.

    Attributes are called as in the YAML, but where Python does not allow that: ``__attributes__``
    has the attribute of each field by its name. An absent field is ``msgspec.UNSET``. Functions of
    API packages never see one, but those that are `kconv._compile.structural`: they get dicts.
    """

    __attributes__: ClassVar[Mapping[str, str]] = {}


@dataclass(frozen=True, slots=True)
class Form:
    """What compiled values of a type look like."""

    base: type[msgspec.Struct]
    names: Callable[[type[Type]], Mapping[str, str]]
    """Gives the attribute of each field of a type, by its name in the YAML."""
    absent: Any
    """What an absent field holds."""
    marks: Callable[[type[Type]], Mapping[str, Any]]
    """Gives the class attributes of the struct of a type."""
    default: Callable[[Any], Any]
    """Gives a constant default as msgspec takes it."""
    factory: Callable[[Callable[[], Any]], Callable[[], Any]]
    """Gives what makes a default as msgspec takes it."""
    remembers: bool = False
    """Whether texts that match a pattern are remembered: searching takes longer than the rest."""


OBJECTS = Form(
    TypedObject,
    object_attributes,
    None,
    lambda schema: {"__type__": schema, "__attributes__": object_attributes(schema)},
    constant,
    # An empty list that `list` makes would be left out of what is written.
    lambda made: made.__call__ if made in (list, dict) else made,
    remembers=True,
)
"""Typed objects, which programs work with."""
