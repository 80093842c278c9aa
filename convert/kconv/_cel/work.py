"""How long the evaluation of an expression may take on values that there are.

While the library evaluates, the process does nothing else, and nobody can end it. It goes through
loops 10,000 times in all, but each time it may look through all of a large value. So what it may
take is reckoned before, from the sizes of the values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from kconv._cel.call_costs import Argument, Estimate, call_estimate
from kconv._cel.costs import estimate
from kconv._cel.sizes import Size, Sizes, Steps, capped

LOOPS: Final = 10_000
"""How often the library goes through loops in one evaluation."""
STEP: Final = 150
"""Nanoseconds that a step takes which looks at nothing large."""

LIMIT: Final = 1_000_000_000
"""Nanoseconds that an evaluation may take."""

_SIZED: Final = (str, bytes, list, dict)


class Bulk(NamedTuple):
    """How much there is in a value, at all depths."""

    characters: int
    entries: int
    is_map: bool = False


class Rate(NamedTuple):
    """Nanoseconds for each character and each entry of what a function is called with."""

    character: float
    entry: float


_ANY: Final = Rate(50, 700)
"""Of a function that nobody measured."""
_NOTHING: Final = Rate(0, 0)
_RATES: Final = {
    **dict.fromkeys(
        (
            "_&&_", "_||_", "!_", "_?_:_", "@not_strictly_false", "_[_]", "dyn", "_-_", "_*_",
            "_/_", "_%_", "-_", "type", "_?._", "_[?_]", "optional.of", "optional.none", "or",
            "hasValue", "value", "orValue",
        ),
        _NOTHING,
    ),
    **dict.fromkeys(("_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_"), Rate(0.5, 2_500)),
    "size": Rate(3, 0),
    "@in": Rate(0.5, 300),
    "_+_": Rate(5, 0),
    **dict.fromkeys(("startsWith", "endsWith", "string", "bytes", "int", "double"), Rate(1, 0)),
    **dict.fromkeys(("sum", "min", "max", "isSorted"), Rate(1, 400)),
    **dict.fromkeys(("sets.contains", "sets.equivalent", "sets.intersects"), Rate(2, 1_000)),
    **dict.fromkeys(("substring", "lowerAscii", "upperAscii", "trim", "charAt"), Rate(15, 0)),
    "join": Rate(5, 300),
    "replace": Rate(250, 0),
    "split": Rate(350, 0),
    **dict.fromkeys(("contains", "indexOf", "lastIndexOf"), Rate(60, 700)),
    **dict.fromkeys(("matches", "find"), Rate(30, 0)),
    "findAll": Rate(16_000, 0),
    **dict.fromkeys(("isIP", "isCIDR", "isURL"), Rate(10, 0)),
}  # fmt: skip
"""Measured on a machine of 2026, with room for a slower one."""
_SIZE_OF_MAP: Final = Rate(0, 1.5)
_COPY: Final = 160
"""Nanoseconds for an entry of a list that is made of two, as in each step of `map` and `filter`."""

_SEARCHES: Final = ("contains", "indexOf", "lastIndexOf", "split", "replace")
_PATTERNS: Final = ("matches", "find", "findAll")
_LONG_PATTERN: Final = 200


class Reckoning:
    """What evaluations of an expression may take."""

    def __init__(self, checked: Any) -> None:
        self._checked = checked
        self._by_bulk: dict[int, int] = {}

    def is_too_long(self, variables: Mapping[str, Any]) -> bool:
        """Whether an evaluation on these values may take longer than `LIMIT`."""
        found = bulk(variables.values())
        # Most values are so small that it does not matter what is in them where.
        bits = (found.characters + found.entries).bit_length()
        if bits not in self._by_bulk:
            self._by_bulk[bits] = self._nanoseconds(_Anything(1 << bits))
        return self._by_bulk[bits] > LIMIT and self.nanoseconds(variables) > LIMIT

    def nanoseconds(self, variables: Mapping[str, Any]) -> int:
        """What an evaluation on these values may take."""
        return self._nanoseconds(_Values(variables))

    def _nanoseconds(self, values: _Values | _Anything) -> int:
        calls = _Work(values).of_call
        whole = estimate(self._checked, self._checked.expr, values.size, calls=calls)
        if STEP * whole <= LIMIT:
            return STEP * whole
        once = estimate(self._checked, self._checked.expr, values.size, calls=calls, once=True)
        # A part of a loop is gone through no more often than all loops are.
        return STEP * min(whole, once * LOOPS)


@dataclass(frozen=True, slots=True)
class _Anything:
    """Values of which nothing is known but how much there is in them together."""

    most: int

    def size(self, steps: Steps) -> Size | None:
        return Size(0, self.most) if steps else None

    def bulk(self, _: Steps) -> Bulk:
        return Bulk(self.most, self.most)


class _Values:
    """The values that an expression works on, by where they are."""

    def __init__(self, variables: Mapping[str, Any]) -> None:
        self._known: dict[Steps, list[Any]] = {(name,): [each] for name, each in variables.items()}
        self._sizes: dict[Steps, Size] = {}
        self._bulks: dict[Steps, Bulk] = {(): bulk(variables.values())}

    def size(self, steps: Steps) -> Size | None:
        """How many characters or entries the largest of the values at a place has."""
        if steps and steps not in self._sizes:
            sizes = [len(each) if isinstance(each, _SIZED) else 1 for each in self._at(steps)]
            self._sizes[steps] = Size(0, max(sizes, default=0))
        return self._sizes.get(steps)

    def bulk(self, steps: Steps) -> Bulk:
        """How much is in the largest of the values at a place."""
        found = self._bulks.get(steps)
        if found is None:
            values = self._at(steps)
            bulks = [bulk([each]) for each in values]
            found = self._bulks[steps] = Bulk(
                max((each.characters for each in bulks), default=0),
                max((each.entries for each in bulks), default=0),
                bool(values) and all(isinstance(each, dict) for each in values),
            )
        return found

    def _at(self, steps: Steps) -> list[Any]:
        found = self._known.get(steps)
        if found is None:
            above = self._at(steps[:-1]) if len(steps) > 1 else []
            found = self._known[steps] = list(_below(above, steps[-1]))
        return found


def _below(values: Iterable[Any], step: str) -> Iterable[Any]:
    for each in values:
        if isinstance(each, list):
            # Whatever it was taken for: its elements are all that there is to go through.
            yield from each if step.startswith("@") else ()
        elif isinstance(each, dict):
            if step in ("@items", "@values"):
                yield from each.values()
            elif step in ("@keys", "@indices"):
                yield from each
            elif step in each:
                yield each[step]


def bulk(values: Iterable[Any]) -> Bulk:
    """How much there is in values together."""
    characters = entries = 0
    waiting: list[Iterable[Any]] = [values]
    while waiting:
        for each in waiting.pop():
            if isinstance(each, str | bytes):
                characters += len(each)
            elif isinstance(each, dict):
                entries += len(each)
                waiting += [each.values(), each]
            elif isinstance(each, list):
                entries += len(each)
                waiting.append(each)
    return Bulk(characters, entries)


@dataclass(frozen=True, slots=True)
class _Work:
    """What calls take, in steps."""

    values: _Values | _Anything
    made: dict[int, Bulk] = field(default_factory=dict)

    def of_call(
        self, expr: Any, overload: str, target: Argument | None, args: list[Argument], sizes: Sizes
    ) -> Estimate:
        size = call_estimate(expr, overload, target, args, sizes).size
        function = expr.call_expr.function
        given = [*([target] if target else []), *args]
        bulks = [self._bulk(each) for each in given]
        if function in _ARITHMETIC:
            self.made[expr.id] = Bulk(
                sum(each.characters for each in bulks), sum(each.entries for each in bulks)
            )
        rate = _RATES.get(function, _ANY)
        if function == "@in" and bulks[-1].is_map:
            bulks = bulks[:1]
        elif function == "size" and bulks[0].is_map:
            rate = _SIZE_OF_MAP
        together = min if function in _COMPARED else sum
        characters, entries = (together(each[at] for each in bulks) for at in (0, 1))
        taken = characters * rate.character + entries * rate.entry
        if overload == "add_list":
            # What is in the elements does not matter.
            taken = _COPY * sum(map(self._length, args))
        if function in _SEARCHES and len(bulks) > 1:
            taken += 0.5 * bulks[0].characters * bulks[1].characters
        if function in _PATTERNS and len(bulks) > 1:
            pattern = bulks[1].characters
            taken += pattern * (15_000 if pattern > _LONG_PATTERN else 1_000)
        return Estimate(capped(1 + int(taken / STEP)), size)

    def _length(self, argument: Argument) -> int:
        found = self._bulk(argument).entries
        return argument.size.most if found and argument.size else found

    def _bulk(self, argument: Argument) -> Bulk:
        if argument.path:
            return self.values.bulk(argument.path)
        if argument.expr.id in self.made:
            return self.made[argument.expr.id]
        everything = self.values.bulk(())
        most = argument.size.most if argument.size else max(everything[:2])
        match argument.kind.WhichOneof("kind"):
            case "primitive":
                return Bulk(most if argument.kind.primitive >= _TEXT else 0, 0)
            case "dyn" | "list_type" | "map_type" | "abstract_type" | None:
                # Each entry of what an expression makes may hold much, but not each holds all.
                return Bulk(max(most, everything.characters), most + everything.entries)
        return Bulk(0, 0)


_TEXT: Final = 5
_ARITHMETIC: Final = ("_+_", "_-_", "_*_", "_/_", "_%_", "-_")
_COMPARED: Final = ("_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_")
