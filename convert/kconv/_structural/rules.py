"""Patterns and rules of a structural schema: which are none, and which nobody judges here.

Patterns are judged by RE2 and rules in CEL by cel-cpp, which bound what a pattern, and a rule's
iterations, may take; nothing else judges them. Where they are not installed, what they would judge
is said, and let through.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

from kconv._cel import Broken, Lacking, Program, is_installed, program
from kconv._paths import (
    DUPLICATE,
    FORBIDDEN,
    INVALID,
    REQUIRED,
    Finding,
    MapKey,
    Path,
    forbidden,
    format_path,
    invalid,
    not_supported,
    quote,
    required,
)
from kconv._structural.patterns import has_patterns, pattern_problem
from kconv._structural.rule_costs import cost_problems
from kconv._structural.schemas import Schema, inner, properties
from kconv._structural.validations import KEY, field_steps

REASONS: Final = (INVALID, FORBIDDEN, REQUIRED, DUPLICATE)
INSTALL: Final = "install kconv[crds]"

Rule = Mapping[str, Any]


def rule_problems(schema: Schema, *, stored: bool = False) -> Iterator[Finding]:
    """What is wrong with the patterns and the rules of a structural schema, by path.

    As far as it can be told: what `unjudged` names is not looked at. A schema that is ``stored``
    has been taken: whether its rules fit its types, and what they cost, is asked of others only.
    """
    if not stored:
        yield from cost_problems(schema)
    for path, part, correlates in _parts(schema, (), correlates=True):
        pattern = part.get("pattern")
        why = pattern_problem(pattern) if isinstance(pattern, str) and pattern else ""
        if why:
            message = f"must be a valid regular expression, but isn't: {why}"
            yield invalid((*path, "pattern"), pattern, message)
        for at, rule in enumerate(_rules(part)):
            for finding in _of_rule(rule, part, correlates=correlates):
                yield finding.under(*path, KEY, at)


def unjudged(schema: Schema, path: Path = ()) -> Iterator[str]:
    """Which patterns and rules of a schema are not judged here, and why, by path."""
    for below, part, _ in _parts(schema, path, correlates=True):
        if part.get("pattern") and not has_patterns():
            yield f"{format_path((*below, 'pattern'))} is not judged: {INSTALL}"
        for at, rule in enumerate(_rules(part)):
            why = _why_not(rule)
            if why:
                yield f"{format_path((*below, KEY, at))} is not evaluated: {why}"


def compares(schema: Schema) -> bool:
    """Whether a schema has rules that compare with an earlier state."""
    if not is_installed():
        return False
    return any(
        found.is_transition
        for _, part, _ in _parts(schema, (), correlates=True)
        for rule in _rules(part)
        if isinstance(found := _compiled(rule), Program)
    )


def _rules(schema: Schema) -> list[Rule]:
    found = schema.get(KEY)
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []


def _compiled(
    rule: Rule, key: str = "rule", gives: Literal["bool", "string"] = "bool"
) -> Program | Broken | Lacking:
    return program(str(rule.get(key)), gives=gives, optional_old=bool(rule.get("optionalOldSelf")))


def _of_rule(rule: Rule, part: Schema, *, correlates: bool) -> Iterator[Finding]:
    if not str(rule.get("rule") or "").strip():
        yield required(("rule",))
        return
    message = str(rule.get("message") or "")
    if message and not message.strip():
        yield invalid(("message",), message, "must be non-empty if specified")
    if "\n" in message:
        yield invalid(("message",), message, "message must not contain line breaks")
    reason = rule.get("reason")
    if reason and reason not in REASONS:
        yield not_supported(("reason",), reason, REASONS)
    where = str(rule.get("fieldPath") or "")
    if where and not _is_field(where, part):
        yield invalid(("fieldPath",), where, "must be a valid path")
    if not is_installed():
        return
    found = _compiled(rule)
    if isinstance(found, Program) and rule.get("optionalOldSelf") and not found.uses_old:
        yield invalid(("optionalOldSelf",), True, "may not be set if oldSelf is not used in rule")
    if isinstance(found, Broken):
        yield _does_not_compile(("rule",), rule["rule"], found.said)
    elif isinstance(found, Program) and found.is_transition and not correlates:
        yield forbidden(
            ("rule",), "oldSelf cannot be used on the uncorrelatable portion of the schema"
        )
    if not str(rule.get("messageExpression") or "x").strip():
        why = "messageExpression must be non-empty if specified"
        yield required(("messageExpression",), why)
    elif rule.get("messageExpression"):
        made = _compiled(rule, "messageExpression", "string")
        if isinstance(made, Broken):
            why = f"messageExpression {made.said}"
            yield _does_not_compile(("messageExpression",), rule["messageExpression"], why)


def _is_field(text: str, schema: Schema) -> bool:
    """Whether a ``fieldPath`` names a field that there is."""
    found: Schema | None = schema if text[0] in ".[" else None
    for each in field_steps(text):
        found = None if found is None else inner(found, str(each))
    return found is not None


def _does_not_compile(path: Path, text: str, why: str) -> Finding:
    return Finding(path, INVALID, f"Invalid value: {quote(text)}: {why}")


def _why_not(rule: Rule) -> str:
    if not is_installed():
        return INSTALL
    found = _compiled(rule)
    return found.why if isinstance(found, Lacking) else ""


def _parts(schema: Schema, path: Path, *, correlates: bool) -> Iterator[tuple[Path, Schema, bool]]:
    """A schema and those within it, with whether values have a counterpart in an earlier state."""
    yield path, schema, correlates
    for name, each in properties(schema).items():
        if isinstance(each, Mapping):
            below = (*path, "properties", MapKey(name))
            yield from _parts(each, below, correlates=correlates)
    for key in ("additionalProperties", "items", "not"):
        within = schema.get(key)
        if isinstance(within, Mapping):
            by_key = key != "items" or schema.get("x-kubernetes-list-type") == "map"
            yield from _parts(within, (*path, key), correlates=correlates and by_key)
    for key in ("allOf", "anyOf", "oneOf"):
        for at, each in enumerate(schema.get(key) or ()):
            if isinstance(each, Mapping):
                yield from _parts(each, (*path, key, at), correlates=correlates)
