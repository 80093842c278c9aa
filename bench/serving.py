"""What a PUT and a LIST through the server cost, over a bare ASGI app that sends the same bytes.

Both run in a process of their own under the same HTTP server and are asked by the same client, in
turns. `KCONV_BENCH_POSTGRES=1` measures on PostgreSQL as well.
"""

import http.client
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench.figure import INSTALLED, Figure
from bench.migration import NEW, POD, Rows, prepare

OBJECTS = 500
ROUNDS = 7
PUTS = 100
LISTS = 12
LIST = f"/apis/{NEW}/namespaces/default/cronjobs"
JSON = {"Content-Type": "application/json"}


class Client:
    """One connection to a server."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self.connection = http.client.HTTPConnection(address.hostname or "", address.port)

    def ask(self, method: str, path: str, body: bytes | None = None) -> bytes:
        self.connection.request(method, path, body, JSON)
        response = self.connection.getresponse()
        data = response.read()
        assert response.status == 200, data
        return data


def figures() -> Iterator[Figure]:
    """Measure on SQLite, and on PostgreSQL where it is asked for."""
    with tempfile.TemporaryDirectory(prefix="kconv-bench-") as name:
        url = f"sqlite:///{Path(name) / 'kconv.db'}"
        prepare(url)
        with closing(sqlite3.connect(Path(name) / "kconv.db")) as connection:
            Rows(OBJECTS).put(connection, "?")
        yield from measured("sqlite", url, Path(name))
        if os.environ.get("KCONV_BENCH_POSTGRES"):
            yield from on_postgresql(Path(name))


def on_postgresql(folder: Path) -> Iterator[Figure]:
    import psycopg

    sys.path.append(str(Path(__file__).parent.parent / "tests"))
    from fixtures.postgres import PostgresServer

    server = PostgresServer()
    try:
        server.initialise()
        server.start()
        url = server.url(server.create_database())
        prepare(url)
        with psycopg.connect(url.replace("+psycopg", "")) as connection:
            Rows(OBJECTS).put(connection, "%s")
            connection.commit()
        yield from measured("postgresql", url, folder)
    finally:
        server.remove()


def measured(name: str, url: str, folder: Path) -> Iterator[Figure]:
    kconv = str(Path(sys.executable).parent / "kconv")
    command = [kconv, "serve", "--port", "0", "--db", url]
    with ExitStack() as stack:
        served = Client(stack.enter_context(running(command)))
        path = f"{LIST}/cron-000000"
        bodies = [manifest(minute) for minute in range(60)]
        put, listed = served.ask("PUT", path, bodies[0]), served.ask("GET", LIST)
        (folder / "put").write_bytes(put)
        (folder / "list").write_bytes(listed)
        bare_command = [sys.executable, "-m", "bench.bare_app", str(folder)]
        bare = Client(stack.enter_context(running(bare_command)))

        def puts(client: Client) -> Callable[[], object]:
            return lambda: [client.ask("PUT", path, bodies[at % len(bodies)]) for at in range(PUTS)]

        def lists(client: Client) -> Callable[[], object]:
            return lambda: [client.ask("GET", LIST) for _ in range(LISTS)]

        for what, count, works in (("put", PUTS, puts), ("list-500", LISTS, lists)):
            ours, least = in_turns(works(served), works(bare))
            ratio = ours / least
            yield Figure(f"serve-{what}-{name}-over-bare-app", ratio, "ratio", None, 1.0)
            yield Figure(
                f"serve-{what}-{name}", ours / count * 1e3, "ms", None, least / count * 1e3
            )


def in_turns(*works: Callable[[], object]) -> list[float]:
    """The seconds of each, at best of several rounds."""
    seconds = [float("inf")] * len(works)
    for _ in range(ROUNDS):
        for index, work in enumerate(works):
            start = time.perf_counter()
            work()
            seconds[index] = min(seconds[index], time.perf_counter() - start)
    return seconds


def manifest(minute: int) -> bytes:
    document: dict[str, Any] = {
        "apiVersion": NEW,
        "kind": "CronJob",
        "metadata": {"name": "cron-000000", "labels": {"app": "report", "team": "finance"}},
        "spec": {
            "schedule": f"{minute} 2 * * *",
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
    return json.dumps(document).encode()


@contextmanager
def running(command: list[str]) -> Iterator[str]:
    """A server process; its first line of output says where it listens."""
    server = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=INSTALLED
    )
    try:
        assert server.stdout is not None
        yield server.stdout.readline().removeprefix("serving on ").partition(";")[0].strip()
    finally:
        server.terminate()
        server.communicate()
