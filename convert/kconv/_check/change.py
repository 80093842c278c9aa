"""What rules compare: a field, a type, a kind or all versions, as the base has it and the code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kconv._check.lock import FieldLock, KindLock, Locks, TypeLock
from kconv._gvk import GroupVersion

Types = Mapping[str, TypeLock]


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field (or the elements of one) that both sides have, in the types around it."""

    name: str
    old: FieldLock
    new: FieldLock
    old_types: Types
    new_types: Types


@dataclass(frozen=True, slots=True)
class TypeChange:
    """A type at one place, which may go by another name now."""

    old: TypeLock
    new: TypeLock
    old_types: Types
    new_types: Types


@dataclass(frozen=True, slots=True)
class KindChange:
    """A kind of a version that both sides have; all versions are at hand in the locks."""

    version: GroupVersion
    name: str
    old: KindLock
    new: KindLock
    old_locks: Locks
    new_locks: Locks


@dataclass(frozen=True, slots=True)
class ProjectChange:
    """All versions; ``release`` is the one that is being made, empty where nobody said."""

    old: Locks
    new: Locks
    release: str = ""
