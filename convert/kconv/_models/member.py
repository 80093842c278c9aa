"""`Member`: one field of a model, whichever library the model is written with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

NOTHING: Final = object()
"""Stands for a default that a field does not have."""


@dataclass(slots=True)
class Member:
    """One field of a model."""

    name: str
    annotation: Any
    wire: str
    """The name in the JSON."""
    metadata: tuple[Any, ...] = ()
    """What is said beside the annotation: bounds, fields of kconv."""
    default: Any = NOTHING
    factory: Callable[[], Any] | None = None
    description: str = ""
    examples: tuple[Any, ...] = ()
    schema: Mapping[str, Any] = field(default_factory=dict)
    """What is said in words of JSON schema."""
    problems: tuple[str, ...] = ()
    """What of it cannot be carried over."""


@dataclass(frozen=True, slots=True)
class Model:
    """A model: its fields, and what of it as a whole cannot be carried over."""

    name: str
    members: tuple[Member, ...]
    problems: tuple[str, ...] = ()


class NoModel(Exception):
    """A class is no model of a library that is known; the message says which ones are."""
