"""Two documents next to each other, line by line: what is the same, what differs, what is lost."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from kconv._differences import ABSENT, differences
from kconv._paths import Path, format_path
from kconv._pipeline import Lost

MOST_LINES: Final = 3000
"""Lines that are shown of an object."""

MOST_CHARACTERS: Final = 2000
"""Characters that are shown of a value."""

_PLAIN = re.compile(r"[A-Za-z/][\w ./@%+-]*\Z")
_WORDS = frozenset(("true", "false", "null", "yes", "no", "on", "off", "y", "n"))


@dataclass(slots=True)
class Cell:
    """A line of one document: a field, a value, or both."""

    path: Path
    depth: int
    key: str
    value: str
    dashes: int = 0

    @property
    def indent(self) -> str:
        """What stands in front."""
        return "  " * (self.depth - self.dashes) + "- " * self.dashes


@dataclass(slots=True)
class Line:
    """A line of either document, or of both.

    ``state`` is ``same``, ``changed``, ``left`` (the other document has none of it) or ``right``.
    ``is_lost`` lines do not come back from the other version; ``notes`` say what is the matter.
    """

    left: Cell | None
    right: Cell | None
    state: str
    is_lost: bool = False
    notes: list[str] = field(default_factory=list)


def aligned(left: Any, right: Any) -> list[Line]:
    """The lines of two documents, fields of the same name next to each other."""
    lines: list[Line] = []
    for line in _lines(left, right, (), 0, ""):
        lines.append(line)
        if len(lines) >= MOST_LINES:
            break
    return lines


def alone(document: Any) -> list[Line]:
    """The lines of one document, on the left."""
    lines = aligned(document, ABSENT)
    for each in lines:
        each.state = "same"
    return lines


def mark_lost(lines: Sequence[Line], lost: Iterable[Lost]) -> None:
    """Mark the lines of fields on the left that are lost, with what is lost.

    Where that is the order of a list only, its elements are not.
    """
    for each in lost:
        path = each.path
        at = [line for line in lines if line.left and line.left.path[: len(path)] == path]
        for line in at[:1] if each.order else at:
            line.is_lost = True
        if at:
            at[0].notes.append(each.what)


def mark_findings(lines: Sequence[Line], findings: Iterable[tuple[str, str]]) -> list[str]:
    """Put what is wrong, by the text of its path, to the line that it is about.

    A field that is not there is named at the innermost one that is. Returns what is about no line.
    """
    by_path: dict[str, Line] = {}
    for line in lines:
        if line.left is not None:
            by_path.setdefault(format_path(line.left.path), line)
    rest = []
    for path, message in findings:
        for prefix in _prefixes(path):
            found = by_path.get(prefix)
            if found is not None:
                missing = path[len(prefix) :].lstrip(".")
                found.notes.append(f"{missing}: {message}" if missing else message)
                found.state = "wrong"
                break
        else:
            rest.append(f"{path}: {message}" if path else message)
    return rest


def _prefixes(path: str) -> Iterator[str]:
    while path:
        yield path
        path = path[: max(path.rfind("."), path.rfind("["), 0)]


def _lines(left: Any, right: Any, path: Path, depth: int, key: str) -> Iterator[Line]:
    inner = _inner(left, right)
    if inner is None and (_holds(left) or _holds(right)):
        # Of two shapes: one after the other.
        if left is not ABSENT:
            yield from _lines(left, ABSENT, path, depth, key)
        if right is not ABSENT:
            yield from _lines(ABSENT, right, path, depth, key)
        return
    if inner is None:
        same = next(differences(left, right), None) is None
        yield Line(
            _cell(left, path, depth, key), _cell(right, path, depth, key), _state(left, right, same)
        )
        return
    if key:
        yield Line(
            _head(left, path, depth, key), _head(right, path, depth, key), _state(left, right, True)
        )
        depth += 1
    for step, one, other in inner:
        if isinstance(step, str):
            yield from _lines(one, other, (*path, step), depth, step)
        else:
            yield from _dashed(list(_lines(one, other, (*path, step), depth + 1, "")))


def _inner(left: Any, right: Any) -> Iterator[tuple[str | int, Any, Any]] | None:
    """The parts of two values that are both objects or both lists; one of them may be absent."""
    for kind in (dict, list):
        fits = [isinstance(each, kind) or each is ABSENT for each in (left, right)]
        if all(fits) and (_holds(left) or _holds(right)):
            return _fields(left, right) if kind is dict else _elements(left, right)
    return None


def _fields(left: Any, right: Any) -> Iterator[tuple[str | int, Any, Any]]:
    one = {} if left is ABSENT else left
    other = {} if right is ABSENT else right
    for name in (*one, *(name for name in other if name not in one)):
        yield str(name), one.get(name, ABSENT), other.get(name, ABSENT)


def _elements(left: Any, right: Any) -> Iterator[tuple[str | int, Any, Any]]:
    one = [] if left is ABSENT else left
    other = [] if right is ABSENT else right
    for index in range(max(len(one), len(other))):
        yield (
            index,
            one[index] if index < len(one) else ABSENT,
            other[index] if index < len(other) else ABSENT,
        )


def _dashed(lines: list[Line]) -> list[Line]:
    """The lines of an element, with a dash before the first on either side."""
    for side in ("left", "right"):
        cells: list[Cell] = [cell for line in lines if (cell := getattr(line, side)) is not None]
        if cells:
            cells[0].dashes += 1
    return lines


def _holds(value: Any) -> bool:
    return isinstance(value, dict | list) and bool(value)


def _state(left: Any, right: Any, same: bool) -> str:
    if left is ABSENT:
        return "right"
    if right is ABSENT:
        return "left"
    return "same" if same else "changed"


def _head(value: Any, path: Path, depth: int, key: str) -> Cell | None:
    return None if value is ABSENT else Cell(path, depth, key, "")


def _cell(value: Any, path: Path, depth: int, key: str) -> Cell | None:
    return None if value is ABSENT else Cell(path, depth, key, _text(value))


def _text(value: Any) -> str:
    if isinstance(value, str) and _PLAIN.match(value) and value.lower() not in _WORDS:
        text = value
    else:
        text = json.dumps(value, ensure_ascii=False)
    if len(text) > MOST_CHARACTERS:
        return f"{text[:MOST_CHARACTERS]}… ({len(text):,} characters)"
    return text
