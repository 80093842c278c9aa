"""What a storage migration costs, over the least that the same driver could do.

`KCONV_BENCH_ROWS` sets how many CronJobs there are, 50,000 by default: the start of the process is
part of the figure, so with fewer rows it says little.
"""

import http.client
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from bench.figure import INSTALLED, Figure
from kconv._gvk import GroupVersion
from kconv._pipeline import Pipeline
from kconv._scheme import load_scheme
from kconv._store import open_store
from kconv_migrations._tables import upgrade

ROWS = int(os.environ.get("KCONV_BENCH_ROWS", "50000"))
HTTP_ROWS = min(ROWS, 1500)
PAGE = 500
ROUNDS = 4
OLD, NEW = "batch/v1beta1", "batch/v1"
UID = "00000000-0000-0000-0000-000000000000"

POD = {
    "restartPolicy": "OnFailure",
    "containers": [
        {
            "name": "report",
            "image": "registry.example.com/report:1.7.2",
            "args": ["--month", "previous", "--format", "pdf"],
            "env": [{"name": "TZ", "value": "UTC"}],
            "resources": {"requests": {"cpu": "250m", "memory": "128Mi"}},
        }
    ],
}
CRON_JOB = {
    "apiVersion": OLD,
    "kind": "CronJob",
    "metadata": {
        "name": "NAME",
        "namespace": "default",
        "uid": UID,
        "labels": {"app": "report", "team": "finance"},
    },
    "spec": {
        "schedule": "30 2 * * *",
        "concurrencyPolicy": "Forbid",
        "startingDeadlineSeconds": 300,
        "jobTemplate": {
            "spec": {
                "backoffLimit": 4,
                "template": {"metadata": {"labels": {"app": "report"}}, "spec": POD},
            }
        },
    },
}

SELECT = """
SELECT namespace, name, data FROM kconv_objects
WHERE grp = 'batch' AND resource = 'cronjobs' AND api_version = 'batch/v1beta1'
    AND (namespace, name) > ({0}, {0}) ORDER BY namespace, name LIMIT {1}
"""
UPDATE = """
UPDATE kconv_objects SET api_version = 'batch/v1', data = {0}
WHERE grp = 'batch' AND resource = 'cronjobs' AND namespace = {0} AND name = {0}
"""
INSERT = (
    "INSERT INTO kconv_objects VALUES ('batch', 'cronjobs', 'default', {0}, {0}, {0}, {0}, {0})"
)


class Rows:
    """The CronJobs to be migrated, and the bytes that they become."""

    def __init__(self, count: int) -> None:
        pipeline = Pipeline(load_scheme({"batch"}))
        old = pipeline.convert(json.dumps(CRON_JOB).encode(), GroupVersion.parse(OLD))
        new = pipeline.convert(old, GroupVersion.parse(NEW))
        names = [f"cron-{number:06}" for number in range(count)]
        self.old = {name: old.replace(b"NAME", name.encode()) for name in names}
        self.new = {name: new.replace(b"NAME", name.encode()) for name in names}

    def put(self, connection: Any, mark: str) -> None:
        """Store them in the old version, and have none in the change log."""
        rows = [
            (name, UID, OLD, number, data)
            for number, (name, data) in enumerate(self.old.items(), 2)
        ]
        cursor = connection.cursor()
        cursor.executemany(INSERT.format(mark), rows)
        cursor.execute(
            f"UPDATE kconv_revision SET value = {len(rows) + 1}, compacted = {len(rows) + 1}"
        )
        connection.commit()

    def write_back(self, connection: Any, mark: str) -> float:
        """Seconds of the bare loop: read each row, write its new bytes back, in pages."""
        start = time.perf_counter()
        cursor = connection.cursor()
        after = ("", "")
        while True:
            cursor.execute(SELECT.format(mark, PAGE), after)
            page = cursor.fetchall()
            if not page:
                break
            after = page[-1][:2]
            cursor.executemany(
                UPDATE.format(mark), [(self.new[name], space, name) for space, name, _ in page]
            )
            connection.commit()
        return time.perf_counter() - start


def figures() -> Iterator[Figure]:
    """Measure whole processes of ``kconv migrate``, at best of some rounds."""
    rows = Rows(ROWS)
    with tempfile.TemporaryDirectory(prefix="kconv-bench-") as name:
        folder = Path(name)
        seed = folder / "seed.db"
        prepare(f"sqlite:///{seed}")
        with closing(sqlite3.connect(seed)) as connection:
            rows.put(connection, "?")
        yield from sqlite_figures(rows, folder, seed)
        yield from http_figure(folder)
    yield from postgresql_figures(rows)


