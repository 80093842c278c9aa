"""Metrics read off the parts of a server when they are asked for, so that counting costs nothing.

What only the database knows (rows by version, the change log, runs) is read in a thread, not more
often than every `DATABASE_SECONDS`; a scrape waits for it only briefly, and then has the last known
figures.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from kconv._errors import KconvError
from kconv._pipeline import Pipeline
from kconv._serve.connections import Connections
from kconv._serve.in_flight import InFlight
from kconv._store import Run, SqlStore, Store
from kconv._verbs.objects import Objects
from kconv._verbs.watch import Broadcaster

DATABASE_SECONDS = 15.0
MOST_OF_THE_TIME = 20
"""How many times as long as it took to ask the database is not asked again."""

PATIENCE = 0.5
LIVE_SECONDS = 10.0
"""A server that has been silent for longer is taken for gone."""

_log = logging.getLogger(__name__)

Sample = tuple[tuple[str, ...], float]


class ServerCollector(Collector):
    """What the parts of a server say of themselves. Each source yields metric families."""

    def __init__(self) -> None:
        self.sources: list[Callable[[], Iterable[Metric]]] = []

    def collect(self) -> Iterator[Metric]:
        """Every family of every source."""
        for source in self.sources:
            yield from source()


def of_requests(in_flight: InFlight) -> Iterator[Metric]:
    """What requests hold."""
    yield _gauge(
        "kconv_in_flight",
        "Requests and watches that are being answered, and bodies on their way in.",
        ("kind",),
        [
            (("requests",), in_flight.requests),
            (("watches",), in_flight.watches),
            (("proxied",), in_flight.proxied),
            (("bodies",), in_flight.bodies),
        ],
    )
    yield _gauge(
        "kconv_in_flight_bytes",
        "Bytes that bodies and lists in flight hold.",
        (),
        [((), in_flight.budget.held)],
    )
    yield _counter(
        "kconv_rejected_requests",
        "Requests answered with 429.",
        (),
        [((), in_flight.rejected)],
    )


def of_connections(connections: Connections) -> Iterator[Metric]:
    """Connections of clients."""
    yield _gauge("kconv_connections", "Open connections.", (), [((), connections.count)])
    yield _gauge("kconv_connections_limit", "How many there may be.", (), [((), connections.most)])
    yield _counter(
        "kconv_connections_refused",
        "Connections that the server closed or refused, by reason.",
        ("reason",),
        [((reason,), number) for reason, number in sorted(connections.refusals.items())],
    )


def of_store(store: Store) -> Iterator[Metric]:
    """The queue of writes and the connections to the database, of a store that has them."""
    if not isinstance(store, SqlStore):
        return
    writes = store.write_statistics()
    for name, text, number in (
        ("kconv_write_queue", "Writes that wait.", writes.queued),
        ("kconv_write_queue_bytes", "Bytes of the writes that wait.", writes.queued_bytes),
        ("kconv_write_last_batch", "Writes in the last batch.", writes.last_writes),
        ("kconv_write_last_batch_seconds", "Time of the last batch.", writes.last_seconds),
    ):
        yield _gauge(name, text, (), [((), number)])
    for name, text, number in (
        ("kconv_write_batches", "Batches of writes committed.", writes.commits),
        ("kconv_writes", "Writes in these batches.", writes.writes),
        ("kconv_write_batch_seconds", "Time that batches took.", writes.seconds),
        ("kconv_writes_refused", "Writes that found the queue full.", writes.refused),
    ):
        yield _counter(name, text, (), [((), number)])
    used, idle = store.pooled_connections()
    yield _gauge(
        "kconv_database_connections",
        "Connections to the database in the pool.",
        ("state",),
        [(("in_use",), used), (("idle",), idle)],
    )


def of_watches(broadcaster: Broadcaster) -> Iterator[Metric]:
    """Watches, and how far they are behind what was written."""
    yield _gauge("kconv_watches", "Watches that are open.", (), [((), broadcaster.watchers)])
    yield _gauge(
        "kconv_watch_lag",
        "Changes that have been read and not been handed to all watches yet.",
        (),
        [((), broadcaster.lag)],
    )


def of_objects(objects: Objects) -> Iterator[Metric]:
    """Objects in memory, and those that cannot be read."""
    use = objects.memory.use
    yield _gauge(
        "kconv_object_cache_bytes", "Memory that cached objects take.", (), [((), use.size)]
    )
    yield _gauge(
        "kconv_object_cache_requests",
        "Look-ups of objects in the cache since the start, by whether they were found.",
        ("result",),
        [(("hit",), use.hits), (("miss",), use.misses)],
    )
    yield _gauge(
        "kconv_undecodable_objects",
        "Stored objects that this server has met and cannot read.",
        ("group", "resource"),
        objects.undecodable.counts().items(),
    )


def of_pipeline(pipeline: Pipeline) -> Iterator[Metric]:
    """Conversions along each edge, and those that the compiled engine left to the plain one."""
    yield _counter(
        "kconv_conversions",
        "Objects converted along the edge between a version and the hub, since the start.",
        ("group", "version", "kind", "direction"),
        [
            ((spoke.gvk.group, spoke.gvk.version, spoke.gvk.kind, direction), number)
            for (spoke, direction), number in list(pipeline.conversions.items())
        ],
    )
    yield _gauge(
        "kconv_engine_fallbacks",
        "Times that the compiled engine did not take a sound object, since the start.",
        ("kind",),
        [((kind,), number) for kind, number in pipeline.fallbacks.counts.items()],
    )


class DatabaseFigures:
    """Figures of the database itself, as of the last time that it was asked."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._families: list[Metric] = []
        self._due = float("-inf")
        self._asking: asyncio.Future[None] | None = None

    def collect(self) -> Iterable[Metric]:
        """The last known figures."""
        return self._families

    async def refresh(self) -> None:
        """Ask the database if the figures are old; waits for it no longer than `PATIENCE`."""
        loop = asyncio.get_running_loop()
        asking = self._asking
        if asking is None or asking.done() or asking.get_loop() is not loop:
            if time.monotonic() < self._due:
                return
            asking = self._asking = loop.create_future()
            threading.Thread(
                target=self._ask, args=(loop, asking), name="kconv-figures", daemon=True
            ).start()
        await asyncio.wait([asking], timeout=PATIENCE)

    def _ask(self, loop: asyncio.AbstractEventLoop, asking: asyncio.Future[None]) -> None:
        began = time.monotonic()
        try:
            families = list(self._read())
        except KconvError as error:
            _log.warning("figures of the database cannot be read: %s", error.message)
            families = []
        except Exception:  # noqa: BLE001 - nobody awaits the thread, and the scrape must go on
            _log.exception("figures of the database cannot be read")
            families = []
        try:
            loop.call_soon_threadsafe(self._done, asking, families, time.monotonic() - began)
        except RuntimeError:
            # The loop has ended meanwhile, and the request with it.
            return

    def _done(self, asking: asyncio.Future[None], families: list[Metric], seconds: float) -> None:
        # Counting many rows takes long, and must not be what the database is busy with.
        self._due = time.monotonic() + max(DATABASE_SECONDS, MOST_OF_THE_TIME * seconds)
        self._families = families or self._families
        if not asking.done():
            asking.set_result(None)

    def _read(self) -> Iterator[Metric]:
        size = self._store.log_size()
        for name, text, number in (
            ("kconv_change_log_entries", "Entries of the change log.", size.rows),
            ("kconv_change_log_bytes", "About how many bytes they hold.", size.bytes),
            ("kconv_change_log_age_seconds", "How old the oldest of them is.", size.age),
        ):
            yield _gauge(name, text, (), [((), number)])
        counts = self._store.counts()
        preferred = {
            (each.group, each.resource, each.api_version)
            for each in self._store.storage_versions()
            if each.preferred
        }
        for name, text, of in (
            ("kconv_stored_objects", "Objects by the version they are stored in.", "objects"),
            ("kconv_stored_changes", "Entries of the change log by version.", "changes"),
        ):
            yield _gauge(
                name,
                text,
                ("group", "resource", "version", "preferred"),
                [
                    ((*each[:3], str(each[:3] in preferred).lower()), getattr(each, of))
                    for each in counts
                ],
            )
        yield _gauge(
            "kconv_migration_runs",
            "Migration runs on record, by state.",
            ("state",),
            [((state,), number) for state, number in sorted(_states(self._store.runs()).items())],
        )
        live = self._store.servers(LIVE_SECONDS)
        yield _gauge("kconv_servers", "Live servers of the database.", (), [((), len(live))])


def _states(runs: Iterable[Run]) -> dict[str, int]:
    found = {"running": 0, "done": 0, "failed": 0, "interrupted": 0}
    for run in runs:
        found[run.state] += 1
    return found


def _gauge(name: str, text: str, labels: tuple[str, ...], samples: Iterable[Sample]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=labels)
    for values, number in samples:
        family.add_metric(values, number)
    return family


def _counter(name: str, text: str, labels: tuple[str, ...], samples: Iterable[Sample]) -> Metric:
    family = CounterMetricFamily(name, text, labels=labels)
    for values, number in samples:
        family.add_metric(values, number)
    return family
