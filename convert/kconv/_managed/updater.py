"""What a write does to the owners of fields, and to the object where it is an apply."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

from kconv._managed.compare import Comparison, compare
from kconv._managed.conflicts import ApplyConflict
from kconv._managed.field_set import field_set
from kconv._managed.fields import Fields, difference, intersection, union, union_of
from kconv._managed.known_sets import Known
from kconv._managed.merge import merge
from kconv._managed.new_fields import NewFields
from kconv._managed.owners import Manager, Owned
from kconv._managed.remove import remove
from kconv._managed.reshape import reconciled, with_named
from kconv._managed.shape import Shape
from kconv._managed.values import same

Managers = dict[Manager, Owned]
Filter = Callable[[Fields], Fields]


class MissingVersion(Exception):
    """A version that the kind does not have; who owned fields in it is forgotten."""


class Typed(NamedTuple):
    """A document of a version."""

    value: Any
    version: str


class Versions(Protocol):
    """The versions of a kind."""

    def shape(self, version: str) -> Shape:
        """The shape of a version's documents. Raises `MissingVersion`."""
        ...

    def convert(self, document: Typed, version: str) -> Typed:
        """A document in another version, and nothing filled in. Raises `MissingVersion`."""
        ...

    def alike(self, version: str, other: str) -> bool:
        """Whether documents of two versions are the same, but for what they are called."""
        ...


