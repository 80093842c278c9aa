"""Objects that have every field which a structural schema knows, the same ones on every machine.

One object where that can be; several where fields exclude each other (``oneOf``, a rule in CEL,
``maxProperties``), or a field takes values of several kinds (a number or a text, null, those of an
enumeration).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final

from kconv._paths import Finding, Path
from kconv._structural.checking import check, combined
from kconv._structural.defaulting import with_defaults
from kconv._structural.field_paths import DEEPEST, EACH, declared, present, steps, written
from kconv._structural.mending import NOTHING, mended, size_of
from kconv._structural.placeholders import LONGEST, placeholders
from kconv._structural.schemas import (
    TYPE_META,
    Schema,
    is_embedded,
    is_int_or_string,
    items,
    keeps_unknown,
    properties,
    takes_null,
    values,
)
from kconv._structural.validations import judge

MOST: Final = 32
"""Objects that are made at most so that each field is in one."""
ENOUGH: Final = 6
"""Objects that are made at most so that a field has each kind of value in one."""

WORK: Final = 1_500_000
"""Values that are looked at to make all objects of a schema, each as often as it is looked at."""
MEND: Final = 200_000
"""Of those, so many for one value that does not fit at first."""

LARGEST: Final = 50_000
"""Values of one object, a hundred characters of a text for one: a schema may ask for any number."""
_NESTED: Final = 3
"""Lists within each other that have two elements: each more would double the object."""

UNKNOWN: Final = "kconvCanary"
"""The field that is set where a schema keeps fields that it does not declare."""
HEAD: Final[Mapping[str, Any]] = {
    "apiVersion": "canary.kconv.dev/v1",
    "kind": "Canary",
    "metadata": {"name": "kconv-canary"},
}
"""Of objects within others."""


@dataclass(frozen=True, slots=True)
class Full:
    """``objects`` without apiVersion, kind and metadata, that have all fields between them.

    ``left_out`` are the fields that none has, by path, and why.
    """

    objects: tuple[dict[str, Any], ...]
    left_out: Mapping[str, str]


def full_objects(schema: Schema, head: Mapping[str, Any] = HEAD) -> Full:
    """The objects for a schema of a CRD; what it says of their metadata is left alone.

    Each is one that the API server takes, as far as rules are judged here. ``head`` is their
    apiVersion, kind and metadata, which rules may see.
    """
    own = {name: each for name, each in properties(schema).items() if name not in TYPE_META}
    needed = [each for each in schema.get("required") or () if each in own]
    return _Maker({**schema, "properties": own, "required": needed}, head).full()


@dataclass(slots=True)
class _Maker:
    schema: Schema
    head: Mapping[str, Any]
    turns: Counter[Path] = field(default_factory=Counter)
    choices: dict[Path, int] = field(default_factory=dict)
    wanted: set[Path] = field(default_factory=set)
    why: dict[Path, str] = field(default_factory=dict)
    turned: set[Path] = field(default_factory=set)
    too_large: set[Path] = field(default_factory=set)
    fitting: dict[Path, tuple[list[Any], str]] = field(default_factory=dict)
    size: int = 0
    idle: int = 0
    work: int = WORK

    def full(self) -> Full:
        self.wanted = {*declared(self.schema, ())}
        made: list[dict[str, Any]] = []
        for _ in range(MOST):
            has_more = len(made) < ENOUGH and any(
                self.turns[path] < count for path, count in self.choices.items()
            )
            if made and not has_more and not self._may_have_more():
                break
            self.turned.clear()
            self.size = 0
            value = self._value(self.schema, ())
            if not isinstance(value, dict):
                break
            has = {*present(value, self.schema, ())}
            if (not made or has_more or has & self.wanted) and value not in made:
                made.append(with_defaults(value, self.schema))
            self.idle = 0 if has & self.wanted else self.idle + 1
            self.wanted -= has
        return Full(tuple(made), self._left_out())

    def _may_have_more(self) -> bool:
        """Whether another object may have fields that none has yet: its choices are others."""
        return bool(self.wanted) and self.idle < max([2, *self.choices.values()])

    def _left_out(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for path in sorted(self.wanted, key=len):
            outer = [path[:at] for at in range(len(path) + 1)]
            if any(each in self.wanted for each in outer[:-1]):
                continue
            said = next((self.why[each] for each in reversed(outer) if each in self.why), "")
            found[written(path)] = said or "no value was found that fits"
        return found

    def _value(self, schema: Schema, path: Path, *, least: bool = False) -> Any:
        """A value of a schema, or `NOTHING`; of an object the ``least`` that it has to have."""
        at = steps(path)
        if at in self.too_large or self.size > LARGEST or len(path) > DEEPEST:
            self.too_large.add(at)
            return self._none(path, "with it an object would be too large or nest too deeply")
        before, self.size = self.size, self.size + 1
        made = self._made(schema, path, at, least=least)
        if made is NOTHING:
            self.size = before
        elif isinstance(made, str):
            self.size += len(made) // 100
        return made

    def _made(self, schema: Schema, path: Path, at: Path, *, least: bool) -> Any:
        # Null is refused where values are enumerated, though it is one of them.
        takes = takes_null(schema) and "enum" not in schema
        if takes and self._turn(at, 2, skip=self._is_wanted(at)) == 1:
            return None
        made: Any
        if schema.get("type") == "object" or (not schema.get("type") and _is_open(schema)):
            made = self._object(schema, path, least=least)
        elif schema.get("type") == "array":
            made = self._list(schema, path)
        else:
            return self._scalar(schema, path)
        return made if made is NOTHING else self._fitting(made, schema, path)

    def _is_wanted(self, at: Path) -> bool:
        """Whether a field, or one below it, is in no object yet."""
        return any(each[: len(at)] == at for each in self.wanted)

    def _turn(self, at: Path, count: int, *, skip: bool = False) -> int:
        """Which of several choices it is the turn of; each object takes the next one."""
        self.choices[at] = count
        if skip:
            return 0
        if at not in self.turned:
            self.turned.add(at)
            self.turns[at] += 1
        return (self.turns[at] - 1) % count

    def _object(self, schema: Schema, path: Path, *, least: bool) -> Any:
        needed = {*(schema.get("required") or ())}
        made: dict[str, Any] = dict(HEAD) if is_embedded(schema) else {}
        for name, each in properties(schema).items():
            if name in made and (name == "metadata" or not self._problem(made[name], each, path)):
                continue
            if least and name not in needed:
                continue
            value = self._value(each, (*path, name), least=least)
            if value is not NOTHING:
                made[name] = value
            elif name in needed and "default" not in each:
                return self._none(path, f"{name} is required: {self._why(path, name)}")
        others = values(schema)
        if others is not None:
            fewest = schema.get("minProperties") or 0
            key = f"{path[-1] if path else 'own'}Key"
            for name in (f"{key}{at or ''}" for at in range(max(fewest, 1))):
                value = self._value(others, (*path, name), least=least)
                if value is NOTHING:
                    break
                made[name] = value
            if len(made) < fewest:
                return self._few(path, f"it needs {fewest} entries: {self._why(path, name)}")
        elif keeps_unknown(schema) and not properties(schema) and path:
            made[UNKNOWN] = "value"
        return made

    def _list(self, schema: Schema, path: Path) -> Any:
        """Two elements, the first of them full, since one that is dropped may be any."""
        element, fewest, within = items(schema), schema.get("minItems") or 0, steps(path)
        keys = schema.get("x-kubernetes-list-map-keys") or ()
        usual = 2 if within.count(EACH) < _NESTED else 1
        count = max(fewest, min(usual, schema.get("maxItems", usual)))
        made: list[Any] = []
        for at in range(count):
            needed = [*(element.get("required") or ()), *keys]
            inside = {**element, "required": needed} if at and keys else element
            value = self._value(inside, (*path, at), least=at > 0)
            if value is NOTHING or value is None:
                break
            made.append(value)
        if self._problem(made, schema, path) and not self._problem(made[:1], schema, path):
            made = made[:1]  # such as two that are the same, in a set
        if len(made) < fewest:
            return self._few(path, f"it needs {fewest} elements: {self._why(path, 0)}")
        return made

    def _scalar(self, schema: Schema, path: Path) -> Any:
        at = steps(path)
        if at not in self.fitting or "enum" not in schema:
            self.fitting[at] = self._fitting_scalars(schema, path)
        fitting, said = self.fitting[at]
        if not fitting:
            return self._none(path, said or "nothing is known of its values")
        if "enum" in schema:
            later = sum(step for step in path if isinstance(step, int))
            return fitting[(self._turn(at, len(fitting)) + later) % len(fitting)]
        kinds = list({type(each): each for each in reversed(fitting)}.values())[::-1]
        if is_int_or_string(schema) and len(kinds) > 1:
            return kinds[self._turn(at, len(kinds))]
        return fitting[0]

    def _fitting_scalars(self, schema: Schema, path: Path) -> tuple[list[Any], str]:
        """The placeholders of a field that fit, each once, and what is wrong with another one."""
        # That one of an enumeration is in it need not be found out for each of them.
        rest = {name: each for name, each in schema.items() if name != "enum"}
        fitting: dict[str, Any] = {}
        said = "its texts are too long" if (schema.get("minLength") or 0) > LONGEST else ""
        for each in placeholders(schema, path):
            problem = self._problem(each, rest, path)
            said = said or problem
            if not problem:
                fitting.setdefault(json.dumps(each, sort_keys=True), each)
        return [*fitting.values()], said

    def _fitting(self, value: Any, schema: Schema, path: Path) -> Any:
        problem = self._problem(value, schema, path)
        if not problem:
            return value

        def is_wanted(place: Path) -> bool:
            return self._is_wanted(steps((*path, *place)))

        work = min(MEND, self.work)
        judging = _Judging(self, schema, path)
        made, gone = mended(value, schema, judging, is_wanted, work)
        self.work -= judging.work
        if made is NOTHING:
            return self._none(path, problem)
        for each in gone:
            self.why[steps((*path, *each))] = problem
        return made

    def _problem(self, value: Any, schema: Schema, path: Path) -> str:
        """The first thing that is wrong with a value; empty if nothing is."""
        found = next(self.problems(value, schema, path), None)
        return "" if found is None else found.message

    def problems(self, value: Any, schema: Schema, path: Path) -> Iterator[Finding]:
        """What the API server would say of a value, once it has its defaults."""
        filled = with_defaults(value, schema)
        found = judge(self.whole(filled, path), schema, is_new=True, whole=not path)
        return chain(check(filled, schema, path), found)

    def whole(self, value: Any, path: Path) -> Any:
        """What rules see of a value: of an object as a whole also what it is called."""
        return value if path else {**self.head, **value}

    def _none(self, path: Path, why: str) -> Any:
        self.why[steps(path)] = why
        return NOTHING

    def _few(self, path: Path, why: str) -> Any:
        if self.size > LARGEST:
            self.too_large.add(steps(path))  # no other object can have as many
        return self._none(path, why)

    def _why(self, path: Path, step: str | int) -> str:
        return self.why.get(steps((*path, step)), "no value was found that fits")


class _Judging:
    """What is wrong with values at a path; ``work`` counts the values that were looked at."""

    def __init__(self, maker: _Maker, schema: Schema, path: Path) -> None:
        self._maker, self._schema, self._path = maker, schema, path
        self.work = 0

    def count(self, value: Any) -> int:
        self.work += 2 * size_of(value)
        return sum(1 for _ in self._maker.problems(value, self._schema, self._path))

    def breaks(self, value: Any, asked: Schema) -> bool:
        self.work += size_of(value)
        filled = with_defaults(value, self._schema)
        judged = self._maker.whole(filled, self._path)
        found = judge(judged, asked, is_new=True, whole=not self._path, deep=False)
        return any(chain(combined(filled, asked, self._path), found))


def _is_open(schema: Schema) -> bool:
    return not is_int_or_string(schema) and "enum" not in schema
