"""Namespaces: what must exist before anything is created in it, and goes with all that it holds."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from kconv._errors import AlreadyExists, Conflict, NotFound
from kconv._gvk import GroupVersion
from kconv._paths import Finding
from kconv._pipeline import HubObject
from kconv._pipeline.view import View
from kconv._scheme import HubKind, Scheme
from kconv._verbs.current import key_of
from kconv._verbs.deletion import mark_for_deletion
from kconv._verbs.kind_rules import NAMESPACES
from kconv._verbs.memory import CachedRow
from kconv._verbs.metadata import begin
from kconv._verbs.objects import Objects
from kconv._verbs.preparing import prepared
from kconv._verbs.refusal import Refusal, forbidden, not_found
from kconv._verbs.target import Target

DEFAULT = "default"
IMMORTAL = (DEFAULT, "kube-system", "kube-public")
"""Namespaces that Kubernetes' NamespaceLifecycle lets nobody delete."""

FINALIZER = "kubernetes"
NAME_LABEL = "kubernetes.io/metadata.name"


def add_name_label(meta: View) -> None:
    """Set the label that says a namespace's name."""
    meta["labels"] = {**(meta.get("labels") or {}), NAME_LABEL: meta.get("name", "")}


class Namespaces:
    """What the server does about namespaces; does nothing when the scheme has no such kind."""

    def __init__(self, scheme: Scheme, objects: Objects) -> None:
        self._scheme = scheme
        self._objects = objects
        self.kind: HubKind | None = next(
            (kind for kind in scheme.kinds if kind.group_resource == NAMESPACES), None
        )
        self.emptied: Callable[[str], None] = lambda namespace: None
        """Called when something in a namespace, or a namespace, has been deleted."""

    def create_default(self) -> None:
        """Create the namespace ``default`` if it is not there; blocks."""
        if self.kind is None:
            return
        key, pipeline = key_of(self.kind, "", DEFAULT), self._objects.pipeline
        store = self._objects.store
        try:
            store.get(key)
        except NotFound:
            meta = begin(View({"name": DEFAULT}), "", self.kind)
            hub = prepared(HubObject(self.kind, {"metadata": meta.native}))
            version = store.storage_version(key.group, key.resource)
            spoke = self.kind.spoke_for(GroupVersion.parse(version)) or self.kind.spokes[0]
            data = pipeline.encode(pipeline.from_hub(hub, spoke))
            with suppress(AlreadyExists):
                store.create(key, uid=meta["uid"], api_version=spoke.api_version, data=data)

    async def require(self, target: Target, name: str, *, newest: bool) -> CachedRow | None:
        """The namespace of something to be created, which must be there and not on its way out.

        Without ``newest`` it may be the state in memory: then the write must insist on it. Raises
        `kconv._verbs.refusal.Refusal`: 404, or 403 for a namespace that is terminating.
        """
        if self.kind is None or not target.namespace:
            return None
        key = key_of(self.kind, "", target.namespace)
        if not newest:
            row = self._objects.memory.recent(key)
            if row is not None and not self._is_terminating(self.kind, row):
                return row
        try:
            row = await self._objects.row(key)
        except NotFound:
            raise not_found(NAMESPACES, target.namespace) from None
        if self._is_terminating(self.kind, row):
            why = (
                f"unable to create new content in namespace {target.namespace} because it is "
                "being terminated"
            )
            cause = Finding(
                ("metadata", "namespace"),
                "NamespaceTerminating",
                f"namespace {target.namespace} is being terminated",
            )
            raise forbidden(target.resource, name, why, [cause])
        return row

    def _is_terminating(self, kind: HubKind, row: CachedRow) -> bool:
        data = row.stored.data
        # What is never written cannot be set: every create asks this, so nothing is decoded for it.
        if b"deletionTimestamp" not in data and b"\\u" not in data:
            return False
        return bool(self._objects.read_or_salvage(kind, row).meta.get("deletionTimestamp"))

    async def is_terminating(self, name: str) -> bool:
        """Whether a namespace is to be removed."""
        if self.kind is None:
            return False
        row = await self._objects.memory.row(key_of(self.kind, "", name))
        return row is not None and self._is_terminating(self.kind, row)

    async def terminating(self) -> list[str]:
        """The names of all namespaces that are to be removed."""
        if self.kind is None:
            return []
        kind, found = self.kind, []
        async for rows, _ in self._objects.pages(kind):
            found += [row.key.name for row in rows if self._is_terminating(kind, row)]
        return found

    async def purge(self, name: str) -> bool:
        """Delete all that a terminating namespace holds, then the namespace itself.

        Returns whether it is gone; finalizers of what it holds may keep it for a while.
        """
        if self.kind is None:
            return True
        left = 0
        for kind in self._scheme.kinds:
            if kind.namespaced:
                left += await self._delete_in(kind, name)
        if left:
            return False
        try:
            current = await self._objects.get_or_salvage(self.kind, key_of(self.kind, "", name))
            if not current.meta.get("deletionTimestamp"):
                return True
            spec = {**(current.hub.value.get("spec") or {})}
            others = [each for each in spec.get("finalizers") or () if each != FINALIZER]
            if others or current.meta.get("finalizers"):
                return False
            spec.pop("finalizers", None)
            final = HubObject(self.kind, {**current.hub.value, "spec": spec})
            await self._objects.delete(current, final)
        except NotFound:
            return True
        except Conflict:
            return False
        return True

    async def _delete_in(self, kind: HubKind, namespace: str) -> int:
        """Delete a kind's objects in a namespace; returns how many are left."""
        left: list[CachedRow] = []

        async def delete(row: CachedRow) -> None:
            if not await self._delete(kind, row):
                left.append(row)

        async for rows, _ in self._objects.pages(kind, namespace):
            await self._objects.waiting.each_of(rows, delete)
        return len(left)

    async def _delete(self, kind: HubKind, row: CachedRow) -> bool:
        """Delete an object, or mark it where finalizers hold it; returns whether it is gone."""
        current = self._objects.read_or_salvage(kind, row)
        try:
            if current.fault is not None or not current.meta.get("finalizers"):
                await self._objects.delete(current, current.hub)
                return True
            if not current.meta.get("deletionTimestamp"):
                await self._objects.update(current, mark_for_deletion(current))
        except NotFound:
            return True
        except (Conflict, Refusal):
            pass
        return False
