"""What differs between two JSON-shaped values, by path."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kconv._paths import Path, format_path, quote

ORDER = "(order)"
"""Last step of a path: the elements of the list are the same, in another order."""
FILLED = "(absent)"
"""Last step of a path: there was no value, and now there is one."""
ZERO = "(zero)"
"""Last step of a path: a zero or empty value, which equals absent, is absent now."""

ABSENT: Any = object()
_ZEROES: tuple[Any, ...] = ("", "0", "0s", 0, [], {})


@dataclass(frozen=True, slots=True)
class Difference:
    """A field whose value is another one than before; `ABSENT` stands for none.

    The last step of ``path`` may say how it differs: `ORDER`, `FILLED` or `ZERO`. A rule that
    declares such a path declares no more than that.
    """

    path: Path
    before: Any
    after: Any

    @property
    def field(self) -> Path:
        """The path of the field itself."""
        return self.path[:-1] if self.path[-1:] in ((ORDER,), (FILLED,), (ZERO,)) else self.path

    def __str__(self) -> str:
        return f"{format_path(self.field)}: was {_shown(self.before)}, is {_shown(self.after)}"


def differences(before: Any, after: Any, path: Path = ()) -> Iterator[Difference]:
    """Every difference, at the innermost field that has it.

    An object that is gone is named by its fields, so that each can be judged. Elements of lists
    that have only moved are one difference, at `ORDER`.
    """
    if isinstance(before, dict) and isinstance(after, dict):
        for name in (*before, *(name for name in after if name not in before)):
            inner = before.get(name, ABSENT), after.get(name, ABSENT)
            yield from differences(*inner, (*path, name))
    elif isinstance(before, list) and isinstance(after, list):
        yield from _lists(before, after, path)
    elif _holds(before) and after is ABSENT:
        yield from differences(before, type(before)(), path)
    elif _holds(after) and before is ABSENT:
        yield from differences(type(after)(), after, path)
    elif before is ABSENT:
        yield Difference((*path, FILLED), before, after)
    elif after is ABSENT and is_zero(before):
        yield Difference((*path, ZERO), before, after)
    elif not _same(before, after):
        yield Difference(path, before, after)


def is_zero(value: Any) -> bool:
    """Whether a value may say as little as its absence does: null, false, zero, or empty."""
    return value is None or value is False or value in _ZEROES


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return bool(one == other)


def _holds(value: Any) -> bool:
    return isinstance(value, dict | list) and bool(value)


def _lists(before: list[Any], after: list[Any], path: Path) -> Iterator[Difference]:
    if not next(_in_step(before, after, path), None):
        return
    left = list(range(len(after)))
    rest: list[int] = []
    found: list[int] = []
    for index, element in enumerate(before):
        equal = [each for each in left if not next(differences(element, after[each]), None)]
        if equal:
            at = index if index in equal else equal[0]
            left.remove(at)
            found.append(at)
        else:
            rest.append(index)
    if found != sorted(found):
        yield Difference((*path, ORDER), before, after)
    for index, at in zip(rest, left, strict=False):
        yield from differences(before[index], after[at], (*path, index))
    for index in rest[len(left) :]:
        yield from differences(before[index], ABSENT, (*path, index))
    for at in left[len(rest) :]:
        yield from differences(ABSENT, after[at], (*path, at))


def _in_step(before: list[Any], after: list[Any], path: Path) -> Iterator[Difference]:
    if len(before) != len(after):
        yield Difference(path, before, after)
    for index, (one, other) in enumerate(zip(before, after, strict=False)):
        yield from differences(one, other, (*path, index))


def _shown(value: Any) -> str:
    return "absent" if value is ABSENT else quote(value)
