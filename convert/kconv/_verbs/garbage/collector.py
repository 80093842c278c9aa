"""`Collector`: deletes what has lost its owners, and does what the policy of a delete says.

The rules are those of Kubernetes' garbage collector. Each write insists on the state that it is
made for, so that two collectors at work do no harm, and one that begins anew finishes what another
one began.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

from kconv._errors import Conflict, KconvError, NotFound, StoreError
from kconv._pipeline import HubObject
from kconv._pipeline.view import View, with_metadata
from kconv._scheme import HubKind, Scheme
from kconv._store import Change, Key, Store, Stored
from kconv._verbs.call import Call
from kconv._verbs.delete import remove
from kconv._verbs.deletion import finalizers_in
from kconv._verbs.garbage.envelope import OwnerReference, metadata_of
from kconv._verbs.garbage.graph import Graph, Node
from kconv._verbs.garbage.owners import Classified, Owners
from kconv._verbs.kind_rules import is_namespace
from kconv._verbs.loop_work import each_of
from kconv._verbs.namespaces import IMMORTAL, Namespaces
from kconv._verbs.objects import Current, Objects
from kconv._verbs.propagation import FOREGROUND, ORPHAN, Propagation
from kconv._verbs.refusal import Refusal
from kconv._verbs.replace import Replacement, replace_object
from kconv._verbs.target import Target

FIELD_MANAGER = "kconv-garbage-collector"
AT_ONCE = 64
"""Objects that are worked on at the same time; their writes share commits."""

PAGE = 500
_RACE_PAUSE, _LEAST_PAUSE, _MOST_PAUSE = 0.1, 1.0, 60.0

_log = logging.getLogger("kconv.garbage")


@dataclass(frozen=True, slots=True)
class Collected:
    """Something that was done: ``deleted`` by a policy, ``orphaned``, or ``released``.

    Orphaned is what has lost a reference to an owner, released what waited for its dependents.
    """

    action: str
    key: Key
    policy: Propagation = ""


class Collector:
    """Follows the changes of a store, and collects; belongs to one event loop.

    ``told`` is called with everything that is done.
    """

    def __init__(
        self,
        scheme: Scheme,
        objects: Objects,
        namespaces: Namespaces,
        told: Callable[[Collected], None] = lambda done: None,
    ) -> None:
        self._objects = objects
        self._namespaces = namespaces
        self._told = told
        self._scheme = scheme
        self._kinds: dict[tuple[str, str], HubKind] = {}
        self._owners = Owners(scheme, objects.memory)
        self._graph = Graph()
        self._later: dict[str, tuple[float, float]] = {}
        """What failed by uid: when to try it again, and how long to wait after that."""
        self._unreadable: set[str] = set()

    @property
    def due(self) -> int:
        """How many objects are to be looked at."""
        return len(self._graph.due.keys() | self._later.keys())

    def forget(self) -> None:
        """Forget everything; `read` begins anew."""
        self._graph = Graph()
        # Kinds may come and go, and each time everything is read anew.
        self._kinds = {
            (kind.group_resource.group, kind.group_resource.resource): kind
            for kind in self._scheme.kinds
        }
        self._later.clear()
        self._unreadable.clear()

    def changed(self, change: Change) -> None:
        """Take note of a change, in their order."""
        stored = change.stored
        kind = self._kinds.get((stored.key.group, stored.key.resource))
        if kind is None:
            return
        if change.type == "DELETED":
            self._graph.remove(stored.key, stored.uid)
            self._later.pop(stored.uid, None)
        else:
            self._graph.put(kind, stored)

    async def read(self, go_on: Callable[[], Awaitable[bool]]) -> bool:
        """Read all that is stored, once; changes are told as they come meanwhile.

        ``go_on`` is asked before each page; returns False once it said no. Raises
        `kconv._errors.StoreError`.
        """
        for kind in list(self._kinds.values()):
            after: tuple[str, str] | None = None
            while await go_on():
                began = time.monotonic()
                page = partial(_relevant, self._objects.store, kind, after)
                found, after = await self._objects.waiting.blocking(page)
                for stored in found:
                    self._graph.put(kind, stored)
                if after is None:
                    break
                # Requests get half of the time, at least.
                await asyncio.sleep(time.monotonic() - began)
            else:
                return False
        return True

    async def work(self) -> bool:
        """Look at some of those that are due; whether there are more.

        Raises `kconv._errors.StoreError`.
        """
        now = time.monotonic()
        for uid in [uid for uid, (when, _) in self._later.items() if when <= now]:
            self._graph.due[uid] = None
        nodes = list(self._graph.take(AT_ONCE))
        await each_of(nodes, self._attempt)
        return bool(self._graph.due)

    async def _attempt(self, node: Node) -> None:
        try:
            await self._look_at(node)
        except (Conflict, NotFound):
            # The log has what was written in between; it may be of no concern to the graph.
            self._again(node, _RACE_PAUSE)
        except StoreError:
            self._graph.due[node.uid] = None
            raise
        except (KconvError, Refusal) as error:
            _log.warning("%s cannot be collected: %s", _name(node.key), error)
            self._again(node, self._later.get(node.uid, (0.0, _LEAST_PAUSE))[1])
        except Exception:  # noqa: BLE001 - one that fails must not hold up the others
            # Conversions are users' code.
            _log.exception("%s cannot be collected", _name(node.key))
            self._again(node, self._later.get(node.uid, (0.0, _LEAST_PAUSE))[1])
        else:
            self._later.pop(node.uid, None)

    def _again(self, node: Node, pause: float) -> None:
        if node.uid in self._graph.nodes:
            self._later[node.uid] = (time.monotonic() + pause, min(pause * 2, _MOST_PAUSE))

    async def _look_at(self, node: Node) -> None:
        if node.orphan:
            await self._orphan_dependents(node)
        elif node.foreground:
            await self._await_dependents(node)
        elif not node.deleting:
            await self._delete_if_garbage(node)

    async def _orphan_dependents(self, node: Node) -> None:
        """Take the references to an owner out of its dependents, and let it go."""

        async def release(dependent: Node) -> None:
            current = await self._current(dependent)
            if current is not None:
                await self._without_owners(dependent, current, {node.uid})

        await each_of(self._graph.dependents(node.uid), release)
        await self._without_finalizer(node, ORPHAN)

    async def _await_dependents(self, node: Node) -> None:
        """Let an object go that has nothing left to wait for, or hurry what it waits for."""
        blocking = self._graph.blocking(node)
        if not blocking:
            await self._without_finalizer(node, FOREGROUND)
            return
        for each in blocking:
            if not each.foreground and each.uid not in self._later:
                self._graph.due[each.uid] = None

    async def _delete_if_garbage(self, node: Node) -> None:
        current = await self._current(node)
        if current is None or current.meta.get("deletionTimestamp"):
            return
        references = metadata_of(current.stored.data).ownerReferences or ()
        if not references:
            return
        found = await self._owners.classify(node.key.namespace, references)
        if found.unknown:
            return
        gone = {each.uid for each in (*found.dangling, *found.waiting)}
        if found.solid:
            if gone:
                await self._without_owners(node, current, gone)
            return
        await self._delete(node, current, found, references)

    async def _delete(
        self,
        node: Node,
        current: Current,
        found: Classified,
        references: Sequence[OwnerReference],
    ) -> None:
        if is_namespace(node.kind) and node.key.name in IMMORTAL:
            return
        dependents = self._graph.dependents(node.uid)
        policy = _policy_of(current)
        if found.waiting and dependents:
            policy = "Foreground"
            if any(each.foreground for each in dependents):
                # A circle, perhaps: nobody is to wait for this one.
                current = await self._unblocked(node, current, references)
        await remove(self._call(node, current), current, policy, dry_run=False)
        if node.key.namespace:
            self._namespaces.emptied(node.key.namespace)
        why = "its owners are deleted" if found.waiting else "its owners are gone"
        _log.info("%s was deleted (%s): %s", _name(node.key), policy, why)
        self._told(Collected("deleted", node.key, policy))

    async def _current(self, node: Node) -> Current | None:
        """The object of a node, as it is now; None for one that is gone, or cannot be read."""
        try:
            current = await self._objects.get_or_salvage(node.kind, node.key)
        except NotFound:
            return None
        if current.stored.uid != node.uid:
            return None
        if current.fault is not None:
            if node.uid not in self._unreadable:
                self._unreadable.add(node.uid)
                _log.warning("%s is left as it is: %s", _name(node.key), current.fault.message)
            return None
        return current

    async def _without_owners(self, node: Node, current: Current, uids: set[str]) -> None:
        """Take references out of an object that has others, or has lost its last one."""
        owners = current.meta.get("ownerReferences") or ()
        left = [each for each in owners if View(each).get("uid") not in uids]
        if len(left) == len(owners):
            return
        await self._write(node, current, ownerReferences=left)
        _log.info("%s lost references to owners: %s", _name(node.key), ", ".join(sorted(uids)))
        self._told(Collected("orphaned", node.key))

    async def _unblocked(
        self, node: Node, current: Current, references: Sequence[OwnerReference]
    ) -> Current:
        if not any(each.blockOwnerDeletion for each in references):
            return current
        changed = []
        for each in current.meta.get("ownerReferences") or ():
            owner = View(each).copied()
            owner["blockOwnerDeletion"] = False
            changed.append(owner.native)
        await self._write(node, current, ownerReferences=changed)
        return await self._objects.get(node.kind, node.key)

    async def _without_finalizer(self, node: Node, finalizer: str) -> None:
        current = await self._current(node)
        if current is None:
            return
        had = current.meta.get("finalizers") or ()
        left = [each for each in had if each != finalizer]
        if len(left) == len(had):
            return
        await self._write(node, current, finalizers=left)
        if is_namespace(node.kind):
            self._namespaces.emptied(node.key.name)
        _log.info("%s waits for its dependents no more", _name(node.key))
        self._told(Collected("released", node.key))

    async def _write(self, node: Node, current: Current, **changes: list[object]) -> None:
        """Write other metadata; what is held by nothing any more is removed by that."""
        meta = current.meta.copied()
        for name, value in changes.items():
            if value:
                meta[name] = value
            else:
                meta.pop(name, None)
        call = self._call(node, current)
        wanted = HubObject(node.kind, with_metadata(current.hub.native, meta))
        decoded = self._objects.pipeline.from_hub(wanted, call.spoke)
        try:
            await replace_object(call, Replacement(current, decoded, field_manager=FIELD_MANAGER))
        except Refusal:
            # It breaks rules that came later than it did, about what is not changed here.
            gone = current.meta.get("deletionTimestamp") and not finalizers_in(wanted)
            write = self._objects.delete if gone else self._objects.update
            await write(current, wanted)

    def _call(self, node: Node, current: Current) -> Call:
        """A call through the version that the object is stored in, so that nothing is converted."""
        spoke = current.decoded.spoke if current.decoded is not None else node.kind.spokes[0]
        target = Target(spoke, node.key.namespace, node.key.name)
        return Call(target, self._objects, self._namespaces)


def _policy_of(current: Current) -> Propagation:
    """What becomes of the dependents of a dependent: what its finalizers say."""
    finalizers = current.meta.get("finalizers") or ()
    if ORPHAN in finalizers:
        return "Orphan"
    return "Foreground" if FOREGROUND in finalizers else "Background"


def _relevant(
    store: Store, kind: HubKind, after: tuple[str, str] | None
) -> tuple[list[Stored], tuple[str, str] | None]:
    """A page of what is stored, without what has neither owners nor waits for its end."""
    resource = kind.group_resource
    page = store.list(resource.group, resource.resource, limit=PAGE, after=after)
    found = []
    for stored in page.items:
        metadata = metadata_of(stored.data)
        if metadata.ownerReferences or metadata.deletionTimestamp:
            found.append(stored)
    return found, page.next


def _name(key: Key) -> str:
    return (
        f"{key.qualified} {key.namespace}/{key.name}"
        if key.namespace
        else (f"{key.qualified} {key.name}")
    )
