"""What `Scheme.freeze` refuses, and the conversion plans that it leaves behind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from kconv._paths import INVALID, Finding
from kconv._scheme.chains import in_circle, kept_twice
from kconv._scheme.claims import claim_problems
from kconv._scheme.defaults import default_problems_between
from kconv._scheme.documents import document_problems
from kconv._scheme.rules import rule_problems
from kconv._scheme.spoke import HubKind, Spoke
from kconv.edges import Rule
from kconv.edges._plan import Plan, compare
from kconv.edges._steps import format_steps

_TYPE_META = ("kind", "apiVersion")


def registration_problems(kinds: Sequence[HubKind]) -> Iterator[Finding]:
    """Findings about how kinds go together: duplicates, second hubs, storage versions."""
    hubs = Counter(kind.group_resource for kind in kinds)
    for resource, times in hubs.items():
        if times > 1:
            yield _finding(f"{resource}: has {times} hubs; a kind has exactly one")
    spokes = [spoke for kind in kinds for spoke in kind.spokes]
    for gvr, times in Counter(spoke.gvr for spoke in spokes).items():
        if times > 1:
            claims = ", ".join(str(s.gvk) for s in spokes if s.gvr == gvr)
            yield _finding(f"{gvr}: the resource is claimed {times} times, by {claims}")
    for gvk, times in Counter(spoke.gvk for spoke in spokes).items():
        if times > 1:
            yield _finding(f"{gvk}: the kind is registered {times} times")
    for kind in kinds:
        if not kind.spokes:
            yield _finding(f"{kind.group_kind}: has a hub and no version")
        elif kind.spoke_for(kind.storage) is None:
            versions = ", ".join(sorted({spoke.api_version for spoke in kind.spokes}))
            yield _finding(
                f"{kind.group_kind}: is to be stored as {kind.storage}, which it has no schema "
                f"for; it has {versions}"
            )
        if len({spoke.options.namespaced for spoke in kind.spokes}) > 1:
            yield _finding(f"{kind.group_kind}: is namespaced in some versions and not in others")
        for spoke in kind.spokes:
            if not spoke.options.version:
                yield _finding(f"{spoke.schema.__qualname__}: its Meta names no version")
        yield from map(_finding, document_problems(kind))


def freeze_kind(kind: HubKind) -> Iterator[Finding]:
    """Plan every spoke's conversion; findings for what neither a name nor a rule covers."""
    circles = [spoke for spoke in kind.spokes if in_circle(spoke)]
    for spoke in circles:
        yield _finding(f"{spoke.gvk}: goes by way of itself, and never to the hub")
    if circles:
        return
    yield from map(_finding, kept_twice(kind))
    for spoke in kind.spokes:
        spoke.rules = _arranged(spoke)
        yield from rule_problems(spoke)
        yield from claim_problems(spoke)
        claiming = [rule for rule in spoke.rules if not rule.beside_name]
        claimed_spoke = [path for rule in claiming for path in rule.spoke]
        claimed_hub = [path for rule in claiming for path in rule.hub]
        schema, hub = spoke.schema, spoke.target
        skip = _TYPE_META if spoke.envelope else ()
        spoke.forward = compare(schema, hub, claimed_spoke, claimed_hub, skip=skip)
        spoke.backward = compare(hub, schema, claimed_hub, claimed_spoke, skip=skip)
        yield from _uncovered(spoke, spoke.forward)
    yield from default_problems_between(kind)


def _arranged(spoke: Spoke) -> tuple[Rule, ...]:
    """The rules as they work with the hub and with one another.

    What fills in absent values does so after all others, whatever the order in which they stand.
    """
    rules = [
        rule.among(spoke.rules, spoke.schema).bound(spoke.target)
        for rule in spoke.rules
    ]  # fmt: skip
    return tuple(sorted(rules, key=lambda rule: rule.only_absent))


def _uncovered(spoke: Spoke, plan: Plan) -> Iterator[Finding]:
    hub = spoke.target_name
    for path in plan.only_source:
        yield Finding(
            path,
            INVALID,
            f"{spoke.gvk}: {format_steps(path)} has no counterpart in {hub} and no rule; "
            "map it, preserve it, or acknowledge its loss with Lose(spoke=..., reason=...)",
        )
    for path in plan.only_target:
        yield Finding(
            path,
            INVALID,
            f"{spoke.gvk}: {format_steps(path)} of {hub} has no counterpart in it and no rule; "
            "map it, preserve it, or acknowledge its loss with Lose(hub=..., reason=...)",
        )
    for path, difference in plan.differing:
        yield Finding(
            path,
            INVALID,
            f"{spoke.gvk}: {format_steps(path)} has another shape in {hub} ({difference}) and "
            "no rule",
        )


def _finding(message: str) -> Finding:
    return Finding((), INVALID, message)
