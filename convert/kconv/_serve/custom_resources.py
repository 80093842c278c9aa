"""`CustomResources`: serves the kinds that CustomResourceDefinitions declare, as they come and go.

Every server of a database follows the change log, in which the CRDs are like all else: the one that
first sees a new CRD writes its status, and each serves it from when it has seen it. A request that
may be about such a kind is answered only once all CRDs that were there before it are known.
"""

from __future__ import annotations

import asyncio
import copy
import logging
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from kconv._crds import FINALIZER, RESOURCE, V1, Catalog, Definition, Services, Taken, status_of
from kconv._crds.names import with_condition
from kconv._errors import Conflict, KconvError, NotFound
from kconv._gvk import GroupResource, GroupVersion
from kconv._pipeline import HubObject
from kconv._scheme import HubKind, Scheme
from kconv._serve.background import Background
from kconv._serve.crd_records import stored_by_crds
from kconv._store import Change
from kconv._verbs.current import key_of
from kconv._verbs.deletion import finalizers_in, mark_for_deletion
from kconv._verbs.loop_work import compute
from kconv._verbs.memory import CachedRow
from kconv._verbs.metadata import now
from kconv._verbs.objects import Objects
from kconv._verbs.undecodable import Undecodable
from kconv._verbs.waiting import run_at_once
from kconv.fields._time import format_time

RETRY_SECONDS = 1.0
"""How soon what could not be done is tried again."""

RESCAN_SECONDS = 30.0
"""How often what waits for finalizers is looked at, if nobody says that one is gone."""

_log = logging.getLogger(__name__)

Value = dict[str, Any]


