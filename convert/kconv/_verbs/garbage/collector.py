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
from kconv._scheme import HubKind, KindCache, Scheme
from kconv._store import Change, Key, Store
from kconv._verbs.current import Current
from kconv._verbs.garbage.envelope import OwnerReference, metadata_of
from kconv._verbs.garbage.graph import Graph, Node
from kconv._verbs.garbage.owners import Classified, Owners
from kconv._verbs.garbage.writes import Aside, Interrupted, Writes, name_of
from kconv._verbs.kind_rules import is_namespace
from kconv._verbs.loop_work import each_of
from kconv._verbs.namespaces import IMMORTAL, Namespaces
from kconv._verbs.objects import Objects
from kconv._verbs.propagation import FOREGROUND, ORPHAN, Propagation
from kconv._verbs.refusal import Refusal

AT_ONCE = 64
"""Objects that are worked on at the same time; their writes share commits."""

PAGE = 500
_RACE_PAUSE, _LEAST_PAUSE, _MOST_PAUSE = 0.1, 1.0, 60.0

_log = logging.getLogger("kconv.garbage")


class Unreleased(KconvError):
    """An owner whose dependents are to stay has to wait, since some cannot be read."""


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

    ``told`` is called with everything that is done. ``aside`` is as in `Writes`.
    """

    def __init__(
        self,
        scheme: Scheme,
        objects: Objects,
        namespaces: Namespaces,
        told: Callable[[Collected], None] = lambda done: None,
        *,
        aside: Aside | None = None,
    ) -> None:
        self._objects = objects
        self._told = told
        self._scheme = scheme
        self._kinds: KindCache[tuple[str, str], HubKind] = scheme.clears(KindCache())
        self._owners = Owners(scheme, objects.memory)
        self._graph = Graph()
        self._writes = Writes(objects, namespaces, aside)
        self._later: dict[str, tuple[float, float]] = {}
        """What failed by uid: when to try it again, and how long to wait after that."""

    @property
    def due(self) -> int:
        """How many objects are to be looked at."""
        return len(self._graph.due.keys() | self._later.keys())

    def interrupt(self) -> None:
        """Have nothing more written by what is known; `read` begins anew."""
        self._writes.interrupted = True

    def forget(self) -> None:
        """Forget everything; `read` begins anew."""
        self.interrupt()
        self._graph = Graph()
        # Where the database went back, owners may be there again that were gone.
        self._owners = Owners(self._scheme, self._objects.memory)
        self._later.clear()
        self._writes.forget()

    def changed(self, change: Change) -> None:
        """Take note of a change, in their order."""
        stored = change.stored
        kind = self._kinds.get((stored.key.group, stored.key.resource))
        if kind is None:
            return
        if change.type == "DELETED":
            self._graph.remove(stored.uid)
            self._later.pop(stored.uid, None)
        else:
            self._graph.put(Node(kind, stored))

    async def read(self, go_on: Callable[[], Awaitable[bool]]) -> bool:
        """Read all that is stored, once; changes are told as they come meanwhile.

        ``go_on`` is asked before each page; returns False once it said no. Raises
        `kconv._errors.StoreError`.
        """
        self._writes.interrupted = False
        # Kinds may come and go, and each time everything is read anew.
        for kind in self._scheme.kinds:
            self._kinds[kind.group_resource.group, kind.group_resource.resource] = kind
        for kind in list(self._kinds.values()):
            after: tuple[str, str] | None = None
            while await go_on():
                began = time.monotonic()
                page = partial(_relevant, self._objects.store, kind, after)
                found, after = await self._objects.waiting.blocking(page)
                for node in found:
                    self._graph.put(node)
                if after is None:
                    break
                # Requests get half of the time, at least.
                await asyncio.sleep(time.monotonic() - began)
            else:
                return False
        return True

    async def work(self, go_on: Callable[[], Awaitable[bool]]) -> bool:
        """Look at some of those that are due; whether there are more.

        ``go_on`` is asked in the midst of what takes long. Raises `kconv._errors.StoreError`.
        """
        now = time.monotonic()
        for uid in [uid for uid, (when, _) in self._later.items() if when <= now]:
            self._graph.due[uid] = None
        nodes = list(self._graph.take(AT_ONCE))
        await each_of(nodes, partial(self._attempt, go_on))
        return bool(self._graph.due)

    async def _attempt(self, go_on: Callable[[], Awaitable[bool]], node: Node) -> None:
        try:
            await self._look_at(node, go_on)
        except Interrupted:
            return
        except (Conflict, NotFound):
            # The log has what was written in between; it may be of no concern to the graph.
            self._again(node, _RACE_PAUSE)
        except StoreError:
            self._graph.due[node.uid] = None
            raise
        except (KconvError, Refusal) as error:
            _log.warning("%s cannot be collected: %s", name_of(node), error)
            self._again(node, self._later.get(node.uid, (0.0, _LEAST_PAUSE))[1])
        except Exception:  # noqa: BLE001 - one that fails must not hold up the others
            # Conversions are users' code.
            _log.exception("%s cannot be collected", name_of(node))
            self._again(node, self._later.get(node.uid, (0.0, _LEAST_PAUSE))[1])
        else:
            self._later.pop(node.uid, None)

    def _again(self, node: Node, pause: float) -> None:
        if node.uid in self._graph.nodes:
            self._later[node.uid] = (time.monotonic() + pause, min(pause * 2, _MOST_PAUSE))

    async def _look_at(self, node: Node, go_on: Callable[[], Awaitable[bool]]) -> None:
        if node.orphan:
            await self._orphan_dependents(node, go_on)
        elif node.foreground:
            await self._await_dependents(node)
        elif not node.deleting:
            await self._delete_if_garbage(node)

    async def _current(self, node: Node) -> Current | None:
        """The object of a node, as it is now; None for one that is gone.

        What was read while the log was followed may be older than what the log had said before.
        """
        current = await self._writes.current(node)
        if current is None:
            self._graph.remove(node.uid)
            return None
        known = self._graph.nodes.get(node.uid)
        if known is None or known.version < current.stored.resource_version:
            self._graph.put(Node(node.kind, current.stored))
        return current

    async def _orphan_dependents(self, node: Node, go_on: Callable[[], Awaitable[bool]]) -> None:
        """Take the references to an owner out of its dependents, and let it go."""
        unreadable: list[Node] = []

        async def release(dependent: Node) -> None:
            current = await self._current(dependent)
            if current is None:
                return
            if current.fault is not None:
                unreadable.append(dependent)
            else:
                await self._without_owners(dependent, current, {node.uid})

        dependents = self._graph.dependents(node.uid)
        for start in range(0, len(dependents), AT_ONCE):
            if start and not await go_on():
                raise Interrupted
            await each_of(dependents[start : start + AT_ONCE], release)
        if unreadable:
            # Without its owner it would be garbage once it can be read again.
            why = f"{name_of(unreadable[0])} cannot be read, and must lose its reference first"
            raise Unreleased(why)
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
        if current is None or current.fault is not None or current.meta.get("deletionTimestamp"):
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
            # A circle, perhaps: nobody is to wait for this one.
            in_circle = any(each.foreground for each in dependents)
            if in_circle and await self._writes.unblocked(node, current, references):
                self._graph.due[node.uid] = None
                return
        await self._writes.delete(node, current, policy)
        why = "its owners are deleted" if found.waiting else "its owners are gone"
        _log.info("%s was deleted (%s): %s", name_of(node), policy, why)
        self._told(Collected("deleted", node.key, policy))

    async def _without_owners(self, node: Node, current: Current, uids: set[str]) -> None:
        """Take references out of an object that has others, or has lost its last one."""
        if await self._writes.without_owners(node, current, uids):
            _log.info("%s lost references to owners: %s", name_of(node), ", ".join(sorted(uids)))
            self._told(Collected("orphaned", node.key))

    async def _without_finalizer(self, node: Node, finalizer: str) -> None:
        current = await self._current(node)
        if current is None or current.fault is not None:
            return
        if await self._writes.without_finalizer(node, current, finalizer):
            _log.info("%s waits for its dependents no more", name_of(node))
            self._told(Collected("released", node.key))


def _policy_of(current: Current) -> Propagation:
    """What becomes of the dependents of a dependent: what its finalizers say."""
    finalizers = current.meta.get("finalizers") or ()
    if ORPHAN in finalizers:
        return "Orphan"
    return "Foreground" if FOREGROUND in finalizers else "Background"


def _relevant(
    store: Store, kind: HubKind, after: tuple[str, str] | None
) -> tuple[list[Node], tuple[str, str] | None]:
    """A page of what is stored, without what has neither owners nor waits for its end.

    Called in a thread, so that a page of large objects holds up nobody.
    """
    resource = kind.group_resource
    page = store.list(resource.group, resource.resource, limit=PAGE, after=after)
    nodes = [Node(kind, stored) for stored in page.items]
    return [each for each in nodes if each.matters], page.next
