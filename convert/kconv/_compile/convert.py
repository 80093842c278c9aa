"""Conversion plans as one generated function a direction, which touches only what differs.

Equal subtrees pass by reference. Names, plain renames and `structural` functions are converted from
struct to struct; where other rules take part the object goes through them as a dict.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeGuard

from msgspec import UNSET

from kconv._compile.keeping import keeping, keeps_in_field
from kconv._compile.names import attribute_names
from kconv._compile.source import Source
from kconv._compile.structural import on_structs
from kconv._compile.types import Types
from kconv._schema import Type
from kconv.edges import Cast, Functions, MapValues, Rename, Rule, Unit, WhenAbsent, Wrap
from kconv.edges._declared_loss import Direction
from kconv.edges._plan import Plan, object_types
from kconv.edges._steps import EACH, Steps
from kconv.edges._value import ValueRule
from kconv.fields import spec_of
from kconv.fields._spec import AnyField

Convert = Callable[[Any], Any]

_ONE_TO_ONE = (Rename, MapValues, Cast, Unit)
"""Rules that take one field over, each value by itself; their subclasses may do anything."""


Failure = Callable[[Any, Rule, Exception], Exception]
"""The error of a rule that failed on an object."""


def by_struct(
    rules: Sequence[Rule], spoke: type[Type], hub: type[Type], forward: Plan
) -> bool:  # fmt: skip
    """Whether structs are converted directly: by names, rules of one field, `structural` functions.

    So are documents in which there is nothing to keep, or that keep nothing (see `keeping`).
    """
    return all(
        _is_plain_rename(rule)
        or _is_structural(rule)
        or (_is_constant(rule) and _makes(forward, rule.hub[0]))
        or keeps_in_field(rule, spoke, hub)
        for rule in rules
    )


def _is_plain_rename(rule: Rule) -> bool:
    """Whether a rule takes a field over within an object, by another name or in another form.

    One that moves a field may have to make objects.
    """
    if type(rule) not in _ONE_TO_ONE or EACH in rule.spoke[0] or EACH in rule.hub[0]:
        return False
    return rule.spoke[0][:-1] == rule.hub[0][:-1]


def _is_constant(rule: Rule) -> TypeGuard[WhenAbsent]:
    """Whether a rule puts a constant where a field is absent that converts by a name."""
    if type(rule) is not WhenAbsent or not rule._of_spoke:
        return False
    return type(rule.value) in (str, int, bool, float)


def _makes(plan: Plan, path: Steps) -> bool:
    """Whether a plan makes the object that a path leads into, and does not pass on one as it is."""
    for step in path[:-1]:
        if step != EACH:
            if step not in plan.inner:
                return False
            _, plan = plan.inner[step]
    return True


def _is_structural(rule: Rule) -> TypeGuard[Functions]:
    if type(rule) is not Functions:
        return False
    both = (rule.forward, rule.backward)
    return all(each is not None and on_structs(each) is not each for each in both)


def compile_conversion(
    source: type[Type],
    target: type[Type],
    plan: Plan,
    types: Types,
    *,
    constants: dict[str, str],
    rules: Sequence[Rule],
    direction: Direction,
    failure: Failure,
    otherwise: Convert,
) -> tuple[Convert, str]:
    """The function from a struct of one type to a struct of another, and its source.

    ``constants`` are fields of the target with a value of their own, such as its kind; ``rules``
    are those of an edge that is `by_struct`, in either direction. ``failure`` makes the error that
    is raised where a function fails, and ``otherwise`` converts what keeps something.
    """
    moving = [rule for rule in rules if _is_plain_rename(rule) or type(rule) is Wrap]
    renames = [
        (rule.spoke[0], rule.hub[0]) if direction == "to hub" else (rule.hub[0], rule.spoke[0])
        for rule in moving
    ]
    absent = {rule.hub[0]: rule.value for rule in rules if _is_constant(rule)}
    writer = _Writer(types, renames, absent if direction == "to hub" else {})
    given = {name: repr(value) for name, value in constants.items()}
    made = writer.made(source, target, plan, "s", (), given)
    code = writer.code
    code.lines[:0] = writer.helpers
    code.add("def convert(s):")
    code.depth += 1
    guards = list(keeping(rules, source, direction))
    for guard in guards:
        code.add(f"{guard}: return {code.define('otherwise', otherwise)}(s)")
    for number, (from_path, _) in enumerate(renames):
        writer.read(number, source, from_path)
        if type(moving[number]) is Wrap:
            wrapped = f"[r{number}]" if direction == "to hub" else f"r{number}[0]"
            there = f"r{number} is not UNSET and r{number} is not None"
            code.add(f"if {there}: r{number} = {wrapped}")
        elif isinstance(rule := moving[number], ValueRule):
            call = code.define("converted", rule.converter(direction))
            failed, by = code.define("failed", failure), code.define("rule", rule)
            code.add(f"if r{number} is not UNSET and r{number} is not None:")
            code.add(f"    try: r{number} = {call}(r{number})")
            code.add(f"    except Exception as e: raise {failed}(s, {by}, e) from e")
    functions = [rule for rule in rules if _is_structural(rule)]
    code.add(f"{'t =' if functions else 'return'} {made}")
    if functions:
        # They may write to metadata, which the source goes on to own; annotations they replace.
        if "metadata" in attribute_names(target):
            code.add("if t.metadata is not UNSET: t.metadata = t.metadata.__copy__()")
        failed = code.define("failed", failure)
        for rule in functions:
            by_rule = rule.forward if direction == "to hub" else rule.backward
            assert by_rule is not None, "frozen schemes have both"
            call = code.define("convert_by_rule", on_structs(by_rule))
            code.add(f"try: {call}(s, t)")
            code.add(
                f"except Exception as e: raise {failed}(s, {code.define('rule', rule)}, e) from e"
            )
        code.add("return t")
    function: Convert = code.compile("convert", f"{source.__qualname__} to {target.__qualname__}")
    return function, code.text()


class _Writer:
    """Writes the expressions that make a target's objects from the source's."""

    def __init__(
        self,
        types: Types,
        renames: Sequence[tuple[Steps, Steps]],
        absent: Mapping[Steps, Any],
    ) -> None:
        self.types = types
        self.absent = absent
        self.renames = renames
        self.code = Source()
        self.code.names["UNSET"] = UNSET
        self.helpers: list[str] = []

    def read(self, number: int, schema: type[Type], path: Steps) -> None:
        """Lines that put what is at a path of the source into ``r<number>``."""
        place = "s"
        for step in path:
            field = schema.instance().wire_fields()[step]
            value = f"{place}.{attribute_names(schema)[step]}"
            if place != "s" and self.types.nullable:
                value = f"UNSET if {place} is UNSET or {place} is None else {value}"
            line = f"r{number} = {value}"
            inner = place != "s" and not self.types.nullable
            self.code.add(f"if {place} is not UNSET: {line}" if inner else line)
            place = f"r{number}"
            schema = spec_of(field).object_type or schema

    def made(
        self,
        ours: type[Type],
        theirs: type[Type],
        plan: Plan,
        place: str,
        at: Steps,
        constants: dict[str, str],
    ) -> str:
        """The expression that makes the object of type ``theirs`` from the one at ``place``."""
        from_names, to_names = attribute_names(ours), attribute_names(theirs)
        arguments = []
        for name in theirs.instance().wire_fields():
            if name in constants:
                value = constants[name]
            elif name in plan.copied:
                value = f"{place}.{from_names[name]}"
            elif name in plan.inner:
                value = self._inner(ours, theirs, plan, name, f"{place}.{from_names[name]}", at)
            else:
                value = self._renamed((*at, name))
            if (*at, name) in self.absent:
                constant = self.absent[*at, name]
                value = f"({constant!r} if {value} is UNSET else {value})"
            arguments.append(f"{to_names[name]}={value}")
        struct = self.code.define(theirs.__qualname__, self.types.struct(theirs))
        return f"{struct}({', '.join(arguments)})"

    def _renamed(self, path: Steps) -> str:
        for number, (_, to_path) in enumerate(self.renames):
            if to_path == path:
                return f"r{number}"
        return "UNSET"

    def _inner(
        self, ours: type[Type], theirs: type[Type], plan: Plan, name: str, place: str, at: Steps
    ) -> str:
        field = ours.instance().wire_fields()[name]
        depth, inner = plan.inner[name]
        _, from_type, to_type = object_types(field, theirs.instance().wire_fields()[name])
        if from_type is None or to_type is None:
            raise AssertionError(f"{name} holds no objects")
        inside = (*at, name, *[EACH] * depth)
        if depth == 0:
            made = self.made(from_type, to_type, inner, place, inside, {})
            return f"{self._nothing(place)} else {made}"
        helper = f"make_{len(self.helpers)}"
        self.helpers.append("")
        made = self.made(from_type, to_type, inner, "o", inside, {})
        self.helpers[int(helper.removeprefix("make_"))] = f"def {helper}(o): return {made}"
        return f"{self._nothing(place)} else {_each(field, helper, place, 0)}"

    def _nothing(self, place: str) -> str:
        """The beginning of an expression that leaves alone what is no object."""
        if self.types.nullable:
            return f"{place} if {place} is UNSET or {place} is None"
        return f"UNSET if {place} is UNSET"


def _each(field: AnyField, helper: str, value: str, depth: int) -> str:
    """The expression that applies a helper to the objects in lists and maps."""
    spec = spec_of(field)
    if spec.element is None:
        return f"{helper}({value})"
    inner = _each(spec.element, helper, f"x{depth}", depth + 1)
    if spec.structure == "list":
        return f"[{inner} for x{depth} in {value}]"
    return f"{{k{depth}: {inner} for k{depth}, x{depth} in {value}.items()}}"


def shallow(plan: Plan, source: dict[str, Any]) -> dict[str, Any]:
    """What a plan makes of an object by names, out of the parts of the object itself."""
    target = {name: source[name] for name in plan.copied if name in source}
    for name, (depth, inner) in plan.inner.items():
        if name in source:
            target[name] = _shallow_inside(inner, depth, source[name])
    return target


def _shallow_inside(plan: Plan, depth: int, value: Any) -> Any:
    if value is None:
        return None
    if depth == 0:
        return shallow(plan, value)
    if isinstance(value, list):
        return [_shallow_inside(plan, depth - 1, item) for item in value]
    return {key: _shallow_inside(plan, depth - 1, item) for key, item in value.items()}
