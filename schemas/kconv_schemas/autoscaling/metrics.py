"""Metrics and behavior in the words of v2, and in those of the annotations of v1."""

from __future__ import annotations

from typing import Any

Value = dict[str, Any]

_BEHAVIOR_NAMES = {
    "scaleUp": "ScaleUp",
    "scaleDown": "ScaleDown",
    "stabilizationWindowSeconds": "StabilizationWindowSeconds",
    "selectPolicy": "SelectPolicy",
    "policies": "Policies",
    "tolerance": "Tolerance",
    "type": "Type",
    "value": "Value",
    "periodSeconds": "PeriodSeconds",
}
_DIRECTIONS = ("scaleUp", "scaleDown")
_RULES = ("stabilizationWindowSeconds", "selectPolicy", "policies", "tolerance")
_POLICY = {"type": "", "value": 0, "periodSeconds": 0}


def metric_to_v1(metric: Value) -> Value:
    """A metric of the hub's spec as v1 has it in an annotation."""
    shape: Value = {"type": metric.get("type", "")}
    for source in ("resource", "containerResource"):
        if source in metric:
            target = metric[source].get("target", {})
            shape[source] = _present(
                name=metric[source].get("name", ""),
                targetAverageUtilization=target.get("averageUtilization"),
                targetAverageValue=target.get("averageValue"),
            )
    if "containerResource" in metric:
        shape["containerResource"]["container"] = metric["containerResource"].get("container", "")
    if "object" in metric:
        target = metric["object"].get("target", {})
        shape["object"] = _present(
            target=_reference(metric["object"]),
            metricName=_metric_name(metric["object"]),
            targetValue=target.get("value", "0"),
            selector=_selector(metric["object"]),
            averageValue=target.get("averageValue"),
        )
    if "pods" in metric:
        shape["pods"] = _present(
            metricName=_metric_name(metric["pods"]),
            targetAverageValue=metric["pods"].get("target", {}).get("averageValue", "0"),
            selector=_selector(metric["pods"]),
        )
    if "external" in metric:
        target = metric["external"].get("target", {})
        shape["external"] = _present(
            metricName=_metric_name(metric["external"]),
            metricSelector=_selector(metric["external"]),
            targetValue=target.get("value"),
            targetAverageValue=target.get("averageValue"),
        )
    return shape


def metric_from_v1(shape: Value) -> Value:
    """A metric of the hub's spec from what v1 has in an annotation."""
    metric: Value = {"type": shape["type"]}
    for source in ("resource", "containerResource"):
        if source in shape:
            metric[source] = {
                "name": shape[source]["name"],
                "target": _present(
                    type="Utilization"
                    if "targetAverageUtilization" in shape[source]
                    else "AverageValue",
                    averageValue=shape[source].get("targetAverageValue"),
                    averageUtilization=shape[source].get("targetAverageUtilization"),
                ),
            }
    if "containerResource" in shape:
        metric["containerResource"]["container"] = shape["containerResource"]["container"]
    if "object" in shape:
        of = shape["object"]
        average, total = of.get("averageValue"), of["targetValue"]
        metric["object"] = {
            "describedObject": of["target"],
            "metric": _identifier(of["metricName"], of.get("selector")),
            "target": _present(
                type="Value" if average is None else "AverageValue",
                # v1 cannot leave the value out; Kubernetes lets no metric have it and an average.
                value=total if average is None or total != "0" else None,
                averageValue=average,
            ),
        }
    if "pods" in shape:
        of = shape["pods"]
        metric["pods"] = {
            "metric": _identifier(of["metricName"], of.get("selector")),
            "target": {"type": "AverageValue", "averageValue": of["targetAverageValue"]},
        }
    if "external" in shape:
        of = shape["external"]
        total = of.get("targetValue")
        metric["external"] = {
            "metric": _identifier(of["metricName"], of.get("metricSelector")),
            "target": _present(
                type="AverageValue" if total is None else "Value",
                value=total,
                averageValue=of.get("targetAverageValue"),
            ),
        }
    return metric


