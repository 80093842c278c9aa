"""The internal versions of batch's kinds: the shapes of v1."""

from __future__ import annotations

from typing import Any

from kconv import Hub, SelectableField
from kconv.fields import Object
from kconv_schemas.batch.v1.types import CronJobSpec, CronJobStatus, JobSpec, JobStatus


class Job(Hub):
    """The internal version of Job."""

    class Meta:
        group = "batch"
        kind = "Job"
        selectable_fields = (SelectableField("status.successful", "status.succeeded", absent="0"),)

    spec = Object(JobSpec)
    status = Object(JobStatus)

    @staticmethod
    def prepare_for_create(value: dict[str, Any]) -> None:
        """Give a new job, whose uid is set, the selector and labels by which its pods are found.

        A job with ``manualSelector`` brings its own. As ``registry/batch/job/strategy.go``.
        """
        spec, metadata = value["spec"], value["metadata"]
        if spec.get("manualSelector"):
            return
        uid, name = metadata["uid"], metadata.get("name") or ""
        labels = spec.setdefault("template", {}).setdefault("metadata", {}).setdefault("labels", {})
        # Labels of its own that it has from its pods are the same map to Kubernetes.
        shared = bool(labels) and metadata.get("labels") == labels
        # Labels that contradict are left to validation.
        for prefix in ("", "batch.kubernetes.io/"):
            labels.setdefault(f"{prefix}controller-uid", uid)
            labels.setdefault(f"{prefix}job-name", name)
        if shared:
            metadata["labels"] = dict(labels)
        selector = spec.setdefault("selector", {})
        matched = selector.setdefault("matchLabels", {})
        matched.setdefault("batch.kubernetes.io/controller-uid", uid)


class CronJob(Hub):
    """The internal version of CronJob, and of ScheduledJob."""

    class Meta:
        group = "batch"
        kind = "CronJob"

    spec = Object(CronJobSpec)
    status = Object(CronJobStatus)
