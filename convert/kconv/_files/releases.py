"""Which releases of an API's server serve a version of a kind, as installed packages say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from kconv._errors import UsageError

ENTRY_POINTS = "kconv.releases"
"""The entry point group: modules with ``NEWEST``, and ``RELEASES`` by apiVersion and kind."""


@dataclass(frozen=True, slots=True)
class Served:
    """Since and until when a version of a kind is served, and what comes instead; "" for never."""

    introduced: str = ""
    deprecated: str = ""
    removed: str = ""
    replacement: str = ""


def order(release: str) -> tuple[int, ...]:
    """What releases such as ``1.25`` are ordered by. Raises `UsageError` for what is none."""
    parts = release.removeprefix("v").split(".")
    if not all(part.isdecimal() for part in parts) or len(parts) < 2:
        raise UsageError(f'"{release}" is not a release; write it as 1.25')
    return tuple(map(int, parts))[:2]


class Releases:
    """What is known of releases, up to a ``target``, the newest one by default."""

    def __init__(self, target: str | None = None) -> None:
        modules = _modules()
        newest = max((module.NEWEST for module in modules), key=order, default="0.0")
        self.target = (target or newest).removeprefix("v")
        self._target = order(self.target)
        self._data: dict[str, Mapping[str, Any]] = {}
        for module in modules:
            self._data |= module.RELEASES

    def of(self, api_version: str, kind: str) -> Served:
        """What is known of a version of a kind."""
        return Served(*self._data.get(api_version, {}).get(kind, ()))

    def instead(self, api_version: str, kind: str) -> str:
        """The version and kind that replaces another one and is served; "" where there is none."""
        said = self.of(api_version, kind).replacement
        while said:
            version, _, name = said.partition(" ")
            if self.serves(version, name):
                return said
            said = self.of(version, name).replacement
        return ""

    def serves(self, api_version: str, kind: str) -> bool:
        """Whether the target serves it; what nothing is known of counts as served."""
        served = self.of(api_version, kind)
        if served.removed and order(served.removed) <= self._target:
            return False
        return not served.introduced or order(served.introduced) <= self._target


@cache
def _modules() -> list[Any]:
    points = entry_points(group=ENTRY_POINTS)
    return [point.load() for point in sorted(points, key=lambda point: point.name)]
