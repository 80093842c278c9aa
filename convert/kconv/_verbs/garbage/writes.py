"""`Writes`: objects as they are now, and what the collector writes of them.

Each write insists on the state that was read just before.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Protocol, TypeVar

from anyio import CapacityLimiter

from kconv._errors import NotFound
from kconv._pipeline import HubObject
from kconv._pipeline.view import View, with_metadata
from kconv._structural import waits
from kconv._verbs.call import Call
from kconv._verbs.current import Current
from kconv._verbs.delete import remove
from kconv._verbs.deletion import finalizers_in
from kconv._verbs.garbage.envelope import OwnerReference
from kconv._verbs.garbage.graph import Node
from kconv._verbs.kind_rules import is_namespace
from kconv._verbs.namespaces import Namespaces
from kconv._verbs.objects import Objects
from kconv._verbs.propagation import Propagation
from kconv._verbs.refusal import Refusal
from kconv._verbs.replace import Replacement, replace_object
from kconv._verbs.target import Target

T = TypeVar("T")

FIELD_MANAGER = "kconv-garbage-collector"

_ASIDE_AT_ONCE = 4
"""Objects whose conversion may be waited for at once; requests have more such places."""

_log = logging.getLogger("kconv.garbage")


class Interrupted(Exception):
    """What was known of the objects holds no more, or another server collects by now."""


class Aside(Protocol):
    """Where what waits for conversion webhooks is done, so that the event loop does not."""

    objects: Objects
    namespaces: Namespaces

    async def whole(self, made: Coroutine[Any, Any, T]) -> T:
        """What a coroutine on ``objects`` returns, which a thread runs to its end."""
        ...


class Writes:
    """Reads and writes for the collector; while it is ``interrupted`` nothing is read or written.

    ``aside`` is where kinds are worked on whose conversion waits for somebody else.
    """

    def __init__(self, objects: Objects, namespaces: Namespaces, aside: Aside | None) -> None:
        self.interrupted = False
        self._objects = objects
        self._namespaces = namespaces
        self._aside = aside
        self._limiter = CapacityLimiter(_ASIDE_AT_ONCE)
        self._unreadable: set[str] = set()

    def forget(self) -> None:
        """Warn again of what cannot be read."""
        self._unreadable.clear()

    async def current(self, node: Node) -> Current | None:
        """The object of a node as it is now; None for one that is gone.

        One that cannot be read has a ``fault``. Raises `Interrupted`.
        """

        async def read(objects: Objects, namespaces: Namespaces) -> Current | None:
            try:
                return await objects.get_or_salvage(node.kind, node.key)
            except NotFound:
                return None

        current = await self._of(node, read)
        if self.interrupted:
            raise Interrupted
        if current is None or current.stored.uid != node.uid:
            return None
        if current.fault is not None and node.uid not in self._unreadable:
            self._unreadable.add(node.uid)
            _log.warning("%s is left as it is: %s", name_of(node), current.fault.message)
        return current

    async def delete(self, node: Node, current: Current, policy: Propagation) -> None:
        """Delete an object, or mark it where something holds it."""

        async def delete(objects: Objects, namespaces: Namespaces) -> None:
            call = _call(node, current, objects, namespaces)
            await remove(call, current, policy, dry_run=False)

        await self._of(node, delete)
        if node.key.namespace:
            self._namespaces.emptied(node.key.namespace)

    async def without_owners(self, node: Node, current: Current, uids: set[str]) -> bool:
        """Take references out of an object; whether there were any."""
        owners = current.meta.get("ownerReferences") or ()
        left = [each for each in owners if View(each).get("uid") not in uids]
        if len(left) == len(owners):
            return False
        await self._write(node, current, ownerReferences=left)
        return True

    async def unblocked(
        self, node: Node, current: Current, references: Sequence[OwnerReference]
    ) -> bool:
        """Have no owner wait for an object; whether one did."""
        if not any(each.blockOwnerDeletion for each in references):
            return False
        changed = []
        for each in current.meta.get("ownerReferences") or ():
            owner = View(each).copied()
            owner["blockOwnerDeletion"] = False
            changed.append(owner.native)
        await self._write(node, current, ownerReferences=changed)
        return True

    async def without_finalizer(self, node: Node, current: Current, finalizer: str) -> bool:
        """Take a finalizer from an object, which goes if it was the last; whether it had it."""
        had = current.meta.get("finalizers") or ()
        left = [each for each in had if each != finalizer]
        if len(left) == len(had):
            return False
        await self._write(node, current, finalizers=left)
        if is_namespace(node.kind):
            self._namespaces.emptied(node.key.name)
        return True

    async def _write(self, node: Node, current: Current, **changes: list[object]) -> None:
        """Write other metadata; what is held by nothing any more is removed by that."""
        meta = current.meta.copied()
        for name, value in changes.items():
            if value:
                meta[name] = value
            else:
                meta.pop(name, None)

        async def write(objects: Objects, namespaces: Namespaces) -> None:
            call = _call(node, current, objects, namespaces)
            wanted = HubObject(node.kind, with_metadata(current.hub.native, meta))
            decoded = objects.pipeline.from_hub(wanted, call.spoke)
            made = Replacement(current, decoded, field_manager=FIELD_MANAGER)
            try:
                await replace_object(call, made)
            except Refusal:
                # It breaks rules that came later than it did, about what is not changed here.
                gone = current.meta.get("deletionTimestamp") and not finalizers_in(wanted)
                replace = objects.delete if gone else objects.update
                await replace(current, wanted)

        await self._of(node, write)

    async def _of(
        self, node: Node, work: Callable[[Objects, Namespaces], Coroutine[Any, Any, T]]
    ) -> T:
        """Do something to an object, in a thread where its conversion may wait for a webhook."""
        if self.interrupted:
            raise Interrupted
        if self._aside is None or not waits(node.kind):
            return await work(self._objects, self._namespaces)
        aside = self._aside
        async with self._limiter:
            return await aside.whole(work(aside.objects, aside.namespaces))


def _call(node: Node, current: Current, objects: Objects, namespaces: Namespaces) -> Call:
    """A call through the version that the object is stored in, so that nothing is converted."""
    spoke = current.decoded.spoke if current.decoded is not None else node.kind.spokes[0]
    return Call(Target(spoke, node.key.namespace, node.key.name), objects, namespaces)


def name_of(node: Node) -> str:
    """An object, as people know it."""
    key = node.key
    if key.namespace:
        return f"{key.qualified} {key.namespace}/{key.name}"
    return f"{key.qualified} {key.name}"
