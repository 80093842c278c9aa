"""What the store keeps and hands out: plain, frozen values.

Those that there is one of for each row are msgspec structs: pages of them are made all the time,
and a frozen dataclass takes several times as long to make.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import msgspec

HIGHEST = 2**63 - 1
"""No number in a database is higher: neither of a resourceVersion nor of rows."""

ROW_BYTES = 800
"""Roughly what an object takes in memory besides its data: its key, its place in an order."""

ChangeType = Literal["ADDED", "MODIFIED", "DELETED"]


class Key(msgspec.Struct, frozen=True, order=True, gc=False):
    """Where an object is stored: the same place whichever version it is read or written in.

    ``group`` and ``resource`` are those of `HubKind.group_resource`; ``namespace`` is empty for
    what is cluster scoped.
    """

    group: str
    resource: str
    namespace: str
    name: str

    @property
    def qualified(self) -> str:
        """The resource as Kubernetes' messages name it: ``cronjobs.batch``, ``namespaces``."""
        return qualified(self.group, self.resource)


def qualified(group: str, resource: str) -> str:
    """``cronjobs.batch``; the core group has no suffix: ``namespaces``."""
    return f"{resource}.{group}" if group else resource


class Row(msgspec.Struct, frozen=True, gc=False):
    """A row as it was read, but for its data: enough to write it if it still is as it was."""

    key: Key
    api_version: str
    resource_version: int


class Stored(msgspec.Struct, frozen=True, gc=False):
    """One object as it is stored.

    ``data`` is its JSON in ``api_version``, without ``metadata.resourceVersion``: that number is
    given out at commit and is ``resource_version``.
    """

    key: Key
    uid: str
    api_version: str
    resource_version: int
    data: bytes


class Change(msgspec.Struct, frozen=True, gc=False):
    """One entry of the change log.

    ``stored`` is the object after the change (for DELETED: its final state), ``before`` is JSON
    that the writer supplied about the state before it (labels and fields, for watches with a
    selector); the store does not look into it.
    """

    type: ChangeType
    stored: Stored
    before: bytes | None


class Look(msgspec.Struct, frozen=True, gc=False):
    """Where a store is at one moment: nothing has changed between two looks that are equal.

    ``value`` is the newest resourceVersion, ``compacted`` the one up to which the change log is
    cut off. ``epoch`` is another one where the counter may have gone back, so that nothing that was
    read before holds any more. ``rewrites`` counts the transactions that changed stored bytes and
    gave them no new resourceVersion (a migration, its undo).
    """

    value: int
    compacted: int
    epoch: str
    rewrites: int


AsRead = Row | Stored
"""A row as it was read, with or without its data."""


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list, all of it as of ``resource_version``.

    ``next`` is the (namespace, name) to continue after, None on the last page; ``remaining``
    counts the objects after this page.
    """

    items: list[Stored]
    resource_version: int
    next: tuple[str, str] | None
    remaining: int


@dataclass(frozen=True, slots=True, order=True)
class StorageVersion:
    """A version that rows of a resource may be encoded in; new rows use the preferred one."""

    group: str
    resource: str
    api_version: str
    preferred: bool


class Count(NamedTuple):
    """How many rows of a resource are encoded in one version that is on record."""

    group: str
    resource: str
    api_version: str
    objects: int
    changes: int
