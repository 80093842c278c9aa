"""A flip under a running server: writers and watchers go on, and clients see the same objects."""

from collections.abc import Callable

from cli.samples import run_process
from kconv.cli.demo.client import Client, Watcher, Writer
from kconv.cli.demo.objects import cronjob
from kconv.store import SqlStore
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
