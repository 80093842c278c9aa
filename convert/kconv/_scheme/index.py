"""Kinds on demand: which function registers a kind that nothing has asked for yet.

An index is data, so a package with hundreds of types costs nothing until an object is one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import RLock

from kconv._errors import SchemeError
from kconv._gvk import GroupVersion, GroupVersionKind
from kconv._scheme.spoke import HubKind, Spoke

Kinds = Mapping[str, Sequence[str]]
"""The kinds of each apiVersion, ``{"apps/v1": ("DaemonSet", "Deployment")}``."""


@dataclass(eq=False, slots=True)
class Package:
    """What an API package has, by an index, and how to get it.

    ``load`` gives its kinds, frozen; ``name`` is its ``module:function``.
    """

    name: str
    kinds: Kinds
    load: Callable[[], Sequence[HubKind]]
    loaded: Sequence[HubKind] | None = None


@dataclass(slots=True)
class Index:
    """The packages of a scheme that are loaded when an object asks for one of their kinds."""

    packages: Sequence[Package] = ()
    _package_of: dict[GroupVersionKind, Package] = field(default_factory=dict)
    _versions: dict[str, set[str]] = field(default_factory=dict)
    _spokes: dict[GroupVersionKind, Spoke] = field(default_factory=dict)
    _lock: RLock = field(default_factory=RLock)

    def __post_init__(self) -> None:
        for package in self.packages:
            for api_version, kinds in package.kinds.items():
                gv = GroupVersion.parse(api_version)
                self._versions.setdefault(gv.group, set()).add(gv.version)
                for kind in kinds:
                    self._package_of[gv.kind(kind)] = package

    def groups(self) -> Iterable[str]:
        """The groups that have a version in the index."""
        return self._versions.keys()

    def versions(self, group: str) -> Iterable[str]:
        """The versions of a group that are in the index, in no order."""
        return self._versions.get(group, ())

    def spoke(self, gvk: GroupVersionKind) -> Spoke | None:
        """The version of a kind, whose package is loaded; None where the index has none.

        Raises `SchemeError` for a package that cannot be loaded, or lacks what its index says.
        """
        package = self._package_of.get(gvk)
        if package is None:
            return None
        self._load(package)
        found = self._spokes.get(gvk)
        if found is None:
            raise SchemeError(f'the index says that "{package.name}" has {gvk}, and it does not')
        return found

    def all_kinds(self) -> list[HubKind]:
        """Every kind of every package, all of which are loaded."""
        return [kind for package in self.packages for kind in self._load(package)]

    def kinds_of(self, api_versions: Collection[str]) -> list[HubKind]:
        """The kinds of the packages that have some of any of these versions."""
        wanted = set(api_versions)
        packages = [each for each in self.packages if not wanted.isdisjoint(each.kinds)]
        return [kind for package in packages for kind in self._load(package)]

    def _load(self, package: Package) -> Sequence[HubKind]:
        with self._lock:
            if package.loaded is None:
                package.loaded = package.load()
                for kind in package.loaded:
                    for spoke in kind.spokes:
                        self._spokes[spoke.gvk] = spoke
            return package.loaded
