"""The behavior in the words of v2, and in those of the annotation of v1.

In the annotation every name is capitalised, and what is absent is null.
"""

from __future__ import annotations

from typing import Any

from msgspec import UNSET

from kconv_schemas.autoscaling import structs as made


def behavior_to_v1(behavior: Any) -> Any:
    """A behavior as v1 has it in an annotation."""
    return made.Behavior(
        ScaleUp=_rules_to_v1(behavior.scaleUp), ScaleDown=_rules_to_v1(behavior.scaleDown)
    )


def behavior_from_v1(shape: Any) -> Any:
    """A behavior from what v1 has in an annotation."""
    return made.HorizontalPodAutoscalerBehavior(
        scaleDown=_rules_from_v1(shape.ScaleDown), scaleUp=_rules_from_v1(shape.ScaleUp)
    )


def _rules_to_v1(rules: Any) -> Any:
    if rules is UNSET:
        return None
    policies = rules.policies
    if policies is not UNSET:
        policies = [
            made.Policy(
                Type=policy.type or "",
                Value=policy.value or 0,
                PeriodSeconds=policy.periodSeconds or 0,
            )
            for policy in policies
        ]
    return made.Rules(
        StabilizationWindowSeconds=_or_null(rules.stabilizationWindowSeconds),
        SelectPolicy=_or_null(rules.selectPolicy),
        Policies=_or_null(policies),
        Tolerance=_or_null(rules.tolerance),
    )


def _rules_from_v1(shape: Any) -> Any:
    if shape is UNSET:
        return UNSET
    policies = shape.Policies
    if policies is not UNSET:
        policies = [
            made.HPAScalingPolicy(
                periodSeconds=policy.PeriodSeconds, type=policy.Type, value=policy.Value
            )
            for policy in policies
        ]
    return made.HPAScalingRules(
        policies=policies,
        selectPolicy=shape.SelectPolicy,
        stabilizationWindowSeconds=shape.StabilizationWindowSeconds,
        tolerance=shape.Tolerance,
    )


def _or_null(value: Any) -> Any:
    return None if value is UNSET else value
