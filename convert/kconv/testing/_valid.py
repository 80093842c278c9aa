"""Objects that keep to the rules that a group adds (`kconv.validates`), as far as can be.

Values follow from the fields one by one; what rules say of several fields, nobody knows but by
asking. So fields that a rule objects to are left out, one after the other.
"""

from __future__ import annotations

import copy
from typing import Any

import marshmallow

from kconv._compile.types import types_below
from kconv._errors import KconvError
from kconv._paths import REQUIRED, Finding, Path
from kconv._schema import Type, inherited
from kconv._scheme import Spoke

TRIES = 12
"""How many fields are left out at most."""


def has_rules(spoke: Spoke) -> bool:
    """Whether a group adds rules about values to any type of a version."""
    return any(next(inherited(of, "rules"), None) is not None for of in types_below(spoke.schema))


def made_valid(spoke: Spoke, document: dict[str, Any]) -> dict[str, Any]:
    """The object without fields that rules object to; as it is where that does not help.

    Fields that have to be there stay: what a rule says of one of them, its examples have to keep.
    """
    value = document
    for _ in range(TRIES):
        finding = _first(spoke.schema, value)
        if finding is None:
            return value
        shorter = _without(value, finding.path)
        if shorter is None:
            break
        value = shorter
    return document


def _first(schema: type[Type], document: dict[str, Any]) -> Finding | None:
    """The first rule that an object breaks, and that leaving out a field may mend."""
    try:
        decoded = schema.instance().load(document)
        findings = list(schema.instance().check(decoded))
    except (marshmallow.ValidationError, KconvError, RecursionError):
        return None
    for each in findings:
        if each.reason != REQUIRED:
            return each
    return findings[0] if findings else None


def _without(document: dict[str, Any], path: Path) -> dict[str, Any] | None:
    """A copy without what is at a path, or the innermost that is there; None for all of it."""
    made = copy.deepcopy(document)
    holder: Any = made
    steps = list(path)
    while len(steps) > 1 and _holds(holder, steps[0]) and _goes_on(holder[steps[0]], steps[1]):
        holder = holder[steps.pop(0)]
    if not steps or not _holds(holder, steps[0]):
        return None
    del holder[steps[0]]
    return made


def _holds(holder: Any, step: str | int) -> bool:
    if isinstance(holder, dict):
        return step in holder
    return isinstance(holder, list) and isinstance(step, int) and step < len(holder)


def _goes_on(value: Any, step: str | int) -> bool:
    return _holds(value, step)
