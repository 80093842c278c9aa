"""Versions that convert by way of another one: what is wrong with that, and paths along the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from kconv._scheme.spoke import HubKind, Spoke
from kconv.edges import Preserve, Wrap
from kconv.edges._steps import EACH, Steps


def in_circle(spoke: Spoke) -> bool:
    """Whether a version never gets to the hub."""
    seen: list[Spoke] = []
    step: Spoke | None = spoke
    while step is not None and step not in seen:
        seen.append(step)
        step = step.via
    return step is not None


def kept_twice(kind: HubKind) -> Iterator[str]:
    """Values that two steps of a way would keep in one place by one name."""
    for spoke in kind.spokes:
        keeping = (
            (rule.annotation, rule.key)
            for step in spoke.steps
            for rule in step.rules
            if isinstance(rule, Preserve | Wrap)
        )
        for (place, key), times in Counter(keeping).items():
            if times > 1 and spoke.via is not None:
                yield (
                    f"{spoke.gvk}: {key} is kept in {place} by it and by a version that it goes "
                    "by way of; give one of the rules another annotation="
                )


def in_spoke(path: Steps, spoke: Spoke) -> list[Steps]:
    """Where a version has what the hub has at a path: by its rules, or by the same name."""
    found = [path]
    for step in reversed(spoke.steps):
        found = [each for at in found for each in in_previous(at, step)]
    return found


def in_hub(path: Steps, steps: Sequence[Spoke]) -> list[Steps]:
    """Where the hub has what a version has at a path; ``steps`` are the ways from there."""
    found = [path]
    for step in steps:
        found = [each for at in found for each in _in_target(at, step)]
    return found


def in_previous(path: Steps, spoke: Spoke) -> list[Steps]:
    """Where a version has what the next one on its way, or the hub, has at a path."""
    claims = [
        (rule, hub)
        for rule in spoke.rules
        if not rule.beside_name
        for hub in rule.hub
        if hub == path[: len(hub)] or path == hub[: len(path)]
    ]
    found: list[Steps] = []
    for rule, hub in claims:
        rest = path[len(hub) :] if rule.carries else ()
        found += [(*steps, *rest) for steps in rule.spoke]
    return found if claims else [path]


def _in_target(path: Steps, spoke: Spoke) -> list[Steps]:
    claims = [
        (rule, at)
        for rule in spoke.rules
        for at in rule.spoke
        if at == path[: len(at)] or path == at[: len(path)]
    ]
    found: list[Steps] = []
    for rule, at in claims:
        rest = path[len(at) :] if rule.carries else ()
        found += [
            (*steps, EACH, *path[len(at) :]) if isinstance(rule, Wrap) else (*steps, *rest)
            for steps in rule.hub
        ]
    return found if claims else [path]


def step_name(spoke: Spoke) -> str:
    """Between which two versions a step is, for people."""
    there = "the hub" if spoke.via is None else spoke.via.api_version
    return f"between {spoke.api_version} and {there}"
