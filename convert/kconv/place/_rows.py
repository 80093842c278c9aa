"""Rows of a place: where they are, what they hold, and what identifies them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from kconv._errors import UsageError
from kconv._gvk import GroupVersion

if TYPE_CHECKING:
    from kconv._scheme import HubKind, Spoke

Scalar = str | int | float | bool | None

Key = tuple[Scalar, ...]
"""What identifies a row in its section, and where it stands there.

Opaque but to its place: the order of keys is the place's own, and only it compares them. A named
tuple says how people are to see it, by its names and its text.
"""


def key_text(key: Key) -> str:
    """A key for people: ``17``, ``eu/17``, or what a named tuple says of itself."""
    return "/".join(map(str, key)) if type(key) is tuple else str(key)


def key_names(key: Key) -> Mapping[str, Scalar] | None:
    """The parts of a key by name; None for one without names."""
    names: Sequence[str] | None = getattr(key, "_fields", None)
    return None if names is None else dict(zip(names, key, strict=True))


Mark = int | str | bytes
"""What tells whether a row is still as it was read; opaque but to its place."""

NO_VERSION = ""
"""The version that no row is in: where rows in another one are asked for, all of them."""

OBJECTS = "objects"
"""The section that every collection has, of the objects themselves."""


class Section(NamedTuple):
    """Rows of a collection that have keys of one sort.

    ``noun`` is what people call one of them. Rows of a section that keeps no before-images are not
    restored when a run is undone.
    """

    name: str = OBJECTS
    noun: str = "object"
    keeps_before_images: bool = True


@dataclass(frozen=True)
class Collection:
    """Objects of one kind, in any of its versions.

    ``kind`` is None where rows are there but no installed API has the kind. ``others`` are what
    counts and the record call rows that are in no version and can be read all the same, as the
    place tells their version when it reads them. ``called`` is what the application calls
    versions, as text: an apiVersion for each. Where nothing ``converts``, rows of it are the same
    in each version: there is something else that does it.
    """

    name: str
    kind: HubKind | None
    sections: tuple[Section, ...] = (Section(),)
    others: frozenset[str] = frozenset()
    called: Mapping[str, str] = field(default_factory=dict, hash=False)
    converts: bool = True

    def reads(self, version: str) -> bool:
        """Whether rows that counts and the record have in a version can be read by this code."""
        return version in self.others or self.spoke(version) is not None

    def spoke(self, version: str) -> Spoke | None:
        """The kind in a version as `Row.version` has it; None where the code has none."""
        return None if self.kind is None else spoke_in(self.kind, version)


def spoke_in(kind: HubKind, version: str) -> Spoke | None:
    """A kind in a version as `Row.version` has it; None for one that the code does not have."""
    try:
        return kind.spoke_for(GroupVersion.parse(version))
    except UsageError:
        return None


class Where(NamedTuple):
    """A section of a collection, by their names."""

    collection: str
    section: str = OBJECTS


RowFinding = tuple[str, ...]
"""What is wrong with a field of a row: path, reason, message, and perhaps more, as JSON."""


def finding_as_json(finding: RowFinding) -> dict[str, Any]:
    """What is wrong with a field, as reports have it."""
    path, reason, message, *more = finding
    details: dict[str, Any] = msgspec.json.decode(more[0]) if more else {}
    return {"path": path, "reason": reason, "message": message, **details}


class Row(msgspec.Struct, frozen=True, gc=False):
    """A row: ``data`` is its document in ``version``, an apiVersion such as ``batch/v1``.

    A version that the code does not have may have any text that is no apiVersion of the kind. Of a
    row that the place itself cannot read, ``problem`` says why, and ``findings`` what it says of
    single fields; it is not converted.
    """

    key: Key
    version: str
    mark: Mark
    data: bytes
    problem: str = ""
    findings: tuple[RowFinding, ...] = ()


class RowRead(msgspec.Struct, frozen=True, gc=False):
    """A row as it was read, but for its data: enough to write it if it still is as it was."""

    key: Key
    version: str
    mark: Mark


AsRead = Row | RowRead
"""A row as it was read, with or without its data."""


class NewData(NamedTuple):
    """New data for a row, and the version that it is in."""

    row: AsRead
    version: str
    data: bytes


class RowName(NamedTuple):
    """A row of the section ``objects``, whatever it holds."""

    collection: str
    key: Key


class Count(NamedTuple):
    """How many rows of a section are in one version."""

    collection: str
    section: str
    version: str
    rows: int
