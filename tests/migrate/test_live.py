"""A flip under a running server: writers and watchers go on, and clients see the same objects."""

import random
import threading
from collections.abc import Callable
from typing import Any

from cli.samples import run_process
from kconv._cli.demo.client import Client, Watcher, Writer
from kconv._cli.demo.objects import cronjob
from kconv._store import SqlStore
from migrate.samples import NEW, OLD, rows

COUNT = 300
PATH = "/apis/{version}/namespaces/default/cronjobs"


def test_migration_under_a_server_a_writer_and_a_watcher(
    store: SqlStore, server: Callable[[], str], database_url: str
) -> None:
    store.prefer("batch", "cronjobs", OLD)
    url = server()
    client = Client(url)
    for number in range(COUNT):
        client.post(PATH.format(version=OLD), cronjob(number))
    assert rows(store) == {OLD: (COUNT, COUNT)}
    path = PATH.format(version=NEW)
    before = client.get(path)
    names = [item["metadata"]["name"] for item in before["items"]]
    watcher = Watcher(url, path, before["metadata"]["resourceVersion"])
    writer = Writer(url, [f"{path}/{name}" for name in names[::2]], pause=0.0)
    watcher.start()
    writer.start()
    try:
        ended = run_process("migrate", "--to", "batch=v1", "--db", database_url)
    finally:
        writer.stop()
    assert ended.code == 0, ended.err
    assert writer.error is None
    assert len(writer.versions) > 10
    assert watcher.wait_for(writer.versions[-1])
    watcher.close()
    watcher.join(10)
    assert watcher.versions == writer.versions
    after = {item["metadata"]["name"]: item for item in client.get(path)["items"]}
    client.close()
    assert len(after) == COUNT
    for item in before["items"]:
        name = item["metadata"]["name"]
        if name in writer.latest:
            assert after[name]["metadata"]["resourceVersion"] == writer.latest[name]
            assert after[name]["spec"] == item["spec"]
        else:
            assert after[name] == item
    assert rows(store) == {NEW: (COUNT, COUNT + len(writer.versions))}


def test_eight_writers_during_a_run(
    store: SqlStore, server: Callable[[], str], database_url: str
) -> None:
    """What the server accepted is what is there in the end, to the last write."""
    store.prefer("batch", "cronjobs", OLD)
    url = server()
    crowd = [Crowd(url, number) for number in range(8)]
    for each in crowd:
        each.fill(40)
    for each in crowd:
        each.start()
    options = ("--batch-size", "20", "--rate", "700", "--workers", "2")
    try:
        ended = run_process("migrate", "--to", "batch=v1", "--db", database_url, *options)
    finally:
        for each in crowd:
            each.ending.set()
        for each in crowd:
            each.join(30)
    assert ended.code == 0, ended.err
    assert [each.error for each in crowd] == [None] * 8
    assert sum(each.writes for each in crowd) > 100
    client = Client(url)
    items = client.get(PATH.format(version=NEW))["items"]
    client.close()
    found = {item["metadata"]["name"]: item for item in items}
    model = {name: value for each in crowd for name, value in each.model.items()}
    assert {name: _said(item) for name, item in found.items()} == model
    (version,) = rows(store)
    assert version == NEW
    assert len(store.runs()) == 1


def _said(item: dict[str, Any]) -> tuple[str, str]:
    return item["metadata"]["resourceVersion"], item["spec"]["schedule"]


class Crowd(threading.Thread):
    """One of several writers, each with objects of its own, which it creates, changes, deletes.

    ``model`` has what the server answered last: resourceVersion and schedule by name.
    """

    def __init__(self, url: str, number: int) -> None:
        super().__init__(daemon=True)
        self.client = Client(url)
        self.chance = random.Random(number)
        self.number = number
        self.count = 0
        self.writes = 0
        self.model: dict[str, tuple[str, str]] = {}
        self.error: Exception | None = None
        self.ending = threading.Event()

    def fill(self, count: int) -> None:
        for _ in range(count):
            self.create()

    def create(self) -> None:
        value = cronjob(self.count)
        value["metadata"]["name"] = name = f"crowd-{self.number}-{self.count}"
        self.count += 1
        self.model[name] = _said(self.client.post(PATH.format(version=OLD), value))

    def run(self) -> None:
        try:
            while not self.ending.is_set():
                self.write()
                self.writes += 1
        except Exception as error:  # noqa: BLE001 - the test compares it with None
            self.error = error
        finally:
            self.client.close()

    def write(self) -> None:
        choice = self.chance.random()
        if choice < 0.2 or not self.model:
            self.create()
            return
        name = self.chance.choice(sorted(self.model))
        path = f"{PATH.format(version=self.chance.choice((OLD, NEW)))}/{name}"
        if choice < 0.35:
            # At once: by default v1beta1 has dependents orphaned first, which takes its time.
            self.client.ask("DELETE", f"{path}?propagationPolicy=Background")
            del self.model[name]
        else:
            schedule = f"{self.chance.randrange(60)} 3 * * *"
            self.model[name] = _said(self.client.merge(path, {"spec": {"schedule": schedule}}))