class Updater:
    """Updates and applies for the objects of one kind.

    ``ignored`` has by version what takes out of a set the fields that a request cannot write.
    """

    def __init__(
        self,
        versions: Versions,
        ignored: Mapping[str, Filter] | None = None,
        *,
        returns_unchanged: bool = False,
    ) -> None:
        self._versions = versions
        self._ignored = ignored or {}
        self._returns_unchanged = returns_unchanged
        self._new: dict[str, NewFields] = {}

    def update(self, live: Typed, new: Typed, managers: Managers, manager: Manager) -> Managers:
        """The managers after ``manager`` wrote ``new``: what has changed is its own."""
        managers = self._reconciled(live, managers)
        managers, found = self._taken(live, new, managers, manager, force=True)
        before = managers.get(manager)
        own = difference(before.fields, found.removed) if before is not None else {}
        own = self._filtered(union(union(own, found.modified), found.added), new.version)
        managers.pop(manager, None)
        if own:
            managers[manager] = Owned(own, new.version, False)
        return managers

    def created(self, empty: Any, new: Typed) -> Fields:
        """The fields that are new in an object that nobody has owned anything of, in order.

        They are those that `update` gives.
        """
        found = self._new.get(new.version)
        if found is None or found.empty is not empty:
            shape = self._versions.shape(new.version)
            found = self._new[new.version] = NewFields(shape, empty)
        return self._filtered(found.of(new.value), new.version)

    def apply(
        self, live: Typed, applied: Typed, managers: Managers, manager: Manager, *, force: bool
    ) -> tuple[Typed | None, Managers]:
        """The object after ``manager`` applied what it wants, and the managers.

        The object is None where it is as it was. Raises `ApplyConflict` unless ``force``.
        """
        managers = self._reconciled(live, managers)
        version = applied.version
        shape = self._versions.shape(version)
        merged = Typed(merge(shape, live.value, applied.value), version)
        last = managers.get(manager)
        own = self._filtered(field_set(shape, applied.value), version)
        managers[manager] = Owned(own, version, True)
        made = self._pruned(merged, managers, manager, last)
        managers, _ = self._taken(live, made, managers, manager, force=force)
        if not self._returns_unchanged and same(live.value, made.value):
            return None, managers
        return made, managers

    def _filtered(self, fields: Fields, version: str) -> Fields:
        ignore = self._ignored.get(version)
        return fields if ignore is None else ignore(fields)

    def _compare(self, old: Typed, new: Typed) -> Comparison:
        found = compare(self._versions.shape(new.version), old.value, new.value)
        ignore = self._ignored.get(new.version)
        return found if ignore is None else Comparison(*map(ignore, found))

    def _taken(
        self, live: Typed, new: Typed, managers: Managers, manager: Manager, *, force: bool
    ) -> tuple[Managers, Comparison]:
        """The managers without the fields that a change took from them."""
        own = self._compare(live, new)
        by_version = {new.version: own}
        changed: dict[int, Fields] = {}
        conflicts: dict[Manager, Fields] = {}
        removed: dict[Manager, Fields] = {}
        left = dict(managers)
        for other, owned in managers.items():
            if other == manager:
                continue
            found = by_version.get(owned.api_version)
            if found is None and self._versions.alike(new.version, owned.api_version):
                found = own
            if found is None:
                try:
                    found = self._compare(
                        self._versions.convert(live, owned.api_version),
                        self._versions.convert(new, owned.api_version),
                    )
                except MissingVersion:
                    del left[other]
                    continue
                by_version[owned.api_version] = found
            if (come := changed.get(id(found))) is None:
                come = changed[id(found)] = union(found.modified, found.added)
            taken = intersection(owned.fields, come)
            if taken:
                conflicts[other] = taken
            if found.removed:
                removed[other] = found.removed
        if conflicts and not force:
            raise ApplyConflict.of_sets(conflicts)
        for sets in (conflicts, removed):
            for other, gone in sets.items():
                owned = left[other]
                left[other] = owned._replace(fields=difference(owned.fields, gone))
        return {other: owned for other, owned in left.items() if owned.fields}, own

    def _reconciled(self, live: Typed, managers: Managers) -> Managers:
        """The managers, their sets as the schema has them now."""
        found: Managers = {}
        for manager, owned in managers.items():
            try:
                shape = self._versions.shape(owned.api_version)
            except MissingVersion:
                continue
            if isinstance(owned.fields, Known):
                fields = owned.fields.reconciled(shape)
            else:
                fields = reconciled(shape, owned.fields)
            found[manager] = owned if fields is owned.fields else owned._replace(fields=fields)
        return found

    def _pruned(
        self, merged: Typed, managers: Managers, manager: Manager, last: Owned | None
    ) -> Typed:
        """Without what its applier owned and applies no more, and nobody else owns."""
        if last is None or not last.fields:
            return merged
        try:
            there = self._versions.convert(merged, last.api_version)
        except MissingVersion:
            return merged
        shape = self._versions.shape(there.version)
        rest = Typed(remove(shape, there.value, with_named(shape, last.fields)), there.version)
        rest = self._with_owned(there, rest, managers)
        rest = self._with_dangling(there, rest, last)
        return self._versions.convert(rest, managers[manager].api_version)

    def _with_owned(self, merged: Typed, pruned: Typed, managers: Managers) -> Typed:
        """With the fields that were removed, but are somebody's."""
        sets: dict[str, list[Fields]] = {}
        for owned in managers.values():
            sets.setdefault(owned.api_version, []).append(owned.fields)
        by_version = {version: union_of(each) for version, each in sets.items()}
        # First in the version that was pruned: others may need what was pruned to convert.
        order = sorted(by_version, key=lambda each: each != pruned.version)
        for version in order:
            try:
                merged = self._versions.convert(merged, version)
                pruned = self._versions.convert(pruned, version)
            except MissingVersion:
                continue
            shape = self._versions.shape(version)
            kept = union(
                with_named(shape, field_set(shape, pruned.value)),
                with_named(shape, by_version[version]),
            )
            gone = difference(with_named(shape, field_set(shape, merged.value)), kept)
            pruned = Typed(remove(shape, merged.value, gone), version)
        return pruned

    def _with_dangling(self, merged: Typed, pruned: Typed, last: Owned) -> Typed:
        """With the fields that were removed, but were not the applier's."""
        try:
            rest = self._versions.convert(pruned, last.api_version)
        except MissingVersion:
            return merged
        shape = self._versions.shape(merged.version)
        gone = difference(
            with_named(shape, field_set(shape, merged.value)),
            with_named(shape, field_set(shape, rest.value)),
        )
        owned = intersection(gone, with_named(shape, last.fields))
        return Typed(remove(shape, merged.value, owned), merged.version)
