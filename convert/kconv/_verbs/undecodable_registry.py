"""The objects that a server could not decode, so that each is logged once and all are counted."""

from __future__ import annotations

import threading
from collections.abc import Collection

from kconv._gvk import GroupResource
from kconv._store import Key, Stored

_MOST_KNOWN = 10_000


class UndecodableRegistry:
    """The objects that this server found undecodable and has not seen otherwise since."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[Key, int] = {}
        self._told: dict[Key, int] = {}

    def note(self, stored: Stored) -> bool:
        """Remember an object; False when it was told of in this state already.

        Lists in a version that it can be read in leave it uncounted, but not untold.
        """
        key, version = stored.key, stored.resource_version
        with self._lock:
            is_new = self._told.get(key) != version
            for remembered in (self._known, self._told):
                if len(remembered) < _MOST_KNOWN or key in remembered:
                    remembered[key] = version
            return is_new

    def read(self, stored: Stored) -> None:
        """The object could be read. One that failed in this very state may do so in a version."""
        if self._told and self._told.get(stored.key) != stored.resource_version:
            self.forget(stored.key)

    def forget(self, key: Key) -> None:
        """The object has been written, or is gone."""
        if self._told:
            with self._lock:
                self._known.pop(key, None)
                self._told.pop(key, None)

    def listed(self, resource: GroupResource, namespace: str, found: Collection[Key]) -> None:
        """A whole list of a resource (in a namespace, or all) had these undecodable objects."""
        if not self._known:
            return
        with self._lock:
            for key in list(self._known):
                same = (key.group, key.resource) == (resource.group, resource.resource)
                if same and (not namespace or key.namespace == namespace) and key not in found:
                    del self._known[key]

    def known(self, resource: GroupResource, namespace: str) -> list[Key]:
        """Those of a resource (in a namespace, or all) that are known, in order."""
        place = (resource.group, resource.resource)
        with self._lock:
            found = [key for key in self._known if (key.group, key.resource) == place]
        return sorted(key for key in found if not namespace or key.namespace == namespace)

    def counts(self) -> dict[tuple[str, str], int]:
        """How many there are by (group, resource)."""
        found: dict[tuple[str, str], int] = {}
        with self._lock:
            for key in self._known:
                place = (key.group, key.resource)
                found[place] = found.get(place, 0) + 1
        return found
