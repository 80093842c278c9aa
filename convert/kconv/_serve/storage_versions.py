"""The storage versions on record in the database, refreshed once a second."""

from __future__ import annotations

import threading
import time

from kconv._errors import VersionNotOnRecord
from kconv._gvk import GroupVersion
from kconv._scheme import HubKind, Spoke
from kconv._store import Store

REFRESH_SECONDS = 1.0


class StorageVersions:
    """Which version each resource is written in; read again when older than a second.

    A write in a version that was dropped in between fails in the store with
    `VersionNotOnRecord`; its caller asks again with ``refresh``.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._preferred: dict[tuple[str, str], str] = {}
        self._read_at = float("-inf")

    def spoke(self, kind: HubKind, *, refresh: bool = False) -> Spoke:
        """The spoke that an object of this kind is to be written in.

        Raises `VersionNotOnRecord` when the record has none, or one that this server does not
        know.
        """
        with self._lock:
            if refresh or time.monotonic() - self._read_at > REFRESH_SECONDS:
                self._preferred = {
                    (record.group, record.resource): record.api_version
                    for record in self._store.storage_versions()
                    if record.preferred
                }
                self._read_at = time.monotonic()
            resource = kind.group_resource
            api_version = self._preferred.get((resource.group, resource.resource))
        spoke = kind.spoke_for(GroupVersion.parse(api_version)) if api_version else None
        if spoke is None:
            raise VersionNotOnRecord(
                f"{resource} is stored as {api_version or 'no version'}, which this server "
                "cannot write"
            )
        return spoke
