"""A namespace that is deleted while others write into it: in the end nothing is left in it."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from kconv_migrations._tables import upgrade
from pressure.apis import VERSIONS
from pressure.client import Client, Lost
from pressure.scenario import MINUTES
from pressure.servers import Fleet, fleet

ROUNDS = 40 if MINUTES else 4
WRITERS = 4
NAMESPACES = "/api/v1/namespaces"
SECONDS = 60.0


@pytest.fixture
def two(database_url: str, tmp_path: Path) -> Iterator[Fleet]:
    upgrade(database_url)
    with fleet(database_url, tmp_path, 2) as servers:
        yield servers


class Creator(threading.Thread):
    """Creates objects in a namespace through both servers until it is not there any more."""

    def __init__(self, servers: Fleet, namespace: str, number: int) -> None:
        super().__init__(daemon=True)
        self.urls = servers.urls()
        self.namespace = namespace
        self.number = number
        self.statuses: Counter[int] = Counter()
        self.faults: list[str] = []

    def run(self) -> None:
        client = Client()
        try:
            at = 0
            while not self.statuses[404]:
                at += 1
                version = VERSIONS[at % len(VERSIONS)]
                body = {
                    "apiVersion": version.api_version, "kind": version.kind,
                    "metadata": {"name": f"object-{self.number}-{at}"},
                    "spec": {version.field: "text", "count": at},
                }  # fmt: skip
                path = version.path(namespace=self.namespace)
                answer = client.ask(self.urls[at % 2], "POST", path, body)
                self.statuses[answer.status] += 1
                if answer.status not in (201, 403, 404, 429):
                    self.faults.append(f"{answer.status} {answer.body}")
                    return
                if answer.status != 201:
                    time.sleep(0.01)
        except Lost as lost:
            self.faults.append(str(lost))
        finally:
            client.close()


def test_nothing_outlives_its_namespace(two: Fleet) -> None:
    client = Client()
    there, gone = two.urls()
    for at in range(ROUNDS):
        namespace = f"round-{at}"
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
        assert client.ask(there, "POST", NAMESPACES, body).status == 201
        creators = [Creator(two, namespace, number) for number in range(WRITERS)]
        for each in creators:
            each.start()
        deadline = time.monotonic() + SECONDS
        while any(each.statuses[201] < 3 and each.is_alive() for each in creators):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert client.ask(gone, "DELETE", f"{NAMESPACES}/{namespace}").status in (200, 202)
        for each in creators:
            each.join(SECONDS)
            assert not each.is_alive(), "the namespace does not go away"
        assert [each.faults for each in creators] == [[]] * WRITERS
        assert all(each.statuses[201] >= 3 for each in creators)
        for url in two.urls():
            assert client.ask(url, "GET", f"{NAMESPACES}/{namespace}").status == 404
            for version in VERSIONS:
                left = client.ask(url, "GET", version.path(namespace=namespace)).body["items"]
                assert left == [], f"{len(left)} objects have outlived {namespace}"
    client.close()
    assert "Traceback" not in two.logs()
