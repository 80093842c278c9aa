"""Rules of a new schema: checked by its types, and by what they could cost, as Kubernetes does.

What a rule costs is estimated for the largest values that the schema lets through; a rule within a
list or a map costs that as often as there may be elements.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from kconv._cel import Broken, Checked, Checker, Declared, Lacking, is_installed, program
from kconv._paths import INVALID, Finding, MapKey, Path, forbidden, quote
from kconv._structural.declared import REQUEST, declared_type
from kconv._structural.schemas import Schema, is_embedded, properties
from kconv._structural.validations import KEY, has_rules
from kconv._structural.values import escaped

RULE_LIMIT: Final = 10_000_000
"""What one rule may cost in the whole of an object."""
SCHEMA_LIMIT: Final = 100_000_000
"""What the rules of a schema may cost together."""

_SHOWN: Final = 4
_HINT: Final = (
    "(try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, "
    "maps, and strings are declared)"
)

Rule = Mapping[str, Any]


def cost_problems(schema: Schema) -> Iterator[Finding]:
    """Rules that do not fit the types of their schema, and those that may cost too much."""
    if not is_installed() or not has_rules(schema):
        return
    root = declared_type(schema, whole=True)
    if root is None:
        return
    costs: list[tuple[int, Path]] = []
    place = _Place(schema, (), root, Checker(root), 1)
    for each in _places(place):
        for at, rule in enumerate(_rules(each.schema)):
            path = (*each.path, KEY, at)
            for finding in _of_rule(rule, each, costs, path):
                yield finding.under(*path)
    total = sum(cost for cost, _ in costs)
    if total > SCHEMA_LIMIT:
        dear = sorted(costs, key=lambda each: -each[0])[:_SHOWN]
        for cost, path in dear:
            if cost >= SCHEMA_LIMIT // 100:
                why = "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema"  # noqa: E501 - Kubernetes' words
                yield forbidden(path, why)
        name = "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema"
        yield forbidden((), _too_dear(name, total, SCHEMA_LIMIT))


@dataclass(frozen=True, slots=True)
class _Place:
    """A schema within another; how often values of it may be in an object, if that is bounded."""

    schema: Schema
    path: Path
    declared: Declared
    checker: Checker = field(repr=False)
    times: int | None = None


def _rules(schema: Schema) -> list[Rule]:
    found = schema.get(KEY)
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []


def _places(place: _Place) -> Iterator[_Place]:
    yield place
    schema = place.schema
    for name, each in properties(schema).items():
        declared = place.declared.fields.get(escaped(name))
        below = _within(place, each, ("properties", MapKey(name)), declared, place.times)
        yield from _places(below) if below else ()
    for key, limit in (("additionalProperties", "maxProperties"), ("items", "maxItems")):
        held = schema.get(key)
        if isinstance(held, Mapping):
            most = schema.get(limit)
            times = None if most is None or place.times is None else max(int(most), 0) * place.times
            below = _within(place, held, (key,), place.declared.element, times)
            yield from _places(below) if below else ()


def _within(
    place: _Place, schema: Schema, steps: Path, declared: Declared | None, times: int | None
) -> _Place | None:
    if not has_rules(schema):
        return None
    path = (*place.path, *steps)
    if declared is not None:
        return _Place(schema, path, declared, place.checker, times)
    # What no expression above can name has types all the same.
    found = declared_type(schema, whole=is_embedded(schema))
    return None if found is None else _Place(schema, path, found, Checker(found), times)


def _of_rule(
    rule: Rule, place: _Place, costs: list[tuple[int, Path]], path: Path
) -> Iterator[Finding]:
    checked = _checked(rule, place, "rule", "bool")
    if checked is None:
        return
    if checked.why:
        yield _invalid("rule", rule, checked.why)
        return
    times = REQUEST // (place.declared.least_bytes + 1) if place.times is None else place.times
    cost = checked.cost * times
    costs.append((cost, (*path, "rule")))
    if cost > RULE_LIMIT:
        yield forbidden(("rule",), _too_dear("estimated rule cost", cost, RULE_LIMIT))
    said = _checked(rule, place, "messageExpression", "string")
    if said is None:
        return
    if said.why:
        yield _invalid("messageExpression", rule, f"messageExpression {said.why}")
        return
    costs.append((said.cost, (*path, "messageExpression")))
    if said.cost > RULE_LIMIT:
        why = _too_dear("estimated messageExpression cost", said.cost, RULE_LIMIT)
        yield forbidden(("messageExpression",), why)


def _checked(
    rule: Rule, place: _Place, key: str, gives: Literal["bool", "string"]
) -> Checked | None:
    """What is found of an expression; None of one that is refused, or not evaluated, anyway."""
    text, optional = str(rule.get(key) or ""), bool(rule.get("optionalOldSelf"))
    if not text.strip():
        return None
    found = program(text, gives=gives, optional_old=optional)
    if isinstance(found, Broken | Lacking):
        return None
    return place.checker.check(
        text, place.declared, gives=gives, optional_old=optional, old=found.uses_old
    )


def _invalid(key: str, rule: Rule, why: str) -> Finding:
    return Finding((key,), INVALID, f"Invalid value: {quote(rule[key])}: {why}")


def _too_dear(what: str, cost: int, limit: int) -> str:
    times = cost / limit
    if times > 100:
        factor = "more than 100x"
    else:
        factor = f"{times:.6f}x" if times < 1.5 else f"{times:.1f}x"
    return f"{what} exceeds budget by factor of {factor} {_HINT}"
