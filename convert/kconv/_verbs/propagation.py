"""What becomes of an object's dependents when it is deleted.

From ``k8s.io/apiserver/pkg/registry/generic/registry``: the policy is a finalizer, which the
garbage collector takes away once it has done what the policy says.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from kconv._gvk import GroupResource
from kconv._scheme import Spoke
from kconv._verbs.kind_rules import is_event

Propagation = Literal["", "Background", "Foreground", "Orphan"]
"""The policy of a delete; the empty one is: what the object or its kind has."""

ORPHAN, FOREGROUND = "orphan", "foregroundDeletion"

_ORPHANING = frozenset(
    {
        (GroupResource("batch", "jobs"), "v1"),
        (GroupResource("batch", "jobs"), "v1beta1"),
        (GroupResource("batch", "cronjobs"), "v1beta1"),
        (GroupResource("", "replicationcontrollers"), "v1"),
        *(
            (GroupResource("apps", resource), version)
            for resource in ("controllerrevisions", "deployments", "statefulsets")
            for version in ("v1beta1", "v1beta2")
        ),
        *(
            (GroupResource("apps", resource), "v1beta2")
            for resource in ("daemonsets", "replicasets")
        ),
        *(
            (GroupResource("extensions", resource), "v1beta1")
            for resource in ("daemonsets", "deployments", "replicasets")
        ),
    }
)
"""Versions whose deletes leave the dependents, from before Kubernetes had a garbage collector."""

_JOBS = "jobs"
JOBS_ORPHAN = (
    "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background "
    "to remove them or set propagationPolicy=Orphan to suppress this warning"
)


def finalizers_for(spoke: Spoke, finalizers: Sequence[str], policy: Propagation) -> list[str]:
    """The finalizers of an object that is deleted by a policy, through a version."""
    had = list(finalizers)
    if is_event(spoke.kind):
        return had
    wanted = _finalizer_of(spoke, had, policy)
    # What says the same in another order is left as it is.
    if [each for each in had if each in (ORPHAN, FOREGROUND)] == wanted:
        return had
    return [each for each in had if each not in (ORPHAN, FOREGROUND)] + wanted


def _finalizer_of(spoke: Spoke, had: Sequence[str], policy: Propagation) -> list[str]:
    if policy:
        return {"Orphan": [ORPHAN], "Foreground": [FOREGROUND]}.get(policy, [])
    if ORPHAN in had:
        return [ORPHAN]
    if FOREGROUND in had:
        return [FOREGROUND]
    return [ORPHAN] if orphans_by_default(spoke) else []


def orphans_by_default(spoke: Spoke) -> bool:
    """Whether a delete through this version leaves dependents where it does not say otherwise."""
    return (spoke.gvr.group_resource, spoke.gvk.version) in _ORPHANING


def deletion_warning(spoke: Spoke, policy: Propagation) -> str:
    """What a client is told who may expect something else of a delete."""
    is_job = spoke.gvr.group_resource == GroupResource("batch", _JOBS)
    return JOBS_ORPHAN if is_job and not policy and orphans_by_default(spoke) else ""
