"""Rules of jobs, as ``pkg/apis/batch/validation`` of Kubernetes has them."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from kconv import (
    Finding,
    MapKey,
    Path,
    invalid,
    not_supported,
    required,
    too_long,
    validates,
    validates_update,
)
from kconv.names import dns_label_problems
from kconv_schemas.batch import v2alpha1
from kconv_schemas.batch.v1.types import Job, JobSpec
from kconv_schemas.core.names import domain_prefixed_path, label_selector

Value = Mapping[str, Any]

LONGEST_MANAGER = 63
MANY, FEW = 100_000, 10_000
"""Pods at a time, or indexes that fail, of an indexed job, and of one with many indexes."""

UID_LABELS = ("controller-uid", "batch.kubernetes.io/controller-uid")
NAME_LABELS = ("job-name", "batch.kubernetes.io/job-name")

_RESTART: Path = ("template", "spec", "restartPolicy")
_FIXED = (
    "completionMode",
    "podFailurePolicy",
    "backoffLimitPerIndex",
    "managedBy",
    "successPolicy",
)
_OF_SCHEDULING = ("nodeSelector", "tolerations", "schedulingGates")


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
    if value.get("maxFailedIndexes") is not None and value.get("backoffLimitPerIndex") is None:
        yield required(("backoffLimitPerIndex",), "when maxFailedIndexes is specified")
    if value.get("completionMode") == "Indexed":
        yield from _few_enough(value)
        return
    for name in ("backoffLimitPerIndex", "maxFailedIndexes"):
        if value.get(name) is not None:
            yield invalid((name,), value[name], "requires indexed completion mode")


def _few_enough(value: Value) -> Iterator[Finding]:
    completions, most = value.get("completions"), value.get("maxFailedIndexes")
    at_once = value.get("parallelism")
    if completions is None:
        yield required(("completions",), "when completion mode is Indexed")
    if at_once is not None and at_once > MANY:
        message = f"must be less than or equal to {MANY} when completion mode is Indexed"
        yield invalid(("parallelism",), at_once, message)
    if most is not None and completions is not None and most > completions:
        message = "must be less than or equal to completions"
        yield invalid(("maxFailedIndexes",), most, message)
    if most is not None and most > MANY:
        yield invalid(("maxFailedIndexes",), most, f"must be less than or equal to {MANY}")
    if completions is None or value.get("backoffLimitPerIndex") is None or completions <= MANY:
        return
    limited = (
        f"must be less than or equal to {FEW} when completions are above {MANY} and used with "
        "backoff limit per index"
    )
    if at_once is not None and at_once > FEW:
        yield invalid(("parallelism",), at_once, limited)
    if most is None:
        message = f"must be specified when completions is above {MANY}"
        yield required(("maxFailedIndexes",), message)
    elif most > FEW:
        yield invalid(("maxFailedIndexes",), most, limited)


@validates(JobSpec)
def replacement(value: Value) -> Iterator[Finding]:
    """Who looks at why pods failed waits until they have."""
    policy = value.get("podReplacementPolicy")
    if policy not in (None, "Failed") and value.get("podFailurePolicy") is not None:
        yield not_supported(("podReplacementPolicy",), policy, ("Failed",))


@validates(JobSpec)
def managed_by(value: Value) -> Iterator[Finding]:
    """Another controller is named by a domain and a path."""
    name, path = value.get("managedBy"), ("managedBy",)
    if name is None:
        return
    yield from domain_prefixed_path(path, name)
    if len(name) > LONGEST_MANAGER:
        yield too_long(path, LONGEST_MANAGER)


@validates(Job, v2alpha1.Job)
def selects_its_pods(value: Value) -> Iterator[Finding]:
    """A job finds its pods, by labels of its own unless it says which."""
    metadata, spec = value["metadata"], value.get("spec") or {}
    selector, template = spec.get("selector"), spec.get("template") or {}
    labels = (template.get("metadata") or {}).get("labels") or {}
    uid = metadata.get("uid")
    if not uid or not metadata.get("creationTimestamp"):
        # The server has not set it yet, nor what follows from it.
        return
    if not spec.get("manualSelector") and selector is not None:
        expected = {
            **dict.fromkeys(UID_LABELS, uid),
            **dict.fromkeys(NAME_LABELS, metadata.get("name") or ""),
        }
        for name, text in expected.items():
            at = ("spec", "template", "metadata", "labels", MapKey(name))
            if name not in labels:
                yield required(at, f"must be '{text}'")
            elif labels[name] != text:
                yield invalid(at, dict(labels), f"must be '{text}'")
        if not _matches(selector, expected):
            yield invalid(("spec", "selector"), dict(selector), "`selector` not auto-generated")
    if selector is None:
        yield required(("spec", "selector"))
    yield from label_selector(("spec", "selector"), selector)
    if selector is None or not _matches(selector, labels):
        path = ("spec", "template", "metadata", "labels")
        yield invalid(path, dict(labels), "`selector` does not match template `labels`")


def _matches(selector: Value, labels: Mapping[str, str]) -> bool:
    """Whether a selector takes these labels; one that is wrong is said to, once is enough."""
    if any(label_selector((), selector)):
        return True
    wanted = selector.get("matchLabels") or {}
    if any(labels.get(name) != text for name, text in wanted.items()):
        return False
    return all(_takes(each, labels) for each in selector.get("matchExpressions") or ())


def _takes(requirement: Value, labels: Mapping[str, str]) -> bool:
    operator, found = requirement.get("operator"), labels.get(str(requirement.get("key")))
    if operator == "Exists":
        return found is not None
    if operator == "DoesNotExist":
        return found is None
    is_in = found is not None and found in (requirement.get("values") or ())
    return is_in if operator == "In" else not is_in


@validates(Job, v2alpha1.Job)
def pods_have_names(value: Value) -> Iterator[Finding]:
    """The name of an indexed job, with an index behind it, is the name of a host."""
    spec, name = value.get("spec") or {}, value["metadata"].get("name") or ""
    completions = spec.get("completions") or 0
    if spec.get("completionMode") != "Indexed" or completions <= 0:
        return
    longest = f"{name}-{completions - 1}"
    if name and dns_label_problems(longest):
        message = f"will not able to create pod with invalid DNS label: {longest}"
        yield invalid(("metadata", "name"), name, message)


@validates_update(Job, v2alpha1.Job)
def fixed(new: Value, old: Value) -> Iterator[Finding]:
    """What a job is cannot be changed while it runs; how fast it goes can."""
    now, before = new.get("spec") or {}, old.get("spec") or {}
    if now.get("completions") != before.get("completions"):
        was_indexed = before.get("completionMode") == "Indexed"
        if now.get("completionMode") != "Indexed" or not was_indexed:
            yield invalid(("spec", "completions"), now.get("completions"), "field is immutable")
        elif now.get("completions") != now.get("parallelism"):
            message = "can only be modified in tandem with spec.parallelism"
            yield invalid(("spec", "completions"), now.get("completions"), message)
    template, former = now.get("template") or {}, before.get("template") or {}
    if _not_started(before, old):
        former = _rescheduled(template, former)
    if template != former:
        yield invalid(("spec", "template"), dict(template), "field is immutable")
    for name in ("selector", *_FIXED):
        if (now.get(name) or None) != (before.get(name) or None):
            yield invalid(("spec", name), now.get(name), "field is immutable")


def _not_started(before: Value, old: Value) -> bool:
    """A suspended job that never started may still be scheduled otherwise."""
    return bool(before.get("suspend")) and not (old.get("status") or {}).get("startTime")


def _rescheduled(now: Value, before: Value) -> Value:
    """The former template with what says where pods go as it is in the new one."""
    made = copy.deepcopy(dict(before))
    metadata, spec = made.setdefault("metadata", {}), made.setdefault("spec", {})
    wanted = now.get("spec") or {}
    for name in ("labels", "annotations"):
        _take(metadata, now.get("metadata") or {}, name)
    for name in _OF_SCHEDULING:
        _take(spec, wanted, name)
    affinity = dict(spec.get("affinity") or {})
    _take(affinity, wanted.get("affinity") or {}, "nodeAffinity")
    if affinity or wanted.get("affinity") is not None:
        spec["affinity"] = affinity
    else:
        spec.pop("affinity", None)
    if not metadata and "metadata" not in now:
        del made["metadata"]
    return made


def _take(value: dict[str, Any], source: Value, name: str) -> None:
    value.pop(name, None)
    if name in source:
        value[name] = source[name]
