"""Before-images beside the rows that they are of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kconv._gvk import GroupResource
from kconv._store import BeforeImage, Key, Store, Stored

_BATCH = 500


class BeforeImages:
    """The newest before-image that fits an object, for objects that come in the order of keys.

    ``runs`` are the ids of those that keep any, the newest first; ``after`` is the (namespace,
    name) that the objects come after.
    """

    def __init__(
        self,
        store: Store,
        resource: GroupResource,
        runs: Iterable[str],
        after: object | None = None,
    ) -> None:
        namespace, name = after if isinstance(after, tuple) else ("", "")
        start = Key(resource.group, resource.resource, namespace, name)
        self._readers = [_RunImages(store, run, start) for run in runs]

    def find(self, stored: Stored) -> tuple[str, bytes] | None:
        """The version and the bytes of an object's before-image; None where none fits."""
        found = None
        for reader in self._readers:
            image = reader.at(stored.key)
            if image is not None and image.resource_version == stored.resource_version:
                found = found or (image.api_version, image.data)
        return found


class _RunImages:
    def __init__(self, store: Store, run: str, start: Key) -> None:
        self._images = self._read(store, run, start)
        self._next = next(self._images, None)

    def at(self, key: Key) -> BeforeImage | None:
        while self._next is not None and self._next.key < key:
            self._next = next(self._images, None)
        return self._next if self._next is not None and self._next.key == key else None

    @staticmethod
    def _read(store: Store, run: str, start: Key) -> Iterator[BeforeImage]:
        after = start
        while page := store.undo_page(run, after=after, limit=_BATCH):
            for image in page:
                if (image.key.group, image.key.resource) != (start.group, start.resource):
                    return
                yield image
            after = page[-1].key
