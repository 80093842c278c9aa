"""Groups, versions, kinds and resources, and how versions rank."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from kconv._errors import UsageError

_API_VERSION = re.compile(r"(?:(?P<group>[a-z0-9.-]+)/)?(?P<version>[A-Za-z0-9_.-]+)\Z")
_RANKED = re.compile(r"v(?P<major>[1-9][0-9]*)(?:(?P<level>alpha|beta)(?P<minor>[1-9][0-9]*))?\Z")


class Level(StrEnum):
    """How stable a version is; its name says so (Kubernetes API versioning)."""

    STABLE = "stable"
    BETA = "beta"
    ALPHA = "alpha"


def level(version: str) -> Level:
    """The stability that a version's name states; a name that states none counts as alpha."""
    match = _RANKED.match(version)
    if match is None or match["level"] == "alpha":
        return Level.ALPHA
    return Level.BETA if match["level"] == "beta" else Level.STABLE


def version_key(version: str) -> tuple[int, int, int, str]:
    """A sort key that puts the preferred version first.

    Kubernetes' order: v2, v1, v1beta2, v1beta1, v1alpha1, then other names alphabetically.
    """
    match = _RANKED.match(version)
    if match is None:
        return (3, 0, 0, version)
    rank = {None: 0, "beta": 1, "alpha": 2}[match["level"]]
    return (rank, -int(match["major"]), -int(match["minor"] or 0), version)


@dataclass(frozen=True, slots=True, order=True)
class GroupVersion:
    """An API group and one of its versions; the core group is the empty string."""

    group: str
    version: str

    @classmethod
    def parse(cls, api_version: str) -> GroupVersion:
        """Read an apiVersion, ``batch/v1`` or ``v1``.

        Raises `UsageError` for anything else.
        """
        match = _API_VERSION.match(api_version)
        if match is None:
            raise UsageError(f'"{api_version}" is not a group/version such as batch/v1 or v1')
        return cls(match["group"] or "", match["version"])

    def __str__(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    def kind(self, kind: str) -> GroupVersionKind:
        """The kind of that name in this group and version."""
        return GroupVersionKind(self.group, self.version, kind)

    def resource(self, resource: str) -> GroupVersionResource:
        """The resource (plural) of that name in this group and version."""
        return GroupVersionResource(self.group, self.version, resource)


@dataclass(frozen=True, slots=True, order=True)
class GroupKind:
    """A kind whatever its version, written ``CronJob.batch``."""

    group: str
    kind: str

    def __str__(self) -> str:
        return f"{self.kind}.{self.group}" if self.group else self.kind


@dataclass(frozen=True, slots=True, order=True)
class GroupResource:
    """A resource whatever its version, written ``cronjobs.batch``."""

    group: str
    resource: str

    @classmethod
    def parse(cls, text: str) -> GroupResource:
        """Read ``cronjobs.batch``, or ``configmaps`` for the core group."""
        resource, _, group = text.partition(".")
        return cls(group, resource)

    def __str__(self) -> str:
        return f"{self.resource}.{self.group}" if self.group else self.resource


@dataclass(frozen=True, slots=True, order=True)
class GroupVersionKind:
    """What ``apiVersion`` and ``kind`` of an object say together."""

    group: str
    version: str
    kind: str

    @property
    def group_version(self) -> GroupVersion:
        """The group and version alone."""
        return GroupVersion(self.group, self.version)

    @property
    def group_kind(self) -> GroupKind:
        """The group and kind alone."""
        return GroupKind(self.group, self.kind)

    @property
    def api_version(self) -> str:
        """The value of the field ``apiVersion``."""
        return str(self.group_version)

    def __str__(self) -> str:
        return f"{self.api_version}, Kind={self.kind}"


@dataclass(frozen=True, slots=True, order=True)
class GroupVersionResource:
    """What a URL names: ``/apis/<group>/<version>/…/<resource>``."""

    group: str
    version: str
    resource: str

    @property
    def group_version(self) -> GroupVersion:
        """The group and version alone."""
        return GroupVersion(self.group, self.version)

    @property
    def group_resource(self) -> GroupResource:
        """The group and resource alone."""
        return GroupResource(self.group, self.resource)

    def __str__(self) -> str:
        return f"{self.group_version}, Resource={self.resource}"
