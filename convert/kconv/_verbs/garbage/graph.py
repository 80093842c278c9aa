"""`Graph`: who depends on whom, as of the changes that have been read so far.

It has the objects that name owners, and those that wait for their dependents; all others are of
no concern until somebody names them.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from kconv._scheme import HubKind
from kconv._store import Stored
from kconv._verbs.garbage.envelope import OwnerReference, metadata_of
from kconv._verbs.propagation import FOREGROUND, ORPHAN


class Node:
    """An object that has owners, or waits for its dependents."""

    __slots__ = ("deleting", "foreground", "key", "kind", "orphan", "owners", "uid", "version")

    def __init__(self, kind: HubKind, stored: Stored) -> None:
        found = metadata_of(stored.data)
        finalizers = found.finalizers or ()
        self.kind, self.key, self.uid = kind, stored.key, stored.uid
        self.version = stored.resource_version
        self.owners: tuple[OwnerReference, ...] = tuple(found.ownerReferences or ())
        self.deleting = bool(found.deletionTimestamp)
        self.foreground = self.deleting and FOREGROUND in finalizers
        self.orphan = self.deleting and ORPHAN in finalizers

    @property
    def matters(self) -> bool:
        """Whether it belongs into the graph."""
        return bool(self.owners or self.foreground or self.orphan)

    def blocks(self, owner: Node) -> bool:
        """Whether an owner that is deleted in the foreground waits for it.

        What has no namespace cannot belong to what has one.
        """
        if owner.key.namespace and not self.key.namespace:
            return False
        return any(each.uid == owner.uid and each.blockOwnerDeletion for each in self.owners)


class Graph:
    """Nodes by uid, and which of them are due to be looked at."""

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}
        self.due: dict[str, None] = {}
        self._dependents: dict[str, dict[str, None]] = {}

    def dependents(self, uid: str) -> list[Node]:
        """The objects that name an owner."""
        return [self.nodes[each] for each in self._dependents.get(uid, ())]

    def blocking(self, node: Node) -> list[Node]:
        """The dependents that an object which is deleted in the foreground has to wait for.

        Not itself, nor those that wait for it in their turn: it would wait for ever.
        """
        return [
            each
            for each in self.dependents(node.uid)
            if each.blocks(node) and not self._waits(each, node.uid)
        ]

    def _waits(self, node: Node, uid: str) -> bool:
        """Whether an object waits for another one, if only by way of others."""
        seen, path = {node.uid}, [node]
        while path:
            at = path.pop()
            if not at.foreground:
                continue
            for each in self.dependents(at.uid):
                if not each.blocks(at):
                    continue
                if each.uid == uid:
                    return True
                if each.uid not in seen:
                    seen.add(each.uid)
                    path.append(each)
        return False

    def put(self, node: Node) -> None:
        """Take note of a state of an object."""
        old = self.nodes.get(node.uid)
        if old is not None and old.version >= node.version:
            return
        if old is not None:
            self._unlink(old)
        if node.matters:
            self.nodes[node.uid] = node
            for owner in node.owners:
                self._dependents.setdefault(owner.uid, {})[node.uid] = None
        elif old is None:
            return
        self._note(node, old)

    def _note(self, node: Node, old: Node | None) -> None:
        """Have looked at what a change may have an effect on."""
        if node.foreground or node.orphan or (old is None or old.owners != node.owners):
            self._add(node.uid)
        if node.foreground and (old is None or not old.foreground):
            self.due.update(dict.fromkeys(self._dependents.get(node.uid, ())))
        if old is not None:
            # An owner may have nothing left to wait for.
            self._add_owners(old)

    def remove(self, uid: str) -> None:
        """An object is gone: its dependents may be garbage, its owners need not wait for it."""
        old = self.nodes.get(uid)
        if old is not None:
            self._unlink(old)
            self._add_owners(old)
        self.due.pop(uid, None)
        self.due.update(dict.fromkeys(self._dependents.get(uid, ())))

    def _add(self, uid: str) -> None:
        if uid in self.nodes:
            self.due[uid] = None

    def _add_owners(self, node: Node) -> None:
        for each in node.owners:
            owner = self.nodes.get(each.uid)
            if owner is not None and owner.foreground:
                self.due[owner.uid] = None

    def _unlink(self, node: Node) -> None:
        del self.nodes[node.uid]
        for owner in node.owners:
            of_owner = self._dependents.get(owner.uid)
            if of_owner is not None:
                of_owner.pop(node.uid, None)
                if not of_owner:
                    del self._dependents[owner.uid]

    def take(self, most: int) -> Iterator[Node]:
        """Some of those that are due, the longest due first; they are due no more."""
        for uid in list(islice(self.due, most)):
            del self.due[uid]
            node = self.nodes.get(uid)
            if node is not None:
                yield node
