"""A read sees every write that was acknowledged before it came, by any server, in any version."""

import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kconv_migrations._tables import upgrade
from pressure.apis import GROUP, VERSIONS, Version
from pressure.client import Answer, Client
from pressure.disturbances import Migrations
from pressure.history import History, state_of
from pressure.scenario import MINUTES, SEED
from pressure.servers import OWNER, Fleet, fleet
from pressure.writers import MERGE

SECONDS = MINUTES * 60 or 8.0
WRITERS = 3
OBJECTS = 5


@pytest.fixture
def two(database_url: str, tmp_path: Path) -> Iterator[Fleet]:
    upgrade(database_url)
    with fleet(database_url, tmp_path, 2) as servers:
        yield servers


class Checker(threading.Thread):
    """Writes objects of its own through one server, and reads them through another at once."""

    def __init__(self, servers: Fleet, number: int) -> None:
        super().__init__(daemon=True)
        self.servers = servers
        self.urls = servers.urls()
        self.number = number
        self.chance = random.Random(f"{SEED}-{number}")
        self.client = Client()
        self.ending = threading.Event()
        self.there: dict[str, str] = {}
        self.faults: list[str] = []
        self.checks = 0
        self.count = 0

    def run(self) -> None:
        try:
            while not self.ending.is_set() and not self.faults:
                self.step()
        except Exception as error:  # noqa: BLE001 - the test shows it
            self.faults.append(f"{type(error).__name__}: {error}")
        finally:
            self.client.close()

    def step(self) -> None:
        name = f"own-{self.number}-{self.chance.randrange(OBJECTS)}"
        version = self.chance.choice(VERSIONS)
        written = self.chance.choice(self.urls)
        self.count += 1
        text = f"{name}-{self.count}"
        if name not in self.there:
            answer = self._ask(written, "POST", version.path(), self._new(version, name, text))
        elif self.chance.random() < 0.15:
            self._ask(written, "DELETE", version.path(name))
            del self.there[name]
            self._check(written, name, 0, "")
            return
        else:
            body = {"spec": {version.field: text}}
            answer = self._ask(written, "PATCH", version.path(name), body, MERGE)
        self.there[name] = text
        self._check(written, name, int(answer.body["metadata"]["resourceVersion"]), text)

    def _new(self, version: Version, name: str, text: str) -> dict[str, Any]:
        return {
            "apiVersion": version.api_version, "kind": version.kind,
            "metadata": {"name": name, "ownerReferences": [self.servers.owned(version)]},
            "spec": {version.field: text, "count": 1},
        }  # fmt: skip

    def _ask(self, url: str, method: str, path: str, *rest: Any) -> Answer:
        answer = self.client.ask(url, method, path, *rest)
        assert answer.status in (200, 201), answer
        return answer

    def _check(self, written: str, name: str, revision: int, text: str) -> None:
        (other,) = [url for url in self.urls if url != written]
        for version in self.chance.sample(VERSIONS, 2):
            if self.chance.random() < 0.7:
                self._get(other, version, name, revision, text)
            else:
                self._list(other, version, name, revision, text)
            self.checks += 1

    def _get(self, url: str, version: Version, name: str, revision: int, text: str) -> None:
        answer = self.client.ask(url, "GET", version.path(name))
        seen = state_of(answer.body, version) if answer.status == 200 else None
        found = (seen.revision, seen.text) if seen else (0, "")
        if found != (revision, text):
            self.faults.append(f"GET {name} {version.name}: {found}, not {(revision, text)}")

    def _list(self, url: str, version: Version, name: str, revision: int, text: str) -> None:
        answer = self._ask(url, "GET", version.path())
        at = int(answer.body["metadata"]["resourceVersion"])
        head = {"apiVersion": version.api_version, "kind": version.kind}
        items = [state_of({**head, **item}, version) for item in answer.body["items"]]
        seen = [(each.revision, each.text) for each in items if each.name == name]
        wanted = [(revision, text)] if revision else []
        mine = {
            each.name: each.text for each in items if each.name.startswith(f"own-{self.number}-")
        }
        if at < revision or seen != wanted or mine != self.there:
            self.faults.append(
                f"LIST {version.name} at {at} has {name} as {seen}, not {wanted}; "
                f"all of the writer's: {mine}, not {self.there}"
            )


def test_what_another_server_wrote_is_seen_at_once(two: Fleet, database_url: str) -> None:
    history = History()
    migrations = Migrations(database_url, history, SEED, 0.3, outages=False)
    checkers = [Checker(two, number) for number in range(WRITERS)]
    for thread in (*checkers, migrations):
        thread.start()
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline and not any(each.faults for each in checkers):
        time.sleep(0.1)
    migrations.ending.set()
    for each in checkers:
        each.ending.set()
        each.join(60)
    migrations.stop()
    faults = [fault for each in checkers for fault in each.faults] + history.findings
    assert not faults, f"seed {SEED}: {faults}\n{history.disturbances}"
    assert sum(each.checks for each in checkers) > 200
    assert migrations.finished > 0
    assert "Traceback" not in two.logs()


def test_rewritten_references_are_seen_at_once(two: Fleet, database_url: str) -> None:
    """They change the bytes of an object, and not its resourceVersion."""
    client = Client()
    migrations = Migrations(database_url, History(), SEED, 1, outages=False)
    checker = Checker(two, 0)
    beta, stable = VERSIONS[1:]
    revisions = {}
    for number in range(10):
        name = f"object-{number}"
        created = client.ask(two.urls()[0], "POST", beta.path(), checker._new(beta, name, name))
        revisions[name] = created.body["metadata"]["resourceVersion"]

    def owners(url: str, version: Version) -> dict[str, tuple[str, str]]:
        items = client.ask(url, "GET", version.path()).body["items"]
        one = client.ask(url, "GET", version.path("object-3")).body
        listed = {each["metadata"]["name"]: each for each in [*items, one]}
        assert one["metadata"] == items[3]["metadata"]
        return {
            name: (meta["ownerReferences"][0]["apiVersion"], meta["resourceVersion"])
            for name, meta in ((name, each["metadata"]) for name, each in listed.items())
            if name != OWNER
        }

    def all_are(api_version: str) -> None:
        wanted = {name: (api_version, revision) for name, revision in revisions.items()}
        for url in two.urls():
            for version in VERSIONS:
                assert owners(url, version) == wanted

    all_are(beta.api_version)
    for to in (stable, beta, stable):
        run = migrations.kconv("migrate", "--to", f"{GROUP}={to.name}", "--rewrite-references")
        assert migrations.finish(run, "the migration") is not None, migrations.history.findings
        all_are(to.api_version)
    client.close()
