"""Rules of batch's kinds, as ``pkg/apis/batch/validation`` of Kubernetes has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kconv import (
    Finding,
    Path,
    invalid,
    not_supported,
    required,
    too_long,
    validates,
    validates_update,
)
from kconv_schemas.batch import v1beta1, v2alpha1
from kconv_schemas.batch.schedule import BadSchedule, check_schedule, check_time_zone
from kconv_schemas.batch.v1.types import CronJob, CronJobSpec, Job, JobSpec, JobTemplateSpec
from kconv_schemas.core.names import domain_prefixed_path

Value = Mapping[str, Any]

LONGEST_NAME = 52
"""Of a cron job, so that its jobs' names have room for when they ran."""

LONGEST_MANAGER = 63

_RESTART: Path = ("template", "spec", "restartPolicy")
_FIXED = (
    "completionMode",
    "podFailurePolicy",
    "backoffLimitPerIndex",
    "managedBy",
    "successPolicy",
)


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


@validates(JobSpec)
def restart_policy(value: Value) -> Iterator[Finding]:
    """Pods of a job end: they are not restarted for ever."""
    pod = (value.get("template") or {}).get("spec")
    if pod is None:
        return
    policy = pod.get("restartPolicy")
    if policy == "Always":
        yield required(_RESTART, 'valid values: "OnFailure", "Never"')
    elif policy != "Never" and value.get("podFailurePolicy") is not None:
        message = 'only "Never" is supported when podFailurePolicy is specified'
        yield invalid(_RESTART, policy, message)


@validates(JobSpec)
def indexed(value: Value) -> Iterator[Finding]:
    """What counts indexes needs to know how many there are."""
    is_indexed = value.get("completionMode") == "Indexed"
    if is_indexed and value.get("completions") is None:
        yield required(("completions",), "when completion mode is Indexed")
    per_index = value.get("backoffLimitPerIndex") is not None
    if per_index and not is_indexed:
        message = "requires indexed completion mode"
        yield invalid(("backoffLimitPerIndex",), value["backoffLimitPerIndex"], message)
    most = value.get("maxFailedIndexes")
    if most is not None and not per_index:
        yield required(("backoffLimitPerIndex",), "when maxFailedIndexes is specified")
    completions = value.get("completions")
    if most is not None and completions is not None and most > completions:
        message = "must be less than or equal to completions"
        yield invalid(("maxFailedIndexes",), most, message)


@validates(JobSpec)
def managed_by(value: Value) -> Iterator[Finding]:
    """Another controller is named by a domain and a path."""
    name, path = value.get("managedBy"), ("managedBy",)
    if name is None:
        return
    yield from domain_prefixed_path(path, name)
    if len(name) > LONGEST_MANAGER:
        yield too_long(path, LONGEST_MANAGER)


@validates_update(Job, v2alpha1.Job)
def fixed(new: Value, old: Value) -> Iterator[Finding]:
    """What a job is cannot be changed while it runs; how fast it goes can."""
    now, before = new.get("spec") or {}, old.get("spec") or {}
    names = ["selector", "template", *_FIXED]
    if now.get("completions") != before.get("completions") and not _elastic(now, before):
        names.insert(0, "completions")
    if _not_started(before, old):
        names.remove("template")
    for name in names:
        if (now.get(name) or None) != (before.get(name) or None):
            yield invalid(("spec", name), now.get(name), "field is immutable")


def _elastic(now: Value, before: Value) -> bool:
    """An indexed job may grow and shrink, completions and parallelism together."""
    is_indexed = now.get("completionMode") == before.get("completionMode") == "Indexed"
    return is_indexed and now.get("completions") == now.get("parallelism")


def _not_started(before: Value, old: Value) -> bool:
    """A suspended job that never started may still be scheduled otherwise."""
    return bool(before.get("suspend")) and not (old.get("status") or {}).get("startTime")
