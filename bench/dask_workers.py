"""What a second worker of a Dask cluster brings to the migration of a table on PostgreSQL.

Scheduler, workers, the run and PostgreSQL share this machine: the ratio is a lower bound of what
machines of their own would bring. The cluster is up when the clock starts.
"""

import sys
import time
from collections.abc import Iterator
from typing import Any

import psycopg

from bench.figure import Figure
from bench.part import LeftOut
from bench.table_migration import ROWS, TESTS, fill
from kconv_migrations._tables import upgrade

ROUNDS = 2


def figures() -> Iterator[Figure]:
    """Rows a second by one worker and by two, each a process with one thread."""
    try:
        import distributed
    except ImportError as error:
        raise LeftOut("distributed is not installed: pip install '.[dask]'") from error
    sys.path.append(str(TESTS))
    from fixtures.postgres import PostgresServer

    server = PostgresServer()
    took: dict[int, list[float]] = {1: [], 2: []}
    try:
        server.initialise()
        server.start()
        for _ in range(ROUNDS):
            for workers, seconds in took.items():
                make: Any = distributed.LocalCluster
                with make(
                    n_workers=workers, threads_per_worker=1, dashboard_address=":0"
                ) as cluster:
                    seconds.append(migrate(server, str(cluster.scheduler_address)))
    finally:
        server.remove()
    one, two = (min(each) for each in took.values())
    yield Figure("dask-two-workers-over-one", one / two, "ratio", 1.4, least=True)
    yield Figure("dask-one-worker", ROWS / one, "rows/s")
    yield Figure("dask-two-workers", ROWS / two, "rows/s")


def migrate(server: Any, address: str) -> float:
    """Seconds of a run over a table that has just been filled; without before-images."""
    from kconv._check.lock import digest_of
    from kconv._pipeline import Pipeline
    from kconv.place import open_named
    from kconv_migrations import _migration as storage

    name = server.create_database()
    url: str = server.url(name)
    try:
        upgrade(url)
        with psycopg.connect(url.replace("+psycopg", "")) as connection:
            fill(connection, "%s")
        place = open_named("places.named_place:orders", url)
        pipeline, targets = Pipeline(place.scheme), storage.plan(place, ["orders"])
        settings = storage.Settings(undo=False)
        cluster = (address, digest_of)
        with storage.executor_for(
            place, pipeline, None, ["orders"], ["orders"], cluster
        ) as executor:
            start = time.perf_counter()
            (outcome,) = storage.migrate(place, pipeline, targets, settings, executor=executor)
            seconds = time.perf_counter() - start
        assert (outcome.rows, outcome.done) == (ROWS, True)
        place.close()
    finally:
        server.drop_database(name)
    return seconds
