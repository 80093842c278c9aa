"""Writers and readers behind what a load balancer does: another server where one is gone."""

import threading
import time
import traceback
from typing import Any

import httpx

from fleet.apis import GROUP

ITEMS = "/apis/{version}/namespaces/default/reports"
SECONDS = 20
TARGETS = {"v1beta1": "target", "v1": "destination"}


class Balancer:
    """The servers that take requests, by version that they serve."""

    def __init__(self) -> None:
        self._servers: dict[str, list[str]] = {"v1beta1": [], "v1": []}

    def add(self, url: str, *versions: str) -> None:
        for version in versions:
            self._servers[version] = [*self._servers[version], url]

    def remove(self, url: str) -> None:
        for version, urls in self._servers.items():
            self._servers[version] = [each for each in urls if each != url]

    def pick(self, turn: int) -> tuple[str, str]:
        """A version and a server that has it."""
        versions = [version for version, urls in self._servers.items() if urls]
        version = versions[turn % len(versions)]
        urls = self._servers[version]
        return version, urls[turn // len(versions) % len(urls)]


class NoServer(Exception):
    """No server of the balancer has the version that is asked for."""


class Writer(threading.Thread):
    """Owns one object whose count it raises, in whatever version comes, and reads back."""

    def __init__(self, balancer: Balancer, name: str) -> None:
        super().__init__(daemon=True)
        self.name = name
        self.count = 0
        self.failures: list[str] = []
        self.versions: set[str] = set()
        self._balancer = balancer
        self._done = threading.Event()
        self._turn = 0
        self._clients: dict[str, httpx.Client] = {}

    def stop(self) -> None:
        self._done.set()
        self.join(SECONDS)
        assert not self.is_alive()
        for client in self._clients.values():
            client.close()

    def run(self) -> None:
        try:
            self._create()
            while not self._done.is_set():
                self._raise()
                self._list()
        except Exception:  # noqa: BLE001 - told by the test that looks at failures
            self.failures.append(traceback.format_exc())

    def _create(self) -> None:
        body = {"metadata": {"name": self.name}, "spec": {"target": self.name, "count": 0}}
        while True:
            found = self._ask("POST", ITEMS, json=body, only="v1beta1")
            if found is not None:
                assert found.status_code in (201, 409), found.text
                return

    def _raise(self) -> None:
        item = self._read()
        version = item["apiVersion"].rpartition("/")[2]
        assert item["spec"][TARGETS[version]] == self.name, item
        item["spec"]["count"] += 1
        try:
            written = self._ask("PUT", f"{ITEMS}/{self.name}", json=item, only=version)
        except NoServer:
            return  # The last one with that version left since it was read: read again.
        if written is None:
            # The connection broke: the write was done or not.
            found = self._read()["spec"]["count"]
            assert found in (self.count, self.count + 1), (found, self.count)
            self.count = found
            return
        assert written.status_code == 200, written.text
        self.count += 1
        self.versions.add(version)
        assert self._read()["spec"]["count"] == self.count

    def _read(self) -> dict[str, Any]:
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            response = self._ask("GET", f"{ITEMS}/{self.name}")
            if response is not None:
                assert response.status_code == 200, response.text
                found: dict[str, Any] = response.json()
                assert found["spec"]["count"] >= self.count, (found, self.count)
                return found
        raise AssertionError("no server answers")

    def _list(self) -> None:
        response = self._ask("GET", ITEMS)
        if response is not None:
            assert response.status_code == 200, response.text
            assert "warning" not in response.headers
            names = [each["metadata"]["name"] for each in response.json()["items"]]
            assert self.name in names

    def _ask(
        self, method: str, path: str, *, json: Any = None, only: str = ""
    ) -> httpx.Response | None:
        """The answer of a server; None where the connection broke."""
        for _ in range(40):
            self._turn += 1
            version, url = self._balancer.pick(self._turn)
            if not only or version == only:
                break
        else:
            raise NoServer(only)
        client = self._clients.get(url)
        if client is None:
            agent = {"User-Agent": "fleet-writer"}
            client = httpx.Client(base_url=url, trust_env=False, timeout=SECONDS, headers=agent)
            self._clients[url] = client
        try:
            return client.request(method, path.format(version=f"{GROUP}/{version}"), json=json)
        except httpx.TransportError:
            return None