def current_to_v1(metric: Value) -> Value:
    """A metric of the hub's status as v1 has it in an annotation."""
    shape: Value = {"type": metric.get("type", "")}
    for source in ("resource", "containerResource"):
        if source in metric:
            current = metric[source].get("current", {})
            shape[source] = _present(
                name=metric[source].get("name", ""),
                currentAverageUtilization=current.get("averageUtilization"),
                currentAverageValue=current.get("averageValue", "0"),
            )
    if "containerResource" in metric:
        shape["containerResource"]["container"] = metric["containerResource"].get("container", "")
    if "object" in metric:
        current = metric["object"].get("current", {})
        shape["object"] = _present(
            target=_reference(metric["object"]),
            metricName=_metric_name(metric["object"]),
            currentValue=current.get("value", "0"),
            selector=_selector(metric["object"]),
            averageValue=current.get("averageValue"),
        )
    if "pods" in metric:
        shape["pods"] = _present(
            metricName=_metric_name(metric["pods"]),
            currentAverageValue=metric["pods"].get("current", {}).get("averageValue", "0"),
            selector=_selector(metric["pods"]),
        )
    if "external" in metric:
        current = metric["external"].get("current", {})
        shape["external"] = _present(
            metricName=_metric_name(metric["external"]),
            metricSelector=_selector(metric["external"]),
            currentValue=current.get("value", "0"),
            currentAverageValue=current.get("averageValue"),
        )
    return shape


def current_from_v1(shape: Value) -> Value:
    """A metric of the hub's status from what v1 has in an annotation."""
    metric: Value = {"type": shape["type"]}
    for source in ("resource", "containerResource"):
        if source in shape:
            metric[source] = {
                "name": shape[source]["name"],
                "current": _present(
                    averageValue=shape[source]["currentAverageValue"],
                    averageUtilization=shape[source].get("currentAverageUtilization"),
                ),
            }
    if "containerResource" in shape:
        metric["containerResource"]["container"] = shape["containerResource"]["container"]
    if "object" in shape:
        of = shape["object"]
        metric["object"] = {
            "describedObject": of["target"],
            "metric": _identifier(of["metricName"], of.get("selector")),
            "current": _present(value=of["currentValue"], averageValue=of.get("averageValue")),
        }
    if "pods" in shape:
        of = shape["pods"]
        metric["pods"] = {
            "metric": _identifier(of["metricName"], of.get("selector")),
            "current": {"averageValue": of["currentAverageValue"]},
        }
    if "external" in shape:
        of = shape["external"]
        metric["external"] = {
            "metric": _identifier(of["metricName"], of.get("metricSelector")),
            "current": _present(
                value=of["currentValue"], averageValue=of.get("currentAverageValue")
            ),
        }
    return metric


def behavior_to_v1(behavior: Value) -> Value:
    """A behavior as v1 has it in an annotation: every name capitalised, absent ones null."""
    shape: Value = {}
    for direction in _DIRECTIONS:
        rules = behavior.get(direction)
        shape[_BEHAVIOR_NAMES[direction]] = None if rules is None else _rules_to_v1(rules)
    return shape


def _rules_to_v1(rules: Value) -> Value:
    shape = {_BEHAVIOR_NAMES[name]: rules.get(name) for name in _RULES}
    if shape["Policies"] is not None:
        shape["Policies"] = [
            {_BEHAVIOR_NAMES[name]: policy.get(name, zero) for name, zero in _POLICY.items()}
            for policy in rules["policies"]
        ]
    return shape


def behavior_from_v1(shape: Value) -> Value:
    """A behavior from what v1 has in an annotation."""
    names = {capital: name for name, capital in _BEHAVIOR_NAMES.items()}
    behavior = {names[direction]: dict(rules) for direction, rules in shape.items()}
    for direction, rules in behavior.items():
        behavior[direction] = {names[name]: value for name, value in rules.items()}
        if "policies" in behavior[direction]:
            behavior[direction]["policies"] = [
                {names[name]: value for name, value in policy.items()}
                for policy in behavior[direction]["policies"]
            ]
    return behavior


def _present(**fields: Any) -> Value:
    return {name: value for name, value in fields.items() if value is not None}


def _metric_name(source: Value) -> str:
    name: str = source.get("metric", {}).get("name", "")
    return name


def _selector(source: Value) -> Any:
    return source.get("metric", {}).get("selector")


def _identifier(name: str, selector: Value | None) -> Value:
    return _present(name=name, selector=selector)


def _reference(source: Value) -> Value:
    described = source.get("describedObject", {})
    reference = {"kind": described.get("kind", ""), "name": described.get("name", "")}
    if described.get("apiVersion"):
        reference["apiVersion"] = described["apiVersion"]
    return reference