class CustomResources(Background):
    """Keeps the kinds of a server's scheme as the CRDs of its database say.

    ``objects`` are those of the event loop, and ``aside`` ones that a thread may use.
    ``changed`` is called with the resources whose kinds have come, changed or gone.
    """

    name = "kconv-custom-resources"

    def __init__(
        self,
        scheme: Scheme,
        kind: HubKind,
        objects: Objects,
        aside: Objects,
        changed: Callable[[list[GroupResource]], None],
        services: Services | None = None,
    ) -> None:
        super().__init__()
        self.catalog = Catalog(scheme, services or {})
        self._kind = kind
        self._built_in = list(scheme.kinds)
        self._objects = objects
        self._aside = aside
        self._changed = changed
        self._known: dict[str, tuple[CachedRow, Definition]] = {}
        self._noticed, self._done = 1, 0
        self._lock = asyncio.Lock()
        self._wake = asyncio.Event()

    def recorded(self) -> list[tuple[str, str, str]]:
        """The versions on record that are for CRDs to say; blocks."""
        return stored_by_crds(self._built_in, self._objects.store)

    # What follows the change log.

    def changed(self, change: Change, row: CachedRow) -> None:
        """See `kconv._verbs.memory.Listener`."""
        key = change.stored.key
        if (key.group, key.resource) == (RESOURCE.group, RESOURCE.resource):
            self._notice()
        elif change.type == "DELETED":
            entry = self.catalog.entries.get(GroupResource(key.group, key.resource))
            if entry is not None and entry.kind.closing:
                self._wake.set()

    def interrupted(self) -> None:
        """See `kconv._verbs.memory.Listener`."""
        self._notice()

    def _notice(self) -> None:
        self._noticed += 1
        self._wake.set()

    # What requests ask for.

    async def current(self) -> None:
        """Know every CRD that was committed before this call. Raises `StoreError`."""
        await self._objects.memory.fresh()
        wanted = self._noticed
        while self._done < wanted:
            # What is at work on it may have begun before the last change was noticed.
            async with self._lock:
                if self._done < wanted:
                    noticed = self._noticed
                    await self._synchronize()
                    self._done = noticed

    # What goes on beside the requests.

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            waits = RESCAN_SECONDS
            try:
                await self.current()
                for definition in list(self._definitions()):
                    if definition.terminating and FINALIZER in definition.finalizers:
                        try:
                            await self._finish(definition)
                        except KconvError as error:
                            # Its webhook, perhaps; that of another CRD may answer.
                            _log.warning("the CRD %s cannot go yet: %s", definition.name, error)
                            waits = RETRY_SECONDS
            except KconvError as error:
                _log.warning("CRDs cannot be looked after: %s", error)
                waits = RETRY_SECONDS
            except Exception:  # noqa: BLE001 - what ended this would leave CRDs for ever
                _log.exception("CRDs cannot be looked after")
                waits = RETRY_SECONDS
            try:
                async with asyncio.timeout(waits):
                    await self._wake.wait()
            except TimeoutError:
                continue

    def _definitions(self) -> list[Definition]:
        return [definition for _, definition in self._known.values()]

    async def _synchronize(self) -> None:
        await self._read()
        await self._settle()
        definitions = self._definitions()
        await self._record(definitions)
        # A large CRD takes a tenth of a second, in which others are answered.
        made = await compute(partial(self.catalog.made, definitions))
        changed = self.catalog.update(made)
        if changed:
            self._objects.versions.forget()
            self._aside.versions.forget()
            self._changed(changed)

    async def _read(self) -> None:
        """Read the CRDs that are new or others than before."""
        found: dict[str, tuple[CachedRow, Definition]] = {}
        async for rows, _ in self._objects.pages(self._kind):
            for row in rows:
                known = self._known.get(row.key.name)
                if known is not None and known[0].same_state(row.stored):
                    found[row.key.name] = known
                    continue
                try:
                    definition = await self._definition(row)
                    definition.check()
                except Undecodable:
                    continue  # it has been logged
                except (AttributeError, KconvError, LookupError, TypeError, ValueError) as error:
                    # What rules refuse by now may have been stored before there were such rules.
                    _log.error("the CRD %s cannot be served: %r", row.key.name, error)
                    continue
                found[row.key.name] = (row, definition)
        self._known = found

    async def _definition(self, row: CachedRow) -> Definition:
        pipeline = self._aside.pipeline
        spoke = self._kind.spoke_for(V1)
        assert spoke is not None, "CRDs are served in v1"

        def read() -> Definition:
            hub = self._aside.read(self._kind, row).hub
            return Definition(pipeline.dump(pipeline.from_hub(hub, spoke)))

        return await compute(read)

    async def _settle(self) -> None:
        """Give each CRD the status that it is to have, the oldest first."""
        for name in sorted(self._known, key=self._age):
            row, definition = self._known[name]
            while True:
                others = [each for each in self._definitions() if each.name != name]
                taken = Taken.by(others, self._built_in, definition.group)
                flips = await self._flips(definition)
                wanted = status_of(definition, taken, format_time(now()), flips=flips)
                if wanted == definition.status:
                    break
                try:
                    row = await self._write_status(row, wanted)
                except NotFound:
                    del self._known[name]
                    break
                except Conflict:
                    # Another server did it, or somebody wrote the CRD.
                    row = await self._objects.row(row.key)
                definition = await self._definition(row)
                self._known[name] = row, definition

    def _age(self, name: str) -> tuple[str, str]:
        _, definition = self._known[name]
        return str(definition.document["metadata"].get("creationTimestamp", "")), name

    async def _write_status(self, row: CachedRow, status: Value) -> CachedRow:
        current = self._objects.read(self._kind, row)
        value = {**current.hub.value, "status": status}
        return await self._objects.update(current, HubObject(self._kind, value))

    async def _recorded(self) -> dict[tuple[str, str], str]:
        records = await self._objects.waiting.blocking(self._objects.store.storage_versions)
        return {(each.group, each.resource): each.api_version for each in records if each.preferred}

    async def _flips(self, definition: Definition) -> bool:
        """Whether objects will be written in another version than up to now."""
        if definition.storage in definition.stored:
            return False
        resource = definition.resource
        recorded = (await self._recorded()).get((resource.group, resource.resource))
        return recorded != f"{definition.group}/{definition.storage}"

    async def _record(self, definitions: list[Definition]) -> None:
        """Put on record what is stored from now on, before anything is written by it."""
        wanted = {
            (each.resource.group, each.resource.resource): f"{each.group}/{each.storage}"
            for each in definitions
            if each.established
        }
        recorded = await self._recorded()
        store, blocking = self._objects.store, self._objects.waiting.blocking
        for (group, resource), version in wanted.items():
            if recorded.get((group, resource)) is None:
                await blocking(partial(store.ensure, [(group, resource, version)]))
            if recorded.get((group, resource), version) != version:
                # Every server reads what a CRD says, so none need be asked.
                await blocking(partial(store.prefer, group, resource, version))

    async def _rewrite(self, name: str, change: Callable[[Value], Value | None]) -> None:
        """Change a CRD, whatever it is now. Raises `NotFound`."""
        key = key_of(self._kind, "", name)
        while True:
            current = await self._objects.get(self._kind, key)
            value = change(copy.deepcopy(current.hub.value))
            if value is None:
                return
            made = HubObject(self._kind, value)
            gone = value["metadata"].get("deletionTimestamp") and not finalizers_in(made)
            write = self._objects.delete if gone else self._objects.update
            try:
                await write(current, made)
            except Conflict:
                continue
            return

    async def _finish(self, definition: Definition) -> None:
        """Delete the objects of a CRD that is to go, and then the CRD."""
        entry = self.catalog.entries.get(definition.resource)
        left = 0
        if entry is None and definition.established:
            # Without a kind nobody can delete them, and a CRD made later would have them.
            left = await self._objects.waiting.blocking(partial(self._stored, definition.resource))
            if left:
                _log.warning("the CRD %s stays: it has objects, and no kind", definition.name)
        if entry is not None:
            if not definition.condition("Terminating"):
                await self._say_so(definition)
            purge = partial(_purge, self._aside, entry.kind)
            left = await self._objects.waiting.elsewhere(lambda: run_at_once(purge()))
        if left:
            return

        def change(value: Value) -> Value | None:
            held = value["metadata"].get("finalizers") or []
            if FINALIZER not in held:
                return None
            value["metadata"]["finalizers"] = [each for each in held if each != FINALIZER]
            return value

        with suppress(NotFound):
            await self._rewrite(definition.name, change)
        self._notice()

    def _stored(self, resource: GroupResource) -> int:
        return len(self._objects.store.list(resource.group, resource.resource, limit=1).items)

    async def _say_so(self, definition: Definition) -> None:
        when = format_time(now())
        why = "CustomResource deletion is in progress"

        def change(value: Value) -> Value | None:
            status = value.get("status") or {}
            made = with_condition(status, when, "Terminating", "InstanceDeletionInProgress", why)
            return {**value, "status": made}

        with suppress(NotFound):
            await self._rewrite(definition.name, change)


async def _purge(objects: Objects, kind: HubKind) -> int:
    """Delete the objects of a kind; how many are left, because finalizers hold them."""
    left = 0
    async for rows, _ in objects.pages(kind):
        for row in rows:
            current = objects.read_or_salvage(kind, row)
            held = current.fault is None and current.meta.get("finalizers")
            try:
                if not held:
                    await objects.delete(current, current.hub)
                    continue
                if not current.meta.get("deletionTimestamp"):
                    await objects.update(current, mark_for_deletion(current))
            except NotFound:
                continue
            except Conflict:
                pass
            left += 1
    return left


def crd_kind(scheme: Scheme, served: frozenset[GroupVersion]) -> HubKind | None:
    """The kind of CRDs, where it is served."""
    for kind in scheme.kinds:
        if kind.group_resource == RESOURCE and V1 in served and kind.spoke_for(V1):
            return kind
    return None
