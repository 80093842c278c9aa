"""Comparing locks: the base with the code."""

from __future__ import annotations

from collections.abc import Iterator

from kconv._check.change import FieldChange, KindChange, ProjectChange, TypeChange
from kconv._check.finding import Finding, finding_of, joined
from kconv._check.lock import Locks, VersionLock
from kconv._check.rules import FIELD_RULES, KIND_RULES, PROJECT_RULES, RETYPED, TYPE_RULES
from kconv._check.shape import retyped
from kconv._check.walk import Pair, places, steps
from kconv._gvk import GroupVersion


def compare(old: Locks, new: Locks, *, release: str = "") -> list[Finding]:
    """Every difference between the locks of a base and those of the code, judged.

    ``release`` is the one that is being made, for deprecation windows. Findings come by group,
    version, kind and path; what is equal on both sides is none.
    """
    found = list(_project(ProjectChange(old, new, release)))
    for gv in sorted(old.keys() & new.keys()):
        if old[gv] != new[gv]:
            found.extend(_version(gv, old, new))
    return sorted(found)


def _project(change: ProjectChange) -> Iterator[Finding]:
    nowhere = GroupVersion("", "")
    for rule in PROJECT_RULES:
        for verdict in rule.judge(change):
            yield finding_of(rule.name, verdict, nowhere)


def _version(gv: GroupVersion, old: Locks, new: Locks) -> Iterator[Finding]:
    ours, theirs = old[gv], new[gv]
    for name in sorted(ours.kinds.keys() & theirs.kinds.keys()):
        change = KindChange(gv, name, ours.kinds[name], theirs.kinds[name], old, new)
        for rule in KIND_RULES:
            for verdict in rule.judge(change):
                yield finding_of(rule.name, verdict, gv, name)
        root = (change.old.type, change.new.type)
        for pair, paths in places(ours.types, theirs.types, root).items():
            yield from _types(ours, theirs, name, pair, paths)


def _types(
    ours: VersionLock, theirs: VersionLock, kind: str, pair: Pair, paths: list[str]
) -> Iterator[Finding]:
    gv, (one, other) = ours.group_version, pair
    old, new = ours.types[one], theirs.types[other]
    at, also = paths[0], tuple(sorted(set(paths[1:])))
    change = TypeChange(old, new, ours.types, theirs.types)
    for rule in TYPE_RULES:
        for verdict in rule.judge(change):
            yield finding_of(rule.name, verdict, gv, kind, at=at, also=also, type=other)
    for name in sorted(old.fields.keys() & new.fields.keys()):
        for path, before, after in steps(name, old.fields[name], new.fields[name]):
            if before == after:
                continue
            inner = FieldChange(name, before, after, ours.types, theirs.types)
            for each in (RETYPED,) if retyped(before, after) else FIELD_RULES:
                for verdict in each.judge(inner):
                    yield finding_of(
                        each.name,
                        verdict,
                        gv,
                        kind,
                        at=joined(at, path),
                        also=tuple(joined(place, path) for place in also),
                        type=other,
                    )
