"""What a lock file says: the kinds of one group/version, their types, and how they convert."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kconv._gvk import GroupVersion

FORMAT = 1
"""The number of the file's own format, its key ``lock``."""

DOCUMENT = "Document"
"""The scope of kinds without Kubernetes' envelope, which are in no namespace and no cluster."""

Facts = Mapping[str, Any]
"""What a field declares besides its type: JSON values by the names that `FACTS` lists."""

FACTS: dict[str, type | tuple[type, ...]] = {
    "format": str,
    "class": str,
    "required": bool,
    "default": object,
    "computedDefault": str,
    "emptyMeansDefault": bool,
    "enum": list,
    "open": bool,
    "pattern": str,
    "minLength": int,
    "maxLength": int,
    "minimum": (int, float),
    "maximum": (int, float),
    "minItems": int,
    "maxItems": int,
    "unique": bool,
    "listType": str,
    "mapKeys": list,
    "mapType": str,
    "mergeKey": str,
    "patchStrategy": str,
    "milli": bool,
    "objectOnly": bool,
    "rules": list,
}
"""Every fact of a field in the order in which it is written, and the JSON type it has."""


@dataclass(frozen=True, slots=True)
class FieldLock:
    """One field: its type, the name of its object's type, what its elements are, its facts."""

    type: str
    of: str = ""
    items: FieldLock | None = None
    facts: Facts = field(default_factory=dict)

    def __str__(self) -> str:
        if self.items is not None:
            return f"{self.type} of {self.items}"
        return self.of or str(self.facts.get("format") or self.type)


@dataclass(frozen=True, slots=True)
class TypeLock:
    """One struct.

    ``computed`` holds, by the name of each function of the group, which fields of an empty object
    it fills in, by path; ``rules`` and ``update_rules`` are the names of the group's rules.
    """

    fields: Mapping[str, FieldLock] = field(default_factory=dict)
    map_type: str = ""
    computed: Mapping[str, Facts] = field(default_factory=dict)
    rules: tuple[str, ...] = ()
    update_rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ConversionLock:
    """How a version converts to and from its hub.

    ``rules`` maps each rule's description to its particulars. ``kept`` maps hub fields that the
    version lacks to the annotations that hold them. ``lost_to_spoke`` and ``lost_to_hub`` map
    acknowledged losses to their reasons. ``via`` is the version that stands in place of the hub, if
    it converts by way of one; ``rules`` then are between the two.
    """

    rules: Mapping[str, Facts] = field(default_factory=dict)
    kept: Mapping[str, str] = field(default_factory=dict)
    lost_to_spoke: Mapping[str, str] = field(default_factory=dict)
    lost_to_hub: Mapping[str, str] = field(default_factory=dict)
    via: str = ""


@dataclass(frozen=True, slots=True)
class KindLock:
    """One kind of one version; ``stored_as`` is the hub's resource, shared by its versions.

    ``document`` says how documents are read, ``nulls`` and ``unknown``; it is empty for kinds with
    Kubernetes' envelope.
    """

    type: str
    plural: str
    singular: str
    scope: str
    stored_as: str
    storage: bool = False
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    subresources: tuple[str, ...] = ()
    columns: tuple[Facts, ...] = ()
    deprecated: Mapping[str, str] = field(default_factory=dict)
    document: Mapping[str, str] = field(default_factory=dict)
    conversion: ConversionLock = field(default_factory=ConversionLock)


@dataclass(frozen=True, slots=True)
class VersionLock:
    """One group/version: what one lock file holds."""

    group: str
    version: str
    preferred: bool
    kinds: Mapping[str, KindLock]
    types: Mapping[str, TypeLock]

    @property
    def group_version(self) -> GroupVersion:
        """The group and version."""
        return GroupVersion(self.group, self.version)


Locks = Mapping[GroupVersion, VersionLock]
"""The lock files of a project."""
