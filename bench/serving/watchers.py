"""What one write costs with 2,000 watchers in two versions."""

import http.client
import json
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from urllib.parse import urlsplit

from bench.figure import INSTALLED, Figure
from bench.migration import NEW, OLD
from bench.serving.processes import Served
from bench.serving.requests import MERGE, PATH, names, on

WATCHERS = 2000
WRITES = 12
SECONDS = 60
MISSES = re.compile(r'^kconv_object_cache_requests\{result="miss"\} (\S+)$', re.MULTILINE)


def watchers(name: str) -> Iterator[Figure]:
    """What a writer waits with watchers over without, and how often an object is encoded for them.

    A write begins when the watchers have all events before it; the next one follows at once, while
    they are being told of it.
    """
    with on(name) as served:
        writer = Writer(served)
        alone, _ = writer.waits(lambda _: None)
        with watching(served) as clients:
            before, seen = misses(served), told(clients)
            among, meanwhile = writer.waits(lambda at: reached(clients, seen + at * WATCHERS))
            encoded = (misses(served) - before) / (2 * WRITES + 1)
        again, _ = writer.waits(lambda _: None)
    least = min(alone, again)
    figure = f"serve-watchers-{name}"
    yield Figure(f"{figure}-wait-over-none", among / least, "ratio", 2)
    yield Figure(f"{figure}-wait-of-next-over-none", meanwhile / least, "ratio", 2)
    yield Figure(f"{figure}-encodings", encoded, "encodings", 2)
    yield Figure(f"{figure}-wait", among * 1e3, "ms", None, least * 1e3)


class Writer:
    """A client that writes one object again and again, over one connection."""

    def __init__(self, served: Served) -> None:
        self.address = urlsplit(served.url)
        self.path = f"{PATH.format(NEW)}/{names()[0]}"
        self.count = 0

    def waits(self, settle: Callable[[int], None]) -> tuple[float, float]:
        """The median seconds that a write waits, and that the next one waits which follows at once.

        ``settle`` returns when as many writes as it is told have reached whom they should.
        """
        firsts, seconds = [], []
        host, port = self.address.hostname or "", self.address.port
        with closing(http.client.HTTPConnection(host, port, timeout=SECONDS)) as connection:
            self._write(connection)
            settle(1)
            for at in range(1, WRITES + 1):
                firsts.append(self._write(connection))
                seconds.append(self._write(connection))
                settle(2 * at + 1)
                time.sleep(0.05)
                # A server may hang up on a client that has said nothing for a while.
                connection.close()
                connection.connect()
        return statistics.median(firsts), statistics.median(seconds)

    def _write(self, connection: http.client.HTTPConnection) -> float:
        self.count += 1
        body = json.dumps({"metadata": {"annotations": {"count": str(self.count)}}})
        start = time.perf_counter()
        connection.request("PATCH", self.path, body, {"Content-Type": MERGE})
        response = connection.getresponse()
        answer = response.read()
        waited = time.perf_counter() - start
        assert response.status == 200, answer
        return waited


@contextmanager
def watching(served: Served) -> Iterator[subprocess.Popen[str]]:
    """A process with all the watchers, which begin at the present."""
    urls = []
    for version in (NEW, OLD):
        answer = json.loads(served.ask("GET", f"{PATH.format(version)}?limit=1").body)
        begin = answer["metadata"]["resourceVersion"]
        urls.append(f"{served.url}{PATH.format(version)}?watch=true&resourceVersion={begin}")
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.serving.watch_clients", str(WATCHERS), *urls],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=INSTALLED,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def told(clients: subprocess.Popen[str]) -> int:
    """How many events the watchers have had, all together."""
    assert clients.stdin is not None
    assert clients.stdout is not None
    clients.stdin.write("\n")
    clients.stdin.flush()
    return int(clients.stdout.readline())


def reached(clients: subprocess.Popen[str], events: int) -> None:
    """Wait until the watchers have had so many events."""
    deadline = time.monotonic() + SECONDS
    while (seen := told(clients)) < events:
        assert time.monotonic() < deadline, f"{seen} of {events} events"
        time.sleep(0.01)
    assert seen == events, f"{seen} events instead of {events}"


def misses(served: Served) -> float:
    """How often the server did not find an object encoded, and so encoded it."""
    found = MISSES.search(served.ask("GET", "/metrics").body.decode())
    assert found is not None
    return float(found[1])
