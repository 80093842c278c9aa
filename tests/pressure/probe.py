"""A client that others must not harm: it asks again and again, and notes how long it waits."""

import http.client
import json
import threading
import time
from contextlib import closing
from urllib.parse import urlsplit

from pressure.attacks import CONFIGMAPS, manifest

SECONDS = 60.0


class Probe(threading.Thread):
    """Reads and writes an object of its own over one connection."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        address = urlsplit(url)
        self.address = (address.hostname or "", address.port)
        self.ending = threading.Event()
        self.waits: list[float] = []
        self.faults: list[str] = []
        self.writes = 0

    def run(self) -> None:
        try:
            with closing(http.client.HTTPConnection(*self.address, timeout=SECONDS)) as connection:
                while not self.ending.is_set():
                    self._turn(connection)
                    self.ending.wait(0.03)
        except (OSError, http.client.HTTPException) as error:
            self.faults.append(f"{type(error).__name__}: {error}")

    def _turn(self, connection: http.client.HTTPConnection) -> None:
        name = f"probe-{self.writes}"
        path = f"{CONFIGMAPS}/{name}"
        self._ask(connection, "POST", CONFIGMAPS, 201, json.dumps(manifest(name, "x" * 5000)))
        self._ask(connection, "GET", path, 200)
        self._ask(connection, "DELETE", path, 200)
        self.writes += 1

    def _ask(
        self, connection: http.client.HTTPConnection, method: str, path: str, wanted: int,
        body: str | None = None,
    ) -> None:  # fmt: skip
        start = time.monotonic()
        connection.request(method, path, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        text = response.read()
        self.waits.append(time.monotonic() - start)
        if response.status != wanted:
            self.faults.append(f"{method} {path}: {response.status} {text[:300]!r}")

    def stop(self) -> None:
        self.ending.set()
        self.join(SECONDS)

    @property
    def slow(self) -> float:
        """What all but one in twenty requests waited at most."""
        return sorted(self.waits)[int(len(self.waits) * 0.95)]


def answers(url: str, path: str = "/livez", seconds: float = 5.0) -> int:
    """The status that a client gets over a connection of its own."""
    address = urlsplit(url)
    with closing(
        http.client.HTTPConnection(address.hostname or "", address.port, timeout=seconds)
    ) as connection:
        connection.request("GET", path)
        response = connection.getresponse()
        response.read()
        return response.status
