"""Nodes: what a text of YAML or JSON says, and where."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any


class NotEditable(Exception):
    """A text, or a place in it, that cannot be changed with its layout kept; says why."""


@dataclass(slots=True, eq=False)
class Node:
    """A value in a text, from ``start`` up to ``end``, both counted in characters.

    ``start`` is that of an anchor or a tag before it, ``content`` that of the value itself. The
    ``end`` of a collection in lines is that of the last value in it, whatever the parser says.
    """

    start: int
    content: int
    end: int
    value: Any
    anchor: str | None = None

    def within(self) -> Iterator[Node]:
        """The nodes that it consists of, itself first."""
        yield self


@dataclass(slots=True, eq=False)
class Scalar(Node):
    """A text, number, boolean or null; ``style`` is the mark of its quotes, or of a block.

    ``body`` is where the text of a block begins, behind the line of its mark.
    """

    style: str | None = None
    body: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing in the text: a null that is not written."""
        return self.style is None and self.content == self.end


@dataclass(slots=True, eq=False)
class Alias(Node):
    """What stands for the value of an anchor before it."""

    target: Node | None = None


@dataclass(slots=True, eq=False)
class Entry:
    """A key of a mapping and its value; ``name`` is the key as JSON has it, empty of a merge."""

    key: Node
    node: Node
    name: str
    merge: bool = False

    @property
    def start(self) -> int:
        """Where the key begins."""
        return self.key.start


@dataclass(slots=True, eq=False)
class Mapping(Node):
    """An object, in lines or within braces."""

    flow: bool = False
    entries: list[Entry] = field(default_factory=list)

    def within(self) -> Iterator[Node]:
        """The nodes that it consists of, itself first."""
        yield self
        for entry in self.entries:
            yield from entry.key.within()
            yield from entry.node.within()


@dataclass(slots=True, eq=False)
class Sequence(Node):
    """A list, in lines or within brackets."""

    flow: bool = False
    items: list[Node] = field(default_factory=list)

    def within(self) -> Iterator[Node]:
        """The nodes that it consists of, itself first."""
        yield self
        for item in self.items:
            yield from item.within()


def same(one: Any, other: Any) -> bool:
    """Whether two JSON-shaped values are the same, a number's type included."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def leaves(value: Any) -> Iterator[str]:
    """The scalars of a value, as texts, those that say nothing left out."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner)
    elif value not in (None, ""):
        yield str(value)
