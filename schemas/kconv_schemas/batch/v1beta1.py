"""batch/v1beta1: the CronJob before v1, of the same shape."""

from __future__ import annotations

from kconv import Deprecation, Resource
from kconv.fields import Object
from kconv_schemas.batch.v1.types import CronJobSpec, CronJobStatus


class CronJob(Resource):
    """The kind CronJob of batch/v1beta1."""

    class Meta:
        group = "batch"
        version = "v1beta1"
        short_names = ("cj",)
        categories = ("all",)
        deprecated = Deprecation(since="1.21", removed_in="1.25", replacement="batch/v1 CronJob")

    spec = Object(CronJobSpec, required=True, load_default=dict)
    status = Object(CronJobStatus, load_default=dict)
