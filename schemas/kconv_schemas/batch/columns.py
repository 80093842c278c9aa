"""Printer columns of batch, as ``pkg/printers/internalversion`` of Kubernetes has them."""

from __future__ import annotations

from datetime import UTC, datetime

from kconv import Column
from kconv.fields import age, human_duration, parse_time
from kconv_schemas.batch import v1beta1, v2alpha1
from kconv_schemas.batch.v1 import types as v1
from kconv_schemas.columns import AGE, NAME, NONE, Value, at, container_names, images, selector

_STATES = {
    "Complete": "Complete",
    "Failed": "Failed",
    "": "Terminating",
    "Suspended": "Suspended",
    "FailureTarget": "FailureTarget",
    "SuccessCriteriaMet": "SuccessCriteriaMet",
}
"""What a job's status is called, by the condition that says so; the first that holds counts."""


def _status(value: Value) -> str:
    conditions = at(value, "status", "conditions") or ()
    holds = {each.get("type") for each in conditions if each.get("status") == "True"}
    if at(value, "metadata", "deletionTimestamp"):
        holds.add("")
    return next((name for state, name in _STATES.items() if state in holds), "Running")


def _completions(value: Value) -> str:
    succeeded = at(value, "status", "succeeded") or 0
    wanted, parallel = at(value, "spec", "completions"), at(value, "spec", "parallelism") or 0
    if wanted is not None:
        return f"{succeeded}/{wanted}"
    return f"{succeeded}/1 of {parallel}" if parallel > 1 else f"{succeeded}/1"


def _duration(value: Value) -> str:
    started, completed = at(value, "status", "startTime"), at(value, "status", "completionTime")
    if not started:
        return ""
    end = parse_time(completed) if completed else datetime.now(UTC)
    return human_duration(max(int((end - parse_time(started)).total_seconds()), 0))


def _suspend(value: Value) -> str:
    suspended = at(value, "spec", "suspend")
    return "<unset>" if suspended is None else str(bool(suspended))


def _last_schedule(value: Value) -> str:
    last = at(value, "status", "lastScheduleTime")
    return age(last) if last else NONE


def _pods(*names: str) -> tuple[Column, ...]:
    """The columns about the pods that the job spec at a path makes."""
    path = (*names, "template", "spec")
    return (
        Column("Containers", lambda value: container_names(at(value, *path)), priority=1),
        Column("Images", lambda value: images(at(value, *path)), priority=1),
        Column("Selector", lambda value: selector(at(value, *names, "selector")), priority=1),
    )


JOB = (
    NAME,
    Column("Status", _status),
    Column("Completions", _completions),
    Column("Duration", _duration),
    AGE,
    *_pods("spec"),
)
CRON_JOB = (
    NAME,
    Column("Schedule", lambda value: at(value, "spec", "schedule") or ""),
    Column("Timezone", lambda value: at(value, "spec", "timeZone") or NONE),
    Column("Suspend", _suspend, type="boolean"),
    Column("Active", lambda value: len(at(value, "status", "active") or ()), type="integer"),
    Column("Last Schedule", _last_schedule),
    AGE,
    *_pods("spec", "jobTemplate", "spec"),
)

for job in (v1.Job, v2alpha1.Job):
    job.opts.printer_columns = JOB
for cron_job in (v1.CronJob, v1beta1.CronJob, v2alpha1.CronJob, v2alpha1.ScheduledJob):
    cron_job.opts.printer_columns = CRON_JOB
