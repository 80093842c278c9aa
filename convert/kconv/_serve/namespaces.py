"""Namespaces: what must exist before anything is created in it, and goes with all that it holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress

from kconv._errors import AlreadyExists, Conflict, NotFound
from kconv._pipeline import HubObject
from kconv._pipeline.view import View
from kconv._scheme import HubKind, Scheme
from kconv._serve.deletion import mark_for_deletion
from kconv._serve.kind_rules import NAMESPACES
from kconv._serve.metadata import begin, now
from kconv._serve.objects import Current, Objects, key_of, prepared
from kconv._serve.request_path import Target
from kconv._serve.status import Refusal, forbidden, not_found
from kconv._store import Stored

DEFAULT = "default"
IMMORTAL = (DEFAULT, "kube-system", "kube-public")
"""Namespaces that Kubernetes' NamespaceLifecycle lets nobody delete."""

FINALIZER = "kubernetes"
NAME_LABEL = "kubernetes.io/metadata.name"
_PAGE = 200


def add_name_label(meta: View) -> None:
    """Set the label that says a namespace's name."""
    meta["labels"] = {**(meta.get("labels") or {}), NAME_LABEL: meta.get("name", "")}


class Namespaces:
    """What the server does about namespaces; does nothing when the scheme has no such kind.

    Methods block.
    """

    def __init__(self, scheme: Scheme, objects: Objects) -> None:
        self._scheme = scheme
        self._objects = objects
        self.kind: HubKind | None = next(
            (kind for kind in scheme.kinds if kind.group_resource == NAMESPACES), None
        )
        self.emptied: Callable[[str], None] = lambda namespace: None
        """Called when something in a namespace, or a namespace, has been deleted."""

    def create_default(self) -> None:
        """Create the namespace ``default`` if it is not there."""
        if self.kind is None:
            return
        try:
            self._objects.get(self.kind, "", DEFAULT)
        except NotFound:
            meta = begin(View({"name": DEFAULT}), "", self.kind, now())
            hub = prepared(HubObject(self.kind, {"metadata": meta.native}))
            try:
                self._objects.create(self.kind, key_of(self.kind, "", DEFAULT), hub, None)
            except AlreadyExists:
                return

    def require(self, target: Target, name: str) -> None:
        """Refuse to create something in a namespace that is not there, or on its way out.

        Raises `kconv._serve.status.Refusal`: 404, or 403 for a namespace that is terminating.
        """
        if self.kind is None or not target.namespace:
            return
        try:
            stored = self._objects.row(self.kind, "", target.namespace)
        except NotFound:
            raise not_found(NAMESPACES, target.namespace) from None
        if self._is_terminating(self.kind, stored):
            why = (
                f"unable to create new content in namespace {target.namespace} because it is "
                "being terminated"
            )
            cause = {
                "reason": "NamespaceTerminating",
                "message": f"namespace {target.namespace} is being terminated",
                "field": "metadata.namespace",
            }
            raise forbidden(target.resource, name, why, causes=[cause])

    def _is_terminating(self, kind: HubKind, stored: Stored) -> bool:
        # What is never written cannot be set: every create asks this, so nothing is decoded for it.
        if b"deletionTimestamp" not in stored.data and b"\\u" not in stored.data:
            return False
        return bool(self._objects.read_or_salvage(kind, stored).meta.get("deletionTimestamp"))

    def confirm(self, target: Target, created: Current) -> None:
        """Take back what was created in a namespace that went meanwhile, and refuse it after all.

        The check before a create can be overtaken: the namespace is deleted, found empty and
        removed before the object is stored. After that, either the removal found the object or
        this finds the namespace terminating or gone. Raises as `require`.
        """
        try:
            self.require(target, created.meta["name"])
        except Refusal:
            with suppress(NotFound, Conflict):
                self._objects.delete(created, created.hub)
            raise

    def terminating(self) -> list[str]:
        """The names of all namespaces that are to be removed."""
        if self.kind is None:
            return []
        page = self._objects.store.list(NAMESPACES.group, NAMESPACES.resource)
        found = (self._objects.read_or_salvage(self.kind, stored) for stored in page.items)
        return [each.meta["name"] for each in found if each.meta.get("deletionTimestamp")]

    def purge(self, name: str) -> bool:
        """Delete all that a terminating namespace holds, then the namespace itself.

        Returns whether it is gone; finalizers of what it holds may keep it for a while.
        """
        if self.kind is None:
            return True
        left = sum(self._delete_in(kind, name) for kind in self._scheme.kinds if kind.namespaced)
        if left:
            return False
        try:
            current = self._objects.get_or_salvage(self.kind, "", name)
            if not current.meta.get("deletionTimestamp"):
                return True
            spec = {**(current.hub.value.get("spec") or {})}
            others = [each for each in spec.get("finalizers") or () if each != FINALIZER]
            if others or current.meta.get("finalizers"):
                return False
            spec.pop("finalizers", None)
            final = HubObject(self.kind, {**current.hub.value, "spec": spec})
            self._objects.delete(current, final)
        except NotFound:
            return True
        except Conflict:
            return False
        return True

    def _delete_in(self, kind: HubKind, namespace: str) -> int:
        """Delete a kind's objects in a namespace; returns how many are left."""
        left = 0
        for current in self._contents(kind, namespace):
            try:
                if current.fault is not None or not current.meta.get("finalizers"):
                    self._objects.delete(current, current.hub)
                else:
                    left += 1
                    if not current.meta.get("deletionTimestamp"):
                        self._objects.update(current, mark_for_deletion(current))
            except NotFound:
                continue
            except (Conflict, Refusal):
                left += 1
        return left

    def _contents(self, kind: HubKind, namespace: str) -> Iterator[Current]:
        resource = kind.group_resource
        after: tuple[str, str] | None = None
        while True:
            page = self._objects.store.list(
                resource.group, resource.resource, namespace=namespace, limit=_PAGE, after=after
            )
            for stored in page.items:
                yield self._objects.read_or_salvage(kind, stored)
            after = page.next
            if after is None:
                return
