"""The rules of ``x-kubernetes-validations``: judged once a value is as its schema says.

A rule that compares with ``oldSelf`` is judged where the value that was there is known to be the
same one: a field, a key of a map, an element of a list of type map.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from kconv._cel import Broken, Failed, Program, TooLong, is_installed, program
from kconv._paths import (
    DUPLICATE,
    FORBIDDEN,
    INVALID,
    NOT_SUPPORTED,
    NOWHERE,
    REQUIRED,
    TOO_LONG,
    TOO_MANY,
    TYPE_INVALID,
    FieldName,
    Finding,
    MapKey,
    Path,
    format_path,
    invalid,
    of_fields,
    quote,
)
from kconv._structural.schemas import TYPE_META, Schema, inner, is_embedded, items, properties
from kconv._structural.values import in_order_of, key_of, seen

KEY: Final = "x-kubernetes-validations"
UNCHECKED: Final = (
    "Invalid value: null: some validation rules were not checked because the object was invalid; "
    "correct the existing errors to complete validation"
)
TOO_LONG_RULE: Final = (
    "no further validation rules will be run due to call cost exceeds limit for rule"
)
OUT_OF_BUDGET: Final = (
    "validation failed due to running out of cost budget, no further validation rules will be run"
)
BUDGET: Final = 2.0
"""Seconds of the processor that all rules of one object may take together."""
BLOCKING: Final = (NOT_SUPPORTED, REQUIRED, TOO_LONG, TOO_MANY, TYPE_INVALID)
"""Reasons of findings beside which Kubernetes judges no rules."""

_ABSENT: Final = object()
_SAID: Final = {REQUIRED: "Required value", FORBIDDEN: "Forbidden"}

Wanted = Callable[[Mapping[str, Any], Program | Broken], bool]


class _Budget:
    """What the rules of one object may take still."""

    def __init__(self) -> None:
        self._until = time.thread_time() + BUDGET

    @property
    def is_spent(self) -> bool:
        return time.thread_time() > self._until


def has_rules(schema: Schema) -> bool:
    """Whether a schema, or one within it, has rules."""
    if schema.get(KEY):
        return True
    parts = [*properties(schema).values(), items(schema), schema.get("additionalProperties")]
    return any(has_rules(each) for each in parts if isinstance(each, Mapping) and each)


def judge(
    value: Any, schema: Schema, *, is_new: bool, whole: bool = True, deep: bool = True
) -> Iterator[Finding]:
    """What breaks rules of a ``whole`` object, or of a part, that need nothing of an earlier state.

    Those of what is within it too where it goes ``deep``.

    Where it ``is_new``, also those whose ``oldSelf`` may be absent. Without the library none is
    judged. A rule that is none breaks: it was stored while nobody could tell.
    """

    def wanted(rule: Mapping[str, Any], found: Program | Broken) -> bool:
        if isinstance(found, Broken):
            return True
        return not found.is_transition or (is_new and bool(rule.get("optionalOldSelf")))

    if is_installed():
        yield from _until_too_long(
            _judged(value, _ABSENT, schema, (), wanted, _Budget(), whole=whole, deep=deep)
        )


def judge_change(new: Any, old: Any, schema: Schema) -> Iterator[Finding]:
    """What breaks rules that compare a whole object with what it was."""

    def wanted(rule: Mapping[str, Any], found: Program | Broken) -> bool:
        return isinstance(found, Program) and found.is_transition

    if is_installed():
        yield from _until_too_long(_judged(new, old, schema, (), wanted, _Budget(), whole=True))


def _until_too_long(found: Iterator[Finding]) -> Iterator[Finding]:
    """Findings up to that of a rule which may take too long, or that there is no time left for."""
    for each in found:
        yield each
        if TOO_LONG_RULE in each.message or each.message.endswith(OUT_OF_BUDGET):
            return


def _judged(
    value: Any, old: Any, schema: Schema, path: Path, wanted: Wanted, budget: _Budget, *,
    whole: bool = False, deep: bool = True,
) -> Iterator[Finding]:  # fmt: skip
    if value is None:
        return
    for rule in schema.get(KEY) or ():
        found = program(rule["rule"], optional_old=bool(rule.get("optionalOldSelf")))
        if budget.is_spent and isinstance(found, Program) and wanted(rule, found):
            yield invalid(_where(path), schema.get("type") or "", OUT_OF_BUDGET)
            return
        if isinstance(found, Broken) and wanted(rule, found):
            yield invalid(
                _where(path), schema.get("type") or "", f"rule compile error: {found.why}"
            )
        elif isinstance(found, Program) and wanted(rule, found):
            yield from _by_rule(rule, found, value, old, schema, path, whole=whole)
    if not deep:
        return
    if isinstance(value, dict):
        for name, each in value.items():
            below = inner(schema, name)
            if below is None or ((whole or is_embedded(schema)) and name in TYPE_META):
                continue
            step = name if name in properties(schema) else MapKey(name)
            before = old.get(name, _ABSENT) if isinstance(old, dict) else _ABSENT
            yield from _judged(each, before, below, (*path, step), wanted, budget)
    elif isinstance(value, list):
        element, before_of = items(schema), _by_key(old, schema)
        for at, each in enumerate(value):
            yield from _judged(each, before_of(each), element, (*path, at), wanted, budget)


def _by_key(old: Any, schema: Schema) -> Callable[[Any], Any]:
    """What an element of a list was, where its type says which one it is."""
    if schema.get("x-kubernetes-list-type") != "map" or not isinstance(old, list):
        return lambda _: _ABSENT
    key = key_of(schema)
    known = {key(each): each for each in old}
    return lambda element: known.get(key(element), _ABSENT)


def _by_rule(
    rule: Mapping[str, Any], found: Program, value: Any, old: Any, schema: Schema, path: Path,
    *, whole: bool,
) -> Iterator[Finding]:  # fmt: skip
    has_old = old is not _ABSENT and old is not None
    if found.is_transition and not has_old and not rule.get("optionalOldSelf"):
        return
    new = seen(value, schema, whole=whole)
    before = seen(in_order_of(value, old, schema), schema, whole=whole) if has_old else None
    said = str(rule.get("message") or "").strip() or f"failed rule: {rule['rule'].strip()}"
    try:
        if found.evaluate(new, before, has_old=has_old) is True:
            return
    except Failed as error:
        what = f"{error} evaluating rule: {said}"
        if isinstance(error, TooLong):
            what = f"'{error}': {TOO_LONG_RULE}: {said}"
        yield invalid(_where(path), schema.get("type") or "", what)
        return
    said = _message(rule, new, before, has_old=has_old) or said
    where = _where(path, _named(rule.get("fieldPath") or "", schema))
    yield _broken(where, rule.get("reason") or INVALID, value, said)


def _where(path: Path, below: Path = ()) -> Path:
    return (*of_fields(path), *below) or NOWHERE


def _named(text: str, schema: Schema) -> Path:
    """The field that a ``fieldPath`` names, as one step: so Kubernetes takes it."""
    made: list[str | int] = []
    for each in field_steps(text):
        name = str(each)
        made.append(FieldName(name) if name in properties(schema) else MapKey(name))
        schema = inner(schema, name) or {}
    return (FieldName(format_path(tuple(made))),) if made else ()


def _broken(path: Path, reason: str, value: Any, said: str) -> Finding:
    """The finding of a rule that a value breaks, which shows what is no object and no list."""
    if reason in _SAID:
        return Finding(path, reason, f"{_SAID[reason]}: {said}")
    start = "Duplicate value" if reason == DUPLICATE else "Invalid value"
    shown = [] if isinstance(value, dict | list) else [quote(value)]
    return Finding(path, reason, ": ".join([start, *shown, *([said] if reason == INVALID else [])]))


def _message(rule: Mapping[str, Any], new: Any, before: Any, *, has_old: bool) -> str:
    """What ``messageExpression`` makes of the values; empty where it makes nothing of use."""
    text = rule.get("messageExpression")
    if not text:
        return ""
    found = program(text, gives="string", optional_old=bool(rule.get("optionalOldSelf")))
    try:
        made = found.evaluate(new, before, has_old=has_old) if isinstance(found, Program) else ""
    except Failed:
        return ""
    fits = isinstance(made, str) and made.strip() and "\n" not in made
    return made.strip() if fits else ""


def field_steps(text: str) -> Path:
    """The fields that a ``fieldPath`` names, such as ``.spec['a.b'].c``."""
    steps: list[str | int] = []
    rest = text
    while rest:
        if rest.startswith("['") and "']" in rest:
            name, _, rest = rest[2:].partition("']")
            steps.append(MapKey(name))
        else:
            rest = rest.removeprefix(".")
            end = min((at for at in (rest.find("."), rest.find("[")) if at >= 0), default=len(rest))
            steps.append(rest[:end])
            rest = rest[end:] if end else ""
    return tuple(steps)
