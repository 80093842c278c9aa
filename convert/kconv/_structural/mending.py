"""Making a value fit what combined schemas and rules ask of its fields together.

Fields get other values, such as those that a rule names, and only where that does not do are left
out: as few as can be, and rather those that another object has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any, Final, Protocol

from kconv._paths import Path
from kconv._structural.checking import check
from kconv._structural.placeholders import chains, literals, names, placeholders
from kconv._structural.schemas import Schema, inner, items
from kconv._structural.validations import KEY

NOTHING: Final[Any] = object()
"""What stands for a value that there is none of."""

_TRIES: Final = 250
_PLACES: Final = 40
_FEW: Final = 6
_COMBINED: Final = ("oneOf", "anyOf", "allOf", "not")


@dataclass(slots=True)
class _Change:
    path: Path
    value: Any = NOTHING


class Judging(Protocol):
    """What is wrong with values of a schema."""

    def count(self, value: Any) -> int:
        """How many things are wrong with a value, and in it."""

    def breaks(self, value: Any, asked: Schema) -> bool:
        """Whether a value as a whole is not what the rules and combined schemas of one ask."""


def mended(
    value: Any, schema: Schema, judging: Judging, is_wanted: Callable[[Path], bool], work: int
) -> tuple[Any, list[Path]]:
    """A value that nothing is wrong with, and the fields that were left out; or `NOTHING`.

    ``is_wanted`` says of a field whether no other object has it. So many values are looked at, each
    as often as it is looked at, as ``work`` says.
    """
    tries = min(work // max(size_of(value), 1), _TRIES)
    left_out: list[Path] = []
    wrong = judging.count(value)
    while wrong:

        def fits(tried: Any, asked: Schema, most: int = wrong) -> bool:
            nonlocal tries
            tries -= 1
            if tries < 0 or judging.breaks(tried, asked):
                return False
            return judging.count(tried) < most

        for each in _asked(schema):
            if each is not schema and not judging.breaks(value, each):
                continue
            made, gone = _step(value, each, partial(fits, asked=each), is_wanted)
            if made is not NOTHING:
                value = made
                left_out += gone
                break
        else:
            return NOTHING, []
        wrong = judging.count(value)
    return value, left_out


def _asked(schema: Schema) -> Iterator[Schema]:
    """A schema with one at a time of what it asks of its fields together; itself last."""
    bare = {name: each for name, each in schema.items() if name not in (*_COMBINED, KEY)}
    for rule in schema.get(KEY) or ():
        yield {**bare, KEY: [rule]}
    for name in _COMBINED:
        if schema.get(name):
            yield {**bare, name: schema[name]}
    yield schema


def _step(
    value: Any, schema: Schema, fits: Callable[[Any], bool], is_wanted: Callable[[Path], bool]
) -> tuple[Any, list[Path]]:
    best: tuple[Any, list[Path]] = (NOTHING, [])
    for places in _places(value, schema):
        made, gone = _among(places, value, schema, fits, is_wanted)
        if made is not NOTHING and not any(map(is_wanted, gone)):
            return made, gone
        if best[0] is NOTHING:
            best = made, gone
    return best


def _among(
    places: Sequence[Path],
    value: Any,
    schema: Schema,
    fits: Callable[[Any], bool],
    is_wanted: Callable[[Path], bool],
) -> tuple[Any, list[Path]]:
    """A value with changes at some places alone."""
    others = [_Change(place, each) for place in places for each in _others(value, schema, place)]
    for change in others:
        made = _changed(value, [change])
        if fits(made):
            return made, []
    # What is wanted goes last.
    order = sorted(places, key=is_wanted)
    best: tuple[Any, list[Path]] = (NOTHING, [])
    for each in (None, *others):
        base = value if each is None else _changed(value, [each])
        made, gone = _without(base, order, fits)
        if made is NOTHING:
            continue
        kept = [place for place in order if place not in gone]
        if not any(map(is_wanted, gone)) or any(map(is_wanted, kept)):
            return made, gone
        if best[0] is NOTHING:
            best = made, gone
    return best


def _without(
    value: Any, order: Sequence[Path], fits: Callable[[Any], bool]
) -> tuple[Any, list[Path]]:
    """A value without some fields, as few as it takes; `NOTHING` where leaving out does not do."""
    for place in order:
        made = _changed(value, [_Change(place)])
        if fits(made):
            return made, [place]
    gone: list[Path] = []
    made = NOTHING
    for place in order:
        gone.append(place)
        made = _changed(value, [_Change(each) for each in gone])
        if fits(made):
            break
    else:
        return NOTHING, []
    for place in gone[-2::-1]:
        rest = [each for each in gone if each != place]
        back = _changed(value, [_Change(each) for each in rest])
        if fits(back):
            made, gone = back, rest
    return made, gone


def _places(value: Any, schema: Schema) -> Iterator[Sequence[Path]]:
    """The fields that may be changed: those that rules name, and all that may be meant."""
    if isinstance(value, list):
        yield [(at,) for at in range(len(value))][::-1]
    if not isinstance(value, dict):
        return
    reached = list(dict.fromkeys(_reached(value, each) for each in chains(schema)))
    named = [each for each in reached if each]
    if named:
        yield named
    known = names(schema)
    nearest = sorted(_paths(value), key=len)
    found = [path for path in nearest if path[-1] in known]
    if not found or schema.get("maxProperties") is not None:
        found += [(name,) for name in value if (name,) not in found]
    if {*found} - {*named}:
        yield found[:_PLACES]


def _reached(value: Any, chain: Sequence[str]) -> Path:
    """So much of a chain of fields as a value has."""
    path: Path = ()
    for name in chain:
        if not isinstance(value, dict) or name not in value:
            break
        value, path = value[name], (*path, name)
    return path


def _paths(value: Any, path: Path = ()) -> Iterator[Path]:
    if isinstance(value, dict):
        for name, each in value.items():
            yield (*path, name)
            yield from _paths(each, (*path, name))
    elif isinstance(value, list):
        for at, each in enumerate(value):
            yield from _paths(each, (*path, at))


def _others(value: Any, schema: Schema, place: Path) -> list[Any]:
    """Other values for a field: those that rules name, and those that its own schema has."""
    found, own = at_path(value, place), schema_at(schema, place)
    if isinstance(found, dict | list) or found is None or own is None:
        return []
    others: list[Any] = []
    for each in chain(literals(schema), placeholders(own, place)):
        if each != found and each not in others and not any(check(each, own)):
            others.append(each)
            if len(others) == _FEW:
                break
    return others


def at_path(value: Any, path: Path) -> Any:
    """What is at a path of a value that has it."""
    for step in path:
        value = value[step]
    return value


def schema_at(schema: Schema, path: Path) -> Schema | None:
    """The schema of what is at a path; None where nobody declares it."""
    found: Schema | None = schema
    for step in path:
        if found is None:
            return None
        found = items(found) if isinstance(step, int) else inner(found, step)
    return found


def _changed(value: Any, changes: Sequence[_Change]) -> Any:
    """A copy of a value with other fields, or without some; what is not changed is shared."""
    # Elements of lists go from the last one on, so that places stay what they are.
    for change in sorted(changes, key=lambda each: _order(each.path), reverse=True):
        value = _with(value, change.path, change.value)
    return value


def _order(path: Path) -> tuple[Any, ...]:
    return tuple((0, step) if isinstance(step, int) else (1, str(step)) for step in path)


def _with(value: Any, path: Path, new: Any) -> Any:
    step, *rest = path
    if isinstance(value, list):
        if not isinstance(step, int) or step >= len(value):
            return value
    elif not isinstance(value, Mapping) or step not in value:
        return value
    made: Any = list(value) if isinstance(value, list) else dict(value)
    if rest:
        made[step] = _with(made[step], tuple(rest), new)
    elif new is NOTHING:
        del made[step]
    else:
        made[step] = new
    return made


def size_of(value: Any) -> int:
    """How many values are in a value, and itself."""
    if isinstance(value, dict):
        return 1 + sum(map(size_of, value.values()))
    return 1 + sum(map(size_of, value)) if isinstance(value, list) else 1
