"""What somebody who has just started a server can look at, and which versions it leaves out."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from kconv._gvk import GroupVersion
from kconv._scheme import Scheme


def own_groups(scheme: Scheme, apis: Sequence[str]) -> list[str]:
    """The groups of the kinds that are declared in the packages that ``--apis`` names."""
    found: set[str] = set()
    for name in apis:
        module = name.partition(":")[0]
        # Registered in gadgets.edges, its kinds are often in gadgets.v1.
        found |= _declared_in(scheme, module) or _declared_in(scheme, module.rpartition(".")[0])
    return sorted(found)


def _declared_in(scheme: Scheme, module: str) -> set[str]:
    return {
        spoke.gvk.group
        for kind in scheme.kinds
        for spoke in kind.spokes
        if module and f"{spoke.schema.__module__}.".startswith(f"{module}.")
    }


def versions_that_are_off(
    scheme: Scheme, served: Collection[GroupVersion], groups: Collection[str]
) -> list[GroupVersion]:
    """The versions of some groups that a server does not serve: alpha ones, unless it is told."""
    every = {spoke.gvk.group_version for kind in scheme.kinds for spoke in kind.spokes}
    return sorted(gv for gv in every if gv.group in groups and gv not in served)


def what_to_get(scheme: Scheme, served: Collection[GroupVersion], own: Sequence[str]) -> str:
    """What to ask kubectl for: a kind of the user's own, or else CronJobs, or what there is."""
    kinds = [
        (kind.group_resource.group not in own, spoke.options.plural != "cronjobs", spoke.options)
        for kind in scheme.kinds
        for spoke in kind.spokes
        if spoke.gvk.group_version in served
    ]
    if not kinds:
        return "--raw /apis"
    *_, found = min(kinds, key=lambda each: each[:2])
    return f"{found.plural} -A" if found.namespaced else found.plural
