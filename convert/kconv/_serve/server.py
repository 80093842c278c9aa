"""What the parts of one server share."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Collection
from functools import partial

from anyio import to_thread

from kconv._crds import FINALIZER, RESOURCE, Services
from kconv._errors import CannotDecode
from kconv._gvk import GroupResource, GroupVersion
from kconv._pipeline import Pipeline
from kconv._scheme import HubKind, Scheme
from kconv._serve import review_kinds
from kconv._serve.aside import Aside, with_structural
from kconv._serve.auth import Tokens
from kconv._serve.custom_resources import CustomResources, crd_kind
from kconv._serve.free_memory import FreeMemory
from kconv._serve.garbage_collector import GarbageCollector
from kconv._serve.health import Health
from kconv._serve.heartbeat import Heartbeat
from kconv._serve.http_server_exit import HttpServerExit
from kconv._serve.in_flight import InFlight
from kconv._serve.log_keeper import LogKeeper, retention_of
from kconv._serve.metrics import Metrics
from kconv._serve.namespace_controller import NamespaceController
from kconv._serve.openapi import OpenApi
from kconv._serve.proxy import Proxy
from kconv._serve.request_counts import RequestCounts
from kconv._serve.server_metrics import (
    DatabaseFigures,
    ServerCollector,
    of_objects,
    of_pipeline,
    of_requests,
    of_store,
    of_watches,
)
from kconv._serve.shared_metrics import SharedMetrics
from kconv._serve.warmup import warm_up
from kconv._settings import Limits
from kconv._store import Store
from kconv._structural import waits
from kconv._verbs.garbage import Collected, Collector
from kconv._verbs.membership import Membership
from kconv._verbs.memory import Direct, Follower
from kconv._verbs.namespaces import Namespaces
from kconv._verbs.objects import Objects
from kconv._verbs.waiting import InThread, OnLoop, run_at_once
from kconv._verbs.watch import Broadcaster

LEAVE_SECONDS = 5.0
"""How long a mounted app that ends waits for its requests before it leaves the fleet."""


class Server:
    """The state behind one app: the scheme and store it serves, and what runs beside requests."""

    def __init__(
        self,
        scheme: Scheme,
        store: Store,
        *,
        served: Collection[GroupVersion],
        release: str,
        address: str,
        cache_bytes: int,
        pipeline: Pipeline | None = None,
        limits: Limits | None = None,
        services: Services | None = None,
        garbage_collection: bool = True,
        proxy: Proxy | None = None,
        tokens: Tokens | None = None,
    ) -> None:
        crds = crd_kind(scheme, frozenset(served))
        if crds is not None:
            scheme, pipeline = with_structural(scheme, pipeline)
        self.scheme = scheme
        self.store = store
        self.served = self._built_in = frozenset(served) | review_kinds.VERSIONS
        self.release = release
        self.address = address
        self.memory = Follower(store, cache_bytes)
        limits = limits or Limits()
        pipeline = pipeline or Pipeline(scheme)
        objects_of = partial(
            Objects,
            pipeline,
            store,
            collects_garbage=garbage_collection,
            leaves_out_unreadable=limits.leave_out_unreadable,
            # However a CRD is deleted, it stays until its objects are gone.
            held_by={} if crds is None else {RESOURCE: FINALIZER},
        )
        self.objects = objects_of(self.memory, OnLoop())
        self.namespaces = Namespaces(scheme, self.objects)
        self.metrics = Metrics()
        self.in_flight = InFlight(limits)
        self.health = Health(store, self.metrics.database_seconds)
        self.openapi = OpenApi(scheme, self.served, release)
        self.broadcaster = Broadcaster(
            self.memory,
            on_read_error=self.metrics.log_errors.inc,
            give_way=self.in_flight.give_way,
        )
        self.aside = Aside(scheme, objects_of(Direct(store), InThread()))
        self.namespace_controller = NamespaceController(
            self.namespaces, self.broadcaster.wake, self._purge
        )
        self.membership = Membership(scheme, store, release)
        self.request_counts = RequestCounts(store)
        self.heartbeat = Heartbeat(self.membership, self.request_counts, self._must_stop)
        self.free_memory = FreeMemory()
        self.log_keeper = LogKeeper(store, self.membership.registration.id, retention_of(limits))
        self.tokens = tokens
        """None where everybody is let in."""
        self.proxy = proxy
        """None where the operator named no services."""
        self.garbage_collector: GarbageCollector | None = None
        """None where garbage is not collected."""
        if garbage_collection:
            collector = Collector(
                scheme,
                self.objects,
                self.namespaces,
                self._collected,
                aside=self.aside,
            )
            self.garbage_collector = GarbageCollector(
                store, self.membership.registration.id, self.memory, collector, self._current
            )
        self.unfit: CannotDecode | None = None
        """Why this server must not serve any more."""
        self.on_unfit: Callable[[], None] = lambda: None
        self.on_leaving: Callable[[], None] = lambda: None
        """Called when its requests are answered, and only what it stores last is left."""
        self.pages: list[str] = []
        """The first steps of the paths that other apps beside this one have."""
        self.ending: list[Callable[[], None]] = []
        """What else is told when the watches end."""
        self.custom_resources: CustomResources | None = None
        """None where no package serves CustomResourceDefinitions."""
        self.kinds_changed = 0
        """Counts up with each change of the kinds that are served."""
        if crds is not None:
            self.custom_resources = CustomResources(
                scheme, crds, self.objects, self.aside.objects, self._on_kinds_changed, services
            )
            self.memory.listeners.append(self.custom_resources)
        self.collector = ServerCollector()
        self.figures = DatabaseFigures(store)
        self.shared_metrics: SharedMetrics | None = None
        """Where there are several processes: what they tell each other."""
        self.collector.sources += [
            lambda: of_requests(self.in_flight),
            lambda: of_objects(self.objects),
            lambda: of_pipeline(self.objects.pipeline),
            lambda: of_watches(self.broadcaster),
            lambda: of_store(store),
            self.figures.collect,
        ]
        self.metrics.registry.register(self.collector)
        self.http_server_exit: HttpServerExit | None = HttpServerExit(
            self._leave, self.heartbeat.end
        )
        """None where the HTTP server says itself when it ends."""
        self._starting: asyncio.Future[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._preparing = threading.Lock()
        self._prepared = False

    def prepare(self) -> None:
        """Compile, record storage versions, register, create the namespace ``default``; blocks.

        Later calls do nothing. Raises `CannotDecode` where this server must not start.
        """
        with self._preparing:
            if self._prepared:
                return
            warm_up(self.objects.pipeline)
            self.membership.ensure()
            if self.custom_resources is not None:
                self.membership.also = self.custom_resources.recorded
            self.membership.join()
            self.namespaces.create_default()
            self._prepared = self.health.prepared = True

    @property
    def runs_here(self) -> bool:
        """Whether it has been started in the running event loop."""
        return self._loop is asyncio.get_running_loop()

    async def start(self) -> None:
        """Prepare, and start what runs beside requests; later calls wait for the first.

        A failure is not remembered: the next request tries again. Nor is what was started in
        another event loop, which has ended.
        """
        loop = asyncio.get_running_loop()
        if self._loop is loop:
            return
        starting = self._starting
        if starting is None or starting.done() or starting.get_loop() is not loop:
            starting = self._starting = asyncio.ensure_future(self._start())
        await asyncio.shield(starting)

    async def _start(self) -> None:
        await to_thread.run_sync(self.prepare)
        await self.memory.start()
        loop = asyncio.get_running_loop()
        self.heartbeat.start(loop)
        self.log_keeper.start(loop)
        self.free_memory.start(loop)
        self.namespace_controller.start(loop)
        self.namespaces.emptied = self.namespace_controller.notice
        self.aside.namespaces.emptied = self.namespace_controller.notice
        if self.custom_resources is not None:
            await self.custom_resources.current()
            self.custom_resources.start(loop)
        if self.garbage_collector is not None:
            self.garbage_collector.start(loop)
        if self.http_server_exit is not None:
            self.http_server_exit.start(loop)
        self._loop = loop

    async def _purge(self, namespace: str) -> bool:
        """Empty a namespace; in a thread where that may wait for a webhook."""
        if any(waits(kind) for kind in self.scheme.kinds):
            return await self.objects.waiting.elsewhere(
                lambda: run_at_once(self.aside.namespaces.purge(namespace))
            )
        return await self.namespaces.purge(namespace)

    def _on_kinds_changed(self, resources: list[GroupResource]) -> None:
        """Serve what the CRDs say by now; watches of what has changed end."""
        assert self.custom_resources is not None, "it calls"
        self.served = self._built_in | self.custom_resources.catalog.served
        self.openapi.changed(self.served, {each.group for each in resources})
        for resource in resources:
            self.memory.forget_resource(resource)
            self.broadcaster.end_of(resource)
        if self.garbage_collector is not None:
            # It knows objects by their kinds, and begins anew with these.
            self.garbage_collector.interrupted()
        left = {spoke.gvr for kind in self.scheme.kinds for spoke in kind.spokes if spoke.served}
        self.metrics.forget(set(resources), left)
        self.kinds_changed += 1

    def drain(self) -> None:
        """Become unready and end the watches; requests in flight go on."""
        self.health.stopping = True
        self.broadcaster.close()
        for end in self.ending:
            end()

    async def _leave(self) -> None:
        """Leave the fleet once the requests in flight are answered, and end the watches.

        In this order: the HTTP server waits for open watches, and without them the process may
        have gone before it has left.
        """
        self.health.stopping = True
        waited = 0.0
        while self.in_flight.requests > 0 and waited < LEAVE_SECONDS:
            await asyncio.sleep(0.05)
            waited += 0.05
        self.heartbeat.stop()
        await self._stop_collecting()
        await to_thread.run_sync(self.heartbeat.end)
        self.drain()

    async def stop(self) -> None:
        """Stop what runs beside requests, store the last counts, and leave the fleet."""
        self.drain()
        self.on_leaving()
        self._loop = None
        if self.http_server_exit is not None:
            self.http_server_exit.stop()
        self.namespace_controller.stop()
        if self.custom_resources is not None:
            self.custom_resources.stop()
        self.log_keeper.stop()
        self.free_memory.stop()
        self.heartbeat.stop()
        await self._stop_collecting()
        await to_thread.run_sync(self.heartbeat.end)
        self.memory.stop()

    async def _stop_collecting(self) -> None:
        """Leave the collection of garbage to another server."""
        if self.garbage_collector is not None:
            self.garbage_collector.stop()
            await to_thread.run_sync(self.garbage_collector.end)

    async def _current(self) -> None:
        """Know all that was committed before this call, and the kinds that CRDs say by then."""
        await self.memory.fresh()
        if self.custom_resources is not None:
            await self.custom_resources.current()

    def _collected(self, done: Collected) -> None:
        self.metrics.collected.labels(
            done.key.group, done.key.resource, done.action, done.policy
        ).inc()
        self.broadcaster.wake()

    def _must_stop(self, error: CannotDecode) -> None:
        self.unfit = error
        self.drain()
        self.on_unfit()

    def own_metrics(self) -> bytes:
        """The metrics of this process, in Prometheus' text format."""
        return self.metrics.text()

    async def metrics_text(self) -> bytes:
        """The metrics of this process, and of those that it shares a socket with."""
        await self.figures.refresh()
        if self.shared_metrics is not None:
            return await self.shared_metrics.text()
        return self.own_metrics()

    async def stored_as(self, kind: HubKind) -> str:
        """The apiVersion that a kind is stored in at present."""
        return (await self.objects.versions.spoke(kind)).api_version
