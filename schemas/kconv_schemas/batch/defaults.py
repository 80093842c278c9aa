"""Computed defaults of batch, as ``pkg/apis/batch/v1/defaults.go`` of Kubernetes has them.

A Job's own defaults are not those of the jobTemplate of a CronJob, so they hang on the kind.
"""

from __future__ import annotations

import copy
from typing import Any

from kconv import defaults, zero_is_absent
from kconv.fields import INT32
from kconv_schemas.batch import v2alpha1
from kconv_schemas.batch.v1.types import (
    CronJobSpec,
    Job,
    PodFailurePolicyOnPodConditionsPattern,
)

zero_is_absent(CronJobSpec, "concurrencyPolicy")
zero_is_absent(PodFailurePolicyOnPodConditionsPattern, "status")

_CONSTANTS: dict[str, Any] = {
    "parallelism": 1,
    "backoffLimit": 6,
    "completionMode": "NonIndexed",
    "suspend": False,
    "manualSelector": False,
    "podReplacementPolicy": "TerminatingOrFailed",
}
"""The defaults of a job's spec; two of them depend on other fields."""


@defaults(Job, v2alpha1.Job, lacking=[f"spec.{name}" for name in _CONSTANTS])
def job(value: dict[str, Any]) -> None:
    """One pod at a time, once; six retries, or as many as there are indexes to retry."""
    spec = value["spec"]
    if "completions" not in spec and "parallelism" not in spec:
        spec["completions"] = 1
    per_index = "backoffLimitPerIndex" in spec
    fails_by_policy = "podFailurePolicy" in spec
    computed = {
        "backoffLimit": INT32[1] if per_index else 6,
        "podReplacementPolicy": "Failed" if fails_by_policy else "TerminatingOrFailed",
    }
    for name, default in (_CONSTANTS | computed).items():
        spec.setdefault(name, default)


@defaults(Job, v2alpha1.Job, empty=("metadata.labels",))
def labels(value: dict[str, Any]) -> None:
    """A job without labels has those of its pods."""
    of_pods = value["spec"].get("template", {}).get("metadata", {}).get("labels")
    if of_pods and not value["metadata"].get("labels"):
        value["metadata"]["labels"] = copy.copy(of_pods)
