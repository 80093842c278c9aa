"""Rules of cron jobs, as ``pkg/apis/batch/validation`` of Kubernetes has them.

Those of jobs are in `kconv_schemas.batch.jobs` and `kconv_schemas.batch.policies`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kconv import Finding, invalid, not_supported, validates
from kconv_schemas.batch import v1beta1, v2alpha1
from kconv_schemas.batch.schedule import BadSchedule, check_schedule, check_time_zone
from kconv_schemas.batch.v1.types import CronJob, CronJobSpec, JobTemplateSpec

Value = Mapping[str, Any]

LONGEST_NAME = 52
"""Of a cron job, so that its jobs' names have room for when they ran."""


@validates(CronJobSpec)
def schedule(value: Value) -> Iterator[Finding]:
    """The schedule can be read."""
    text = value.get("schedule")
    if text:
        try:
            check_schedule(text)
        except BadSchedule as error:
            yield invalid(("schedule",), text, str(error))


@validates(CronJobSpec)
def time_zone(value: Value) -> Iterator[Finding]:
    """The time zone is one that there is."""
    name = value.get("timeZone")
    if name is not None:
        try:
            check_time_zone(name)
        except BadSchedule as error:
            yield invalid(("timeZone",), name, str(error))


@validates(CronJob, v1beta1.CronJob, v2alpha1.CronJob, v2alpha1.ScheduledJob)
def name_has_room(value: Value) -> Iterator[Finding]:
    """The name leaves room for what its jobs' names add."""
    name = value["metadata"].get("name") or ""
    if len(name) > LONGEST_NAME:
        message = f"must be no more than {LONGEST_NAME} characters"
        yield invalid(("metadata", "name"), name, message)


@validates(JobTemplateSpec)
def no_selector(value: Value) -> Iterator[Finding]:
    """The jobs of a cron job get a selector each."""
    spec = value.get("spec") or {}
    if spec.get("selector") is not None:
        yield invalid(("spec", "selector"), "", "`selector` will be auto-generated")
    if spec.get("manualSelector"):
        yield not_supported(("spec", "manualSelector"), True, ("nil", "false"))
