"""What the demo creates, and how it shows what it reads."""

from __future__ import annotations

from typing import Any

Value = dict[str, Any]

NAMESPACE = "reports"
_ABOUT = 11


def cronjob(number: int) -> Value:
    """A CronJob as somebody would have written it for batch/v1beta1."""
    container = {"name": "report", "image": f"registry.example.com/report:1.{number % 10}"}
    pod = {"restartPolicy": "OnFailure", "containers": [container]}
    return {
        "apiVersion": "batch/v1beta1",
        "kind": "CronJob",
        "metadata": {"name": f"report-{number:03}", "labels": {"team": f"t{number % 7}"}},
        "spec": {
            "schedule": f"{number % 60} {number % 24} * * *",
            "concurrencyPolicy": "Forbid",
            "jobTemplate": {"spec": {"template": {"spec": pod}}},
        },
    }


def autoscaler() -> Value:
    """A HorizontalPodAutoscaler of autoscaling/v1, which knows one metric: CPU."""
    return {
        "apiVersion": "autoscaling/v1",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web"},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
            "minReplicas": 2,
            "maxReplicas": 10,
            "targetCPUUtilizationPercentage": 80,
        },
    }


MEMORY = {
    "type": "Resource",
    "resource": {"name": "memory", "target": {"type": "Utilization", "averageUtilization": 70}},
}
"""A metric that autoscaling/v1 has no field for."""


def cronjob_view(value: Value) -> Value:
    """The part of a CronJob that fits beside two others; its title says what it is."""
    metadata, spec = value["metadata"], value["spec"]
    return {
        "metadata": {name: metadata[name] for name in ("name", "resourceVersion")},
        "spec": {name: spec[name] for name in ("schedule", "suspend")},
    }


def autoscaler_view(value: Value) -> Value:
    """The part of an autoscaler in which the versions differ; its title says what it is."""
    metadata, spec = value["metadata"], value["spec"]
    view: Value = {"metadata": {"name": metadata["name"]}}
    if metadata.get("annotations"):
        view["metadata"]["annotations"] = {
            f".../{name.rpartition('/')[2]}": _about(text)
            for name, text in metadata["annotations"].items()
        }
    view["spec"] = {name: part for name, part in spec.items() if name != "scaleTargetRef"}
    view["spec"].pop("behavior", None)
    return view


def _about(text: str) -> str:
    """The middle of an annotation, which names the metric that it holds."""
    _, name, rest = text.partition('"name":')
    return f"...{name}{rest[:_ABOUT].partition(',')[0]}..."
