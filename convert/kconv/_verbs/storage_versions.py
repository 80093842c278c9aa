"""The storage versions on record in the database, refreshed once a second."""

from __future__ import annotations

import time

from kconv._errors import VersionNotOnRecord
from kconv._gvk import GroupVersion
from kconv._scheme import HubKind, KindCache, Scheme, Spoke
from kconv._store import Store
from kconv._verbs.waiting import Waiting

REFRESH_SECONDS = 1.0


class StorageVersions:
    """Which version each resource is written in; read again when older than a second.

    A write in a version that was dropped in between fails in the store with
    `VersionNotOnRecord`; its caller asks again with ``refresh``.
    """

    def __init__(self, store: Store, waiting: Waiting, scheme: Scheme) -> None:
        self._store = store
        self._spokes: KindCache[HubKind, Spoke] = scheme.clears(KindCache())
        self._preferred: dict[tuple[str, str], str] = {}
        self._read_at = float("-inf")
        self._refresh = waiting.shared(self._read)

    async def spoke(self, kind: HubKind, *, refresh: bool = False) -> Spoke:
        """The spoke that an object of this kind is to be written in.

        Raises `VersionNotOnRecord` when the record has none, or one that this server does not
        know.
        """
        if refresh or time.monotonic() - self._read_at > REFRESH_SECONDS:
            await self._refresh()
        found = self._spokes.get(kind)
        if found is None:
            resource = kind.group_resource
            api_version = self._preferred.get((resource.group, resource.resource))
            found = kind.spoke_for(GroupVersion.parse(api_version)) if api_version else None
            if found is None:
                raise VersionNotOnRecord(
                    f"{resource} is stored as {api_version or 'no version'}, which this server "
                    "cannot write"
                )
            self._spokes[kind] = found
        return found

    def forget(self) -> None:
        """Read the record again before anything else is written."""
        self._read_at = float("-inf")

    def _read(self) -> None:
        began = time.monotonic()
        records = self._store.storage_versions()
        self._preferred = {
            (record.group, record.resource): record.api_version
            for record in records
            if record.preferred
        }
        self._spokes.clear()
        self._read_at = began
