"""New values as text: in lines, indented as the rest of the file is, or within braces."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from kconv._layout.nodes import Mapping, Node, Sequence
from kconv._layout.scalars import json_text, scalar_text
from kconv._layout.source import Source


class Reused(Protocol):
    """What else writes values: in the words of the text that they come from."""

    def lines(self, value: Any) -> list[str] | None:
        """A collection as the lines that it had in the text, or None."""

    def scalar(self, value: Any) -> tuple[str, str] | None:
        """A scalar as it was written, and the comment behind it, or None."""


class _Nothing:
    def lines(self, value: Any) -> list[str] | None:
        return None

    def scalar(self, value: Any) -> tuple[str, str] | None:
        return None


@dataclass(frozen=True, slots=True)
class Style:
    """How a file is written: ``step`` is how far inner mappings are indented, ``dash`` lists."""

    step: int = 2
    dash: int = 0
    colon: str = ": "
    comma: str = ", "
    is_json: bool = False

    @classmethod
    def of(cls, source: Source, roots: Iterable[Node], is_json: bool) -> Style:
        """The style that most of a text is in."""
        steps: Counter[int] = Counter()
        dashes: Counter[int] = Counter()
        for outer, inner in _lines_within(roots):
            deeper = source.column(inner.content) - source.column(outer)
            (dashes if isinstance(inner, Sequence) else steps)[deeper] += 1
        step = _most(steps, 2) or 2
        if is_json and '": ' not in source.text:
            return cls(step, _most(dashes, 0), ":", ",", is_json)
        return cls(step, _most(dashes, 0), is_json=is_json)


def _lines_within(roots: Iterable[Node]) -> Iterator[tuple[int, Node]]:
    """The collections in lines that are values of mappings in lines, with where the key is."""
    for root in roots:
        for node in root.within():
            if isinstance(node, Mapping) and not node.flow:
                for entry in node.entries:
                    inner = entry.node
                    if isinstance(inner, Mapping | Sequence) and not inner.flow:
                        yield entry.start, inner


def _most(found: Counter[int], usual: int) -> int:
    return found.most_common(1)[0][0] if found else usual


@dataclass(slots=True)
class Writer:
    """Writes new values in a style; ``reused`` knows what of them the text had before."""

    style: Style
    reused: Reused = field(default_factory=_Nothing)

    def entry(self, name: str, value: Any) -> list[str]:
        """The lines of an entry of a mapping in lines, as if it began in column 0."""
        key = scalar_text(name)
        if not isinstance(value, dict | list) or not value:
            text, comment = self._scalar(value)
            return [f"{key}: {text}{comment}"]
        lines = self.lines(value)
        if lines[0][:1] in ("{", "["):
            return [f"{key}: {lines[0]}", *lines[1:]]
        by = self.style.dash if isinstance(value, list) else self.style.step
        return [f"{key}:", *indented(lines, by)]

    def lines(self, value: Any) -> list[str]:
        """The lines of a value, as if it began in column 0."""
        if isinstance(value, dict | list) and value:
            before = self.reused.lines(value)
            if before is not None:
                return before
            if isinstance(value, dict):
                return [line for name in value for line in self.entry(name, value[name])]
            return [line for item in value for line in self.item(item)]
        text, comment = self._scalar(value)
        return [text + comment]

    def item(self, value: Any) -> list[str]:
        """The lines of an item of a list in lines."""
        first, *rest = self.lines(value)
        return [f"- {first}", *indented(rest, 2)]

    def flow(self, value: Any) -> str:
        """A value within braces, on one line."""
        style = self.style
        if isinstance(value, dict):
            inner = (f"{self.key(name)}{style.colon}{self.flow(value[name])}" for name in value)
            return "{" + style.comma.join(inner) + "}"
        if isinstance(value, list):
            return "[" + style.comma.join(map(self.flow, value)) + "]"
        if style.is_json:
            return json_text(value)
        found = self.reused.scalar(value)
        return found[0] if found else scalar_text(value, flow=True)

    def key(self, name: str) -> str:
        """A key within braces."""
        return json_text(name) if self.style.is_json else scalar_text(name, flow=True)

    def _scalar(self, value: Any) -> tuple[str, str]:
        if isinstance(value, dict | list):
            return ("{}" if isinstance(value, dict) else "[]"), ""
        return self.reused.scalar(value) or (scalar_text(value), "")


def indented(lines: Iterable[str], by: int) -> list[str]:
    """Lines that begin further to the right; empty ones stay empty."""
    return [" " * by + line if line else line for line in lines]
