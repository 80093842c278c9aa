"""`ApplyConflict`: fields that somebody else owns with another value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from kconv._managed.fields import Fields, Steps, difference, has, of, paths, spelled_path
from kconv._managed.owners import Manager


class FieldConflict(NamedTuple):
    """A field of another manager."""

    manager: Manager
    path: Steps


class ApplyConflict(Exception):
    """What is applied differs from what others own."""

    def __init__(self, conflicts: list[FieldConflict]) -> None:
        super().__init__(_message(conflicts))
        self.conflicts = conflicts

    @classmethod
    def of_sets(cls, sets: Mapping[Manager, Fields]) -> ApplyConflict:
        """The conflicts with each manager, in the order of their identifiers."""
        ordered = sorted(sets, key=lambda each: each.identifier)
        return cls([FieldConflict(each, path) for each in ordered for path in paths(sets[each])])

    @property
    def fields(self) -> Fields:
        """All the fields."""
        return of(*(each.path for each in self.conflicts))

    def without(self, allowed: Fields) -> ApplyConflict | None:
        """The conflicts that are not about ``allowed`` fields; None where there are none."""
        if not difference(self.fields, allowed):
            return None
        return ApplyConflict([each for each in self.conflicts if not has(allowed, each.path)])


def _message(conflicts: list[FieldConflict]) -> str:
    if len(conflicts) == 1:
        only = conflicts[0]
        return (
            f"Apply failed with 1 conflict: conflict with {only.manager}: {spelled_path(only.path)}"
        )
    by_manager: dict[Manager, list[Steps]] = {}
    for each in conflicts:
        by_manager.setdefault(each.manager, []).append(each.path)
    lines = []
    for manager in sorted(by_manager, key=lambda each: each.identifier):
        lines.append(f"conflicts with {manager}:")
        lines += [f"- {spelled_path(path)}" for path in by_manager[manager]]
    return f"Apply failed with {len(conflicts)} conflicts: " + "\n".join(lines)
