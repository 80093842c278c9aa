"""batch/v2alpha1: Job, CronJob, and ScheduledJob, which is what CronJob was called first."""

from __future__ import annotations

from kconv import Resource
from kconv.fields import Object
from kconv_schemas.batch.v1.types import CronJobSpec, CronJobStatus, JobSpec, JobStatus


class Job(Resource):
    """The kind Job of batch/v2alpha1."""

    class Meta:
        group = "batch"
        version = "v2alpha1"
        categories = ("all",)

    spec = Object(JobSpec, load_default=dict)
    status = Object(JobStatus, load_default=dict)


class CronJob(Resource):
    """The kind CronJob of batch/v2alpha1."""

    class Meta:
        group = "batch"
        version = "v2alpha1"
        short_names = ("cj",)
        categories = ("all",)

    spec = Object(CronJobSpec, required=True, load_default=dict)
    status = Object(CronJobStatus, load_default=dict)


class ScheduledJob(Resource):
    """A CronJob under its former kind and plural: the same stored object by another name.

    It is in no category, so that ``kubectl get all`` lists the object once.
    """

    class Meta:
        group = "batch"
        version = "v2alpha1"

    spec = Object(CronJobSpec, required=True, load_default=dict)
    status = Object(CronJobStatus, load_default=dict)
