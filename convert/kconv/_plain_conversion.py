"""spoke -> hub -> spoke: the plain path, which follows the plans that freeze made.

The result shares nothing with the input, and the input is never changed.
"""

from __future__ import annotations

import copy
from typing import Any

from kconv._errors import ConversionError, ObjectRef
from kconv._scheme import Spoke
from kconv.edges._plan import Plan

Value = dict[str, Any]


def to_hub(spoke: Spoke, value: Value) -> Value:
    """The hub's value of a decoded object of a spoke; without kind and apiVersion.

    Raises `ConversionError` when a rule fails on the object.
    """
    hub = apply(spoke.forward, value)
    for rule in spoke.rules:
        with converting(spoke, value, rule):
            rule.to_hub(value, hub)
    return hub


def from_hub(spoke: Spoke, hub: Value) -> Value:
    """The spoke's value of a hub's value, with kind and apiVersion.

    Raises `ConversionError` when a rule fails on the object.
    """
    value = {"apiVersion": spoke.api_version, "kind": spoke.options.kind}
    value.update(apply(spoke.backward, hub))
    for rule in spoke.rules:
        with converting(spoke, hub, rule):
            rule.to_spoke(hub, value)
    return value


def apply(plan: Plan, source: Value) -> Value:
    """What a plan alone makes of an object: all that converts by name."""
    target: Value = {}
    for name in plan.copied:
        if name in source:
            target[name] = copy.deepcopy(source[name])
    for name, (depth, inner) in plan.inner.items():
        if name in source:
            target[name] = _apply_inside(inner, depth, source[name])
    return target


def _apply_inside(plan: Plan, depth: int, value: Any) -> Any:
    if value is None:
        return None
    if depth == 0:
        return apply(plan, value)
    if isinstance(value, list):
        return [_apply_inside(plan, depth - 1, item) for item in value]
    return {key: _apply_inside(plan, depth - 1, item) for key, item in value.items()}


FAILURES = (KeyError, TypeError, ValueError, AttributeError, IndexError)
"""What a rule raises that does not expect the object it gets."""


class converting:  # noqa: N801 - it reads as a verb: with converting(...)
    """Says which object and which rule it was, when a rule fails."""

    def __init__(self, spoke: Spoke, value: Value, rule: object) -> None:
        self.spoke, self.value, self.rule = spoke, value, rule

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, ConversionError) and error.about is None:
            error.about = self._about()
        elif isinstance(error, FAILURES):
            about = self._about()
            message = f"{about}: the rule {self.rule} failed: {type(error).__name__}: {error}"
            raise ConversionError(message, about=about) from error

    def _about(self) -> ObjectRef:
        gvk, metadata = self.spoke.gvk, self.value.get("metadata") or {}
        namespace, name = metadata.get("namespace") or "", metadata.get("name") or ""
        return ObjectRef(gvk.group, gvk.version, gvk.kind, str(namespace), str(name))
