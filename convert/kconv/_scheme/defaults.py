"""Defaults that one version of a kind has and another does not, without a rule for what they mean.

An object of the version without the default leaves the field out, is stored in the version with it
and comes back with a value that nobody gave it; a migration stops at it, since it means another
thing than before. So every version has a default of its own, or says with `WhenAbsent` what it
means when it says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from marshmallow import missing

from kconv._paths import INVALID, Finding, quote
from kconv._schema import Type
from kconv._schema.functions import Derived
from kconv._schema.type import inherited
from kconv._scheme.chains import in_hub
from kconv._scheme.spoke import HubKind, Spoke
from kconv.edges import Rule, WhenAbsent, Wrap
from kconv.edges._plan import field_at, object_types
from kconv.edges._steps import EACH, MISSING, Steps, format_steps, get
from kconv.fields import spec_of
from kconv.fields._base import wire_name
from kconv.fields._spec import AnyField

_ITSELF: Any = object()
"""In place of a rule: the field converts by its name."""


@dataclass(frozen=True, slots=True)
class _Default:
    """A default that some version has, or the hub: who, and of which of its fields."""

    owner: str
    field: AnyField

    @property
    def value(self) -> Any:
        """The constant value; `MISSING` where a function works it out."""
        default = self.field.load_default
        if default is missing:
            return MISSING
        if not callable(default):
            return default
        return default() if default in (dict, list) else MISSING


def default_problems_between(kind: HubKind) -> Iterator[Finding]:
    """Findings for each version that lacks a default which others have, by the field."""
    found: dict[Steps, _Default] = {}
    for spoke in kind.spokes:
        found |= dict(_Walk(spoke).defaults())
    for path, default_of_one in found.items():
        # Those of versions first: the default of a hub is never filled in.
        own = (default for spoke in kind.spokes if (default := _default_at(spoke, path)))
        default = next(own, default_of_one)
        for spoke in kind.spokes:
            lacking = _lacking(spoke, path)
            if lacking is not None:
                yield Finding(path, INVALID, _message(spoke, *lacking, default))


class _Walk:
    """The fields of what a version converts to beside its own, as far as the types differ."""

    def __init__(self, spoke: Spoke) -> None:
        self.spoke = spoke
        self.claimed = {
            path: rule
            for rule in spoke.rules
            if not isinstance(rule, WhenAbsent)
            for path in rule.hub
        }
        self.taken = {path for rule in spoke.rules for path in rule.spoke}

    def defaults(self) -> Iterator[tuple[Steps, _Default]]:
        """The defaults that only one of the two has, by the paths of the hub."""
        spoke = self.spoke
        found = self._inside(spoke.schema, spoke.target, (), (), frozenset())
        for path, default in found:
            for at in in_hub(path, spoke.steps[1:]):
                yield at, default

    def _inside(
        self,
        ours: type[Type] | None,
        hub: type[Type],
        at_spoke: Steps,
        at_hub: Steps,
        above: frozenset[tuple[type[Type] | None, type[Type]]],
    ) -> Iterator[tuple[Steps, _Default]]:
        own = {} if ours is None else ours.instance().wire_fields()
        for name, of_hub in hub.instance().wire_fields().items():
            path, beside = (*at_hub, name), (*at_spoke, name)
            rule = self.claimed.get(path)
            found = own.get(name)
            if rule is not None and (rule.carries or isinstance(rule, Wrap)):
                beside = rule.spoke[0]
                found = field_at(self.spoke.schema, beside)
            elif rule is not None or beside in self.taken:
                found = None
            yield from self._one_sided(path, found, of_hub)
            steps, theirs, below = _objects(found, of_hub, rule)
            alike = theirs is below and not self._rules_within(path)
            if below is not None and not alike and (theirs, below) not in above:
                deeper = above | {(theirs, below)}
                inside = beside if isinstance(rule, Wrap) else (*beside, *steps)
                yield from self._inside(theirs, below, inside, (*path, *steps), deeper)

    def _one_sided(
        self, path: Steps, ours: AnyField | None, hub: AnyField
    ) -> Iterator[tuple[Steps, _Default]]:
        if ours is not None and _has_default(ours) and not _has_default(hub):
            yield path, _Default(self.spoke.api_version, ours)
        elif _has_default(hub) and (ours is None or not _has_default(ours)):
            yield path, _Default(self.spoke.target_name, hub)

    def _rules_within(self, path: Steps) -> bool:
        return any(each[: len(path)] == path for each in self.claimed)


def _objects(
    ours: AnyField | None, hub: AnyField, rule: Rule | None
) -> tuple[Steps, type[Type] | None, type[Type] | None]:
    """The types of objects in two fields, and the steps into the lists or maps around them."""
    if ours is None:
        depth, inner = 0, hub
        while (element := spec_of(inner).element) is not None:
            depth, inner = depth + 1, element
        return (EACH,) * depth, None, spec_of(inner).object_type
    if isinstance(rule, Wrap):
        element = spec_of(hub).element
        if element is None:
            return (), None, None
        steps, theirs, below = _objects(ours, element, None)
        return (EACH, *steps), theirs, below
    depth, theirs, below = object_types(ours, hub)
    return (EACH,) * depth, theirs, below


def _has_default(field: AnyField) -> bool:
    return field.load_default is not missing or _is_derived(field)


def _is_derived(field: AnyField) -> bool:
    """Whether a function of its type works out the field (see `kconv.derives`)."""
    of = type(field.parent)
    functions = inherited(of, "defaulters") if issubclass(of, Type) else ()
    name = wire_name(field)
    return any(isinstance(each, Derived) and each.field == name for each in functions)


def _default_at(spoke: Spoke, path: Steps) -> _Default | None:
    """The default that a version has for a field of the hub, if it has the field and a default."""
    for step in reversed(spoke.steps):
        path = _steps_of(step, *_rule_at(step, path), path)
        if not path:
            return None
    field = field_at(spoke.schema, path)
    return None if field is None or not _has_default(field) else _Default(spoke.api_version, field)


def _steps_of(spoke: Spoke, rule: Rule, rest: Steps, path: Steps) -> Steps:
    """Where a version has a field of its target; empty where it has none that is the same."""
    if rule is _ITSELF or (isinstance(rule, WhenAbsent) and rule.beside_name):
        return path
    if rule.carries:
        return (*rule.spoke[0], *rest)
    return (*rule.spoke[0], *rest[1:]) if isinstance(rule, Wrap) else ()


def _lacking(spoke: Spoke, path: Steps) -> tuple[Steps, Steps] | None:
    """Where a version says nothing about a field of the hub, for which others have a default.

    First the path that a rule of its edge would name, then its own, empty where it has no such
    field at all; None where it lacks nothing, or a version that it goes by way of does.
    """
    at = path
    for step in reversed(spoke.steps):
        path = at
        rule, rest = _rule_at(step, path)
        if isinstance(rule, WhenAbsent):
            # What an object says by itself has to say all that others would fill in.
            lacks = rest and EACH not in rest and get(rule.value, rest) is MISSING
            return (path, ()) if lacks and step is spoke else None
        at = _steps_of(step, rule, rest, path)
        if not at:
            # Functions see to it themselves, which tests look at; what others keep is whole.
            lacks = not rest and (rule.whole or rule.only_absent)
            return (path, ()) if lacks and step is spoke else None
    field = field_at(spoke.schema, at)
    if field is None:
        return None  # refused as such, or within what the version does not have
    return None if _has_default(field) or field.required else (path, at)


def _rule_at(spoke: Spoke, path: Steps) -> tuple[Rule, Steps]:
    """The rule that a field of the hub is left to, and the path within what it claims."""
    claims = [
        (rule, path[len(claimed) :])
        for rule in spoke.rules
        for claimed in rule.hub
        if path[: len(claimed)] == claimed
    ]
    for rule, rest in claims:
        if isinstance(rule, WhenAbsent) and (not rest or not rule.beside_name):
            return rule, rest
    return next((each for each in claims if not isinstance(each[0], WhenAbsent)), (_ITSELF, path))


def _message(spoke: Spoke, path: Steps, at: Steps, default: _Default) -> str:
    value = default.value
    shown = "a computed value" if value is MISSING else quote(value)
    where = format_steps(path)
    lacks = f"its {format_steps(at)} has no default" if at else f"it says nothing of {where}"
    says = f"{default.owner} has the default {shown}" + ("" if at == path else f" for {where}")
    todo = [] if value is MISSING else [f'WhenAbsent("{where}", {value!r})']
    todo += [f"load_default={'…' if value is MISSING else repr(value)}"] if at else []
    advice = " in its edge, or ".join(todo) if len(todo) > 1 else (todo or ["a Functions rule"])[0]
    advice += f" of {format_steps(at)}" if at else " in its edge"
    return (
        f"{spoke.gvk}: {lacks}, and {says}, so that objects of {spoke.api_version} which leave it "
        f"out would come back with a value, and a migration would stop at them; say what its "
        f"absence means: {advice}"
    )
