"""A database that goes back to an earlier state under a server: watches end, and nobody goes on."""

import json
import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection, text

from fixtures.until import until
from kconv._store import SqlStore
from kconv._store.database import Database, parse_url
from serve.conftest import BOTH, Running
from serve.samples import CONFIGMAPS, configmap, created

pytestmark = BOTH


def _back_to(url: str, value: int) -> None:
    """What a backup that is copied back, or a replica that lagged, looks like."""
    database = Database(parse_url(url))

    def cut(connection: Connection) -> None:
        for table in ("kconv_objects", "kconv_changes"):
            connection.execute(text(f"DELETE FROM {table} WHERE resource_version > {value}"))
        connection.execute(text(f"UPDATE kconv_revision SET value = {value}"))

    database.write(cut)
    database.close()


RESETS: dict[str, Callable[[SqlStore, str, int], object]] = {
    "went back": lambda store, url, head: _back_to(url, head),
    "bumped": lambda store, url, head: store.bump(),
}


@pytest.mark.parametrize("how", RESETS)
def test_an_open_watch_ends_with_410(running: Running, store: SqlStore, url: str, how: str) -> None:
    lines: list[dict[str, Any]] = []
    with running.client() as client:
        for number in range(5):
            created(client, CONFIGMAPS, configmap(f"before-{number}"))
        head = store.head()
        created(client, CONFIGMAPS, configmap("lost"))

        def watch() -> None:
            params = {"watch": "1", "resourceVersion": str(store.head()), "timeoutSeconds": "20"}
            with (
                running.client() as watcher,
                watcher.stream("GET", CONFIGMAPS, params=params) as response,
            ):
                lines.extend(json.loads(line) for line in response.iter_lines())

        thread = threading.Thread(target=watch)
        thread.start()
        until(lambda: running.server._server.broadcaster.watchers == 1)
        created(client, CONFIGMAPS, configmap("seen"))
        until(lambda: len(lines) == 1)
        RESETS[how](store, url, head)
        for number in range(3):
            created(client, CONFIGMAPS, configmap(f"after-{number}"))
        thread.join(15)
        assert not thread.is_alive()
        assert [each["type"] for each in lines] == ["ADDED", "ERROR"]
        assert lines[-1]["object"]["code"] == 410
        assert lines[-1]["object"]["reason"] == "Expired"
        # The client lists again and goes on from there.
        version = client.get(CONFIGMAPS).json()["metadata"]["resourceVersion"]
        created(client, CONFIGMAPS, configmap("later"))
        (event,) = _watch(client, version)
        assert event["object"]["metadata"]["name"] == "later"


@pytest.mark.parametrize("how", RESETS)
def test_a_watch_from_before_is_refused(
    client: httpx.Client, store: SqlStore, url: str, how: str
) -> None:
    for number in range(3):
        created(client, CONFIGMAPS, configmap(f"before-{number}"))
    head = store.head()
    for number in range(5):
        created(client, CONFIGMAPS, configmap(f"lost-{number}"))
    version = str(store.head())
    RESETS[how](store, url, head)
    created(client, CONFIGMAPS, configmap("after"))
    (event,) = _watch(client, version)
    assert (event["type"], event["object"]["code"]) == ("ERROR", 410)


def _watch(client: httpx.Client, version: str) -> list[dict[str, Any]]:
    params = {"watch": "1", "resourceVersion": version, "timeoutSeconds": "1"}
    return [json.loads(line) for line in client.get(CONFIGMAPS, params=params).iter_lines()]
