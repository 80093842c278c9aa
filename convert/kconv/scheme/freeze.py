"""What `Scheme.freeze` refuses, and the conversion plans that it leaves behind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from kconv.edges.plan import Plan, compare
from kconv.edges.rule import Rule
from kconv.edges.steps import EACH, Steps, format_steps
from kconv.fields import List, Map, Object
from kconv.paths import INVALID, Finding
from kconv.resource import Hub, Resource
from kconv.schema import Type
from kconv.scheme.spoke import HubKind, Spoke

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


def freeze_kind(kind: HubKind) -> Iterator[Finding]:
    """Plan every spoke's conversion; findings for what neither a name nor a rule covers."""
    for spoke in kind.spokes:
        yield from _rule_problems(spoke, kind.hub)
        spoke.rules = tuple(rule.bound(kind.hub) for rule in spoke.rules)
        claimed_spoke = [path for rule in spoke.rules for path in rule.spoke]
        claimed_hub = [path for rule in spoke.rules for path in rule.hub]
        schema, hub = spoke.schema, kind.hub
        spoke.forward = compare(schema, hub, claimed_spoke, claimed_hub, skip=_TYPE_META)
        spoke.backward = compare(hub, schema, claimed_hub, claimed_spoke, skip=_TYPE_META)
        yield from _uncovered(spoke, spoke.forward)


def _rule_problems(spoke: Spoke, hub: type[Hub]) -> Iterator[Finding]:
    for rule in spoke.rules:
        for problem in rule.problems():
            yield _finding(f"{spoke.gvk}: {problem}")
        yield from _dangling(spoke, rule, rule.spoke, spoke.schema, str(spoke.gvk))
        yield from _dangling(spoke, rule, rule.hub, hub, f"hub {spoke.kind.group_kind}")


def _dangling(
    spoke: Spoke, rule: Rule, paths: Sequence[Steps], schema: type[Resource] | type[Hub], side: str
) -> Iterator[Finding]:
    for path in paths:
        if not has_path(schema, path):
            yield Finding(
                path,
                INVALID,
                f"{spoke.gvk}: {rule} applies to nothing: {side} has no field {format_steps(path)}",
            )


def has_path(schema: type[Type], path: Steps) -> bool:
    """Whether a type has a field at a path of rules; the insides of free-form values do not."""
    fields = schema.instance().wire_fields()
    if not path or path[0] not in fields:
        return False
    field, rest = fields[path[0]], path[1:]
    while rest and rest[0] == EACH and isinstance(field, List | Map):
        field, rest = field.inner, rest[1:]
    if not rest:
        return True
    return isinstance(field, Object) and has_path(field.type, rest)


def _uncovered(spoke: Spoke, plan: Plan) -> Iterator[Finding]:
    hub = f"hub {spoke.kind.group_kind}"
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