def sqlite_figures(rows: Rows, folder: Path, seed: Path) -> Iterator[Figure]:
    bare: list[float] = []
    run: list[float] = []
    dry: list[float] = []
    one: list[float] = []
    two: list[float] = []
    file = folder / "kconv.db"
    for _ in range(ROUNDS):
        fresh(seed, file)
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            bare.append(rows.write_back(connection, "?"))
        fresh(seed, file)
        one.append(migrate(f"sqlite:///{file}", "--dry-run", "--workers", "1"))
        two.append(migrate(f"sqlite:///{file}", "--dry-run", "--workers", "2"))
        dry.append(migrate(f"sqlite:///{file}", "--dry-run"))
        run.append(migrate(f"sqlite:///{file}", "--no-undo"))
    yield Figure("migrate-sqlite-over-bare-loop", min(run) / min(bare), "ratio", 2.5)
    yield Figure("migrate-dry-run-over-run", min(dry) / min(run), "ratio", 1.2)
    yield Figure("migrate-two-workers-over-one", min(one) / min(two), "ratio", 1.3, least=True)
    SPEED["migrate"] = ROWS / min(run)
    yield Figure("migrate-sqlite", ROWS / min(run), "objects/s", bound=ROWS / min(bare))


SPEED: dict[str, float] = {}


def http_figure(folder: Path) -> Iterator[Figure]:
    """List through the server and write each object back, as Kubernetes' migrator does."""
    file = folder / "http.db"
    prepare(f"sqlite:///{file}")
    with closing(sqlite3.connect(file)) as connection:
        Rows(HTTP_ROWS).put(connection, "?")
    server = subprocess.Popen(
        [sys.executable, "-m", "kconv", "serve", "--port", "0", "--db", f"sqlite:///{file}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert server.stdout is not None
        url = server.stdout.readline().removeprefix("serving on ").partition(";")[0]
        address = urlsplit(url)
        with closing(http.client.HTTPConnection(address.hostname or "", address.port)) as client:
            client.connect()
            start = time.perf_counter()
            written = sum(1 for _ in write_back_over_http(client))
            speed = written / (time.perf_counter() - start)
    finally:
        server.terminate()
        server.communicate()
    ratio = SPEED["migrate"] / speed
    yield Figure("migrate-over-http-client", ratio, "ratio", 15, least=True)


def write_back_over_http(client: http.client.HTTPConnection) -> Iterator[None]:
    path = f"/apis/{NEW}/namespaces/default/cronjobs"
    following = ""
    while True:
        page = ask(client, "GET", f"{path}?limit={PAGE}{following}")
        for item in page["items"]:
            item |= {"apiVersion": NEW, "kind": "CronJob"}
            ask(client, "PUT", f"{path}/{item['metadata']['name']}", json.dumps(item).encode())
            yield
        token = page["metadata"].get("continue")
        if not token:
            return
        following = f"&continue={token}"


def ask(
    client: http.client.HTTPConnection, method: str, path: str, body: bytes | None = None
) -> Any:
    client.request(method, path, body, {"Content-Type": "application/json"})
    response = client.getresponse()
    answer = json.loads(response.read())
    assert response.status == 200, answer
    return answer


def postgresql_figures(rows: Rows) -> Iterator[Figure]:
    """On a server of its own, as the tests have it."""
    sys.path.append(str(Path(__file__).parent.parent / "tests"))
    from fixtures.postgres import PostgresServer

    server = PostgresServer()
    try:
        server.initialise()
        server.start()
        bare, run = [], []
        for _ in range(ROUNDS):
            bare.append(on_postgresql(server, rows, lambda url: bare_loop(url, rows)))
            run.append(on_postgresql(server, rows, lambda url: migrate(url, "--no-undo")))
        yield Figure("migrate-postgresql-over-bare-loop", min(run) / min(bare), "ratio", 1.5)
        yield Figure("migrate-postgresql", ROWS / min(run), "objects/s", bound=ROWS / min(bare))
    finally:
        server.remove()


def on_postgresql(server: Any, rows: Rows, work: Callable[[str], float]) -> float:
    with filled(server, rows) as url:
        return work(url)


@contextmanager
def filled(server: Any, rows: Rows) -> Iterator[str]:
    """The URL of a database of a PostgreSQL server with these rows."""
    name = server.create_database()
    url: str = server.url(name)
    try:
        prepare(url)
        with psycopg.connect(url.replace("+psycopg", "")) as connection:
            rows.put(connection, "%s")
            connection.commit()
            connection.autocommit = True
            connection.execute("VACUUM ANALYZE")
        yield url
    finally:
        server.drop_database(name)


def bare_loop(url: str, rows: Rows) -> float:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        return rows.write_back(connection, "%s")


def prepare(url: str) -> None:
    """Make the tables; old objects, and the new version on record."""
    upgrade(url)
    store = open_store(url)
    store.prefer("batch", "cronjobs", NEW)
    store.prefer("batch", "cronjobs", OLD)
    store.close()


def fresh(seed: Path, file: Path) -> None:
    for suffix in ("-wal", "-shm"):
        Path(f"{file}{suffix}").unlink(missing_ok=True)
    shutil.copy(seed, file)


def migrate(url: str, *options: str) -> float:
    """Seconds of a whole process."""
    command = [sys.executable, "-m", "kconv", "migrate", "cronjobs.batch", "--to", "batch=v1"]
    start = time.perf_counter()
    subprocess.run(
        [*command, "--db", url, *options], check=True, capture_output=True, env=INSTALLED
    )
    return time.perf_counter() - start
