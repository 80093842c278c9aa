"""``kconv serve --processes``: workers share a socket; one that dies is started again."""

import asyncio
import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from fixtures import prepared
from kconv._serve import listener
from kconv._serve.connection_counts import ConnectionCounts, OwnCount
from kconv._serve.connections import Connections
from kconv._serve.listener import Listener
from kconv._serve.processes import Supervisor
from kconv._settings import Limits
from kconv._store import SqlStore
from serve.conftest import BOTH
from serve.samples import CONFIGMAPS, configmap, created


class Served:
    """``kconv serve`` as a process, with what it logged."""

    def __init__(self, url: str, *arguments: str) -> None:
        self.process = prepared.Popen(
            [sys.executable, "-m", "kconv", "serve", "--port", "0", "--db", url, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            start_new_session=True,
        )
        assert self.process.stdout is not None
        self.log: list[str] = []
        self._reader = threading.Thread(
            target=lambda: self.log.extend(self.process.stderr or ()), daemon=True
        )
        self._reader.start()
        line = self.process.stdout.readline()
        self.url = line.removeprefix("serving on ").partition(";")[0].strip()

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, trust_env=False, timeout=20)

    def workers(self) -> set[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return {int(each) for each in children.read_text().split()}

    def end(self, number: int = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(30)
        self._reader.join(5)
        return code


@contextlib.contextmanager
def serving(url: str, *arguments: str) -> Iterator[Served]:
    served = Served(url, *arguments)
    try:
        assert served.url.startswith("http"), served.log
        yield served
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(served.process.pid, signal.SIGKILL)
        served.process.wait(10)
        for pipe in (served.process.stdout, served.process.stderr):
            if pipe is not None:
                pipe.close()


def until(condition: object, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator] # a function
        assert time.monotonic() < deadline
        time.sleep(0.05)


@BOTH
def test_a_worker_that_dies_is_started_again(url: str, store: SqlStore) -> None:
    with serving(url, "--processes", "2") as served:
        assert len(served.workers()) == 2
        assert len({each.id for each in store.servers(60)}) == 2
        with served.client() as client:
            created(client, CONFIGMAPS, configmap("one"))
        first = min(served.workers())
        os.kill(first, signal.SIGKILL)
        answered = 0
        deadline = time.monotonic() + 30
        while answered < 20 or len(served.workers()) < 2 or first in served.workers():
            assert time.monotonic() < deadline
            with contextlib.suppress(httpx.TransportError), served.client() as client:
                assert client.get(f"{CONFIGMAPS}/one").status_code == 200
                answered += 1
        assert served.end() == 0
        assert sum("was killed by signal 9" in line for line in served.log) == 1
    # The registration of the one that was killed goes with its heartbeat, the others' at once.
    assert len(store.servers(60)) <= 1


def test_connections_are_left_to_a_process_that_has_fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    """For a moment, and only while that one accepts any."""
    turn = 0.3
    monkeypatch.setattr(listener, "TURN_SECONDS", turn)
    counts = ConnectionCounts(2)

    async def work(bound: socket.socket) -> None:
        connections = Connections(Limits(), [])
        connections.own_count = OwnCount(counts, 0)
        accepted: asyncio.Queue[asyncio.BaseTransport] = asyncio.Queue()

        class Told(asyncio.Protocol):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                accepted.put_nowait(transport)

        listening = Listener(bound, connections, lambda place: Told(), None)
        listening.start()
        async with contextlib.AsyncExitStack() as opened:

            def connect() -> None:
                client = socket.create_connection(bound.getsockname())
                opened.callback(client.close)

            async def is_left() -> bool:
                """Whether a connection that the listener accepts is left to the other one first."""
                before, began = listening._turn, time.monotonic()
                connect()
                opened.callback((await accepted.get()).close)
                if listening._turn is before:
                    return False
                assert time.monotonic() - began >= turn
                return True

            assert not await is_left(), "the other one is not there"
            counts.put(1, 0)
            assert await is_left(), "the other one hangs"
            connect()
            await asyncio.sleep(turn / 3)
            opened.callback(bound.accept()[0].close)  # the other one takes it
            await asyncio.sleep(turn)
            assert accepted.empty()
            counts.put(1, 2)
            assert not await is_left(), "both have as many"
            assert await is_left()
            counts.leave(1)
            assert not await is_left(), "the other one has gone"
            counts.put(1, 1)
            assert counts.has_more(0)
            listening.close()
            assert not counts.has_more(0)
            assert not counts.has_more(1), "this one accepts none any more"

    with socket.create_server(("127.0.0.1", 0)) as bound:
        asyncio.run(asyncio.wait_for(work(bound), 30))


def test_nothing_is_left_to_a_worker_that_died(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as bound:
        supervisor = Supervisor(2, bound, tmp_path, lambda _: None, lambda _: None, grace=1.0)
        supervisor._counts.put(0, 1)
        supervisor._counts.put(1, 0)
        assert supervisor._counts.has_more(0)
        supervisor._died(supervisor.workers[1], -signal.SIGKILL)
        assert not supervisor._counts.has_more(0)
        for each in (supervisor._parent_alive, supervisor._parent_end):
            os.close(each)


def test_workers_share_the_work(url: str) -> None:
    with serving(url, "--processes", "2") as served:
        series: Counter[str] = Counter()
        clients = [served.client() for _ in range(24)]
        try:
            # All at once, as clients come: one after the other would find the same one awake.
            threads = [
                threading.Thread(
                    target=lambda each=each: series.update(
                        [each.get("/version").headers["audit-id"].partition("-")[0]]
                    )
                )
                for each in clients
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        finally:
            for each in clients:
                each.close()
        assert sum(series.values()) == 24
        assert len(series) == 2
        assert min(series.values()) >= 6
        assert served.end() == 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_ends_all(url: str, store: SqlStore, number: int, code: int) -> None:
    with serving(url, "--processes", "2") as served, served.client() as client:
        workers = served.workers()
        created(client, CONFIGMAPS, configmap("one"))
        with client.stream("GET", CONFIGMAPS, params={"watch": "1"}) as watch:
            lines = watch.iter_lines()
            assert '"one"' in next(lines)
            began = time.monotonic()
            assert served.end(number) == code
            assert list(lines) == []
        assert time.monotonic() - began < 10
        assert not any(Path(f"/proc/{pid}").exists() for pid in workers)
        assert store.servers(60) == []
        assert not any("Traceback" in line for line in served.log), served.log


def test_workers_end_with_their_parent(url: str) -> None:
    with serving(url, "--processes", "2") as served:
        workers = served.workers()
        served.process.kill()
        served.process.wait(10)
        until(lambda: not any(_alive(pid) for pid in workers))


def _alive(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


def test_no_worker_can_serve(url: str, store: SqlStore) -> None:
    """The exit code is that of one process, and each says why."""
    store.ensure([("batch", "cronjobs", "batch/v7")])
    served = Served(url, "--processes", "2")
    try:
        assert served.url == ""
        assert served.process.wait(60) == 3
        served.end()
        text = "".join(served.log)
        assert "batch/v7" in text
        assert "Traceback" not in text
    finally:
        served.process.kill()
        for pipe in (served.process.stdout, served.process.stderr):
            if pipe is not None:
                pipe.close()


def test_metrics_are_those_of_all_processes(url: str) -> None:
    with serving(url, "--processes", "2") as served:
        for _ in range(12):
            with served.client() as client:
                client.get(CONFIGMAPS)
        with served.client() as client:
            text = client.get("/metrics").text
        counted = re.findall(
            r'^apiserver_request_total\{.*verb="LIST".*process="(\d)"\} (\d+)', text, re.MULTILINE
        )
        assert sum(int(number) for _, number in counted) == 12
        assert set(re.findall(r'process="(\d)"', text)) == {"0", "1"}
        assert text.count("# TYPE apiserver_request_total ") <= 1
        assert served.end() == 0
