"""Watches: from a version, from now, with selectors, bookmarks and across servers."""

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from fixtures.until import until
from kconv._store import SqlStore
from serve.conftest import BOTH, NOBODY, Running
from serve.samples import CONFIGMAPS, CRONJOBS, configmap, created, cronjob, patched

Event = tuple[str, str]

pytestmark = BOTH


def events(client: httpx.Client, path: str, **params: Any) -> list[dict[str, Any]]:
    """All events of a watch that ends by itself."""
    query = {"watch": "true", "timeoutSeconds": "1", **params}
    response = client.get(path, params=query)
    assert response.status_code == 200, response.text
    return [json.loads(line) for line in response.text.splitlines()]


def short(found: list[dict[str, Any]]) -> list[Event]:
    return [(each["type"], each["object"]["metadata"].get("name", "")) for each in found]


def test_from_nothing_shows_what_is_there(client: httpx.Client) -> None:
    created(client, CONFIGMAPS, configmap("one"))
    for version in ("", "0"):
        found = events(client, CONFIGMAPS, resourceVersion=version)
        assert short(found) == [("ADDED", "one")]
        assert found[0]["object"]["kind"] == "ConfigMap"


def test_from_a_version_shows_what_came_after(client: httpx.Client) -> None:
    first = created(client, CONFIGMAPS, configmap("one"))
    patched(client, f"{CONFIGMAPS}/one", {"data": {"a": "c"}})
    client.delete(f"{CONFIGMAPS}/one")
    found = events(client, CONFIGMAPS, resourceVersion=first["metadata"]["resourceVersion"])
    assert short(found) == [("MODIFIED", "one"), ("DELETED", "one")]
    versions = [int(each["object"]["metadata"]["resourceVersion"]) for each in found]
    assert versions == sorted(set(versions))


def test_selector_turns_changes_into_added_and_deleted(client: httpx.Client) -> None:
    start = created(client, CONFIGMAPS, configmap("one"))["metadata"]["resourceVersion"]
    for labels in ({"a": "x"}, {"a": "y"}, {"a": "x"}, {"a": "x", "b": "z"}):
        patched(client, f"{CONFIGMAPS}/one", {"metadata": {"labels": labels}})
    client.delete(f"{CONFIGMAPS}/one")
    found = events(client, CONFIGMAPS, resourceVersion=start, labelSelector="a=x")
    assert [each["type"] for each in found] == [
        "ADDED",
        "DELETED",
        "ADDED",
        "MODIFIED",
        "DELETED",
    ]
    assert events(client, CONFIGMAPS, resourceVersion=start, labelSelector="a=none") == []


def test_object_that_leaves_a_selector_is_shown_as_it_last_matched(client: httpx.Client) -> None:
    start = created(client, CONFIGMAPS, configmap("one"))["metadata"]["resourceVersion"]
    for labels, text in (({"a": "x"}, "1"), ({"a": "x"}, "2"), ({"a": "y"}, "3")):
        change = {"metadata": {"labels": labels}, "data": {"text": text}}
        changed = patched(client, f"{CONFIGMAPS}/one", change).json()
    *_, left = events(client, CONFIGMAPS, resourceVersion=start, labelSelector="a=x")
    assert left["type"] == "DELETED"
    shown = left["object"]
    assert (shown["metadata"]["labels"], shown["data"]["text"]) == ({"a": "x"}, "2")
    assert shown["metadata"]["resourceVersion"] == changed["metadata"]["resourceVersion"]


def test_field_selector_and_name_in_path(client: httpx.Client) -> None:
    for name in ("one", "two"):
        created(client, CONFIGMAPS, configmap(name))
    found = events(client, CONFIGMAPS, fieldSelector="metadata.name=two")
    assert short(found) == [("ADDED", "two")]
    watched = CONFIGMAPS.replace("/v1/", "/v1/watch/")
    assert short(events(client, f"{watched}/one")) == [("ADDED", "one")]
    assert short(events(client, watched)) == [("ADDED", "one"), ("ADDED", "two")]
    assert client.post(watched, json=configmap("three")).status_code == 405
    # The path of an object is answered with it, as by Kubernetes.
    assert client.get(f"{CONFIGMAPS}/one?watch=true").json()["kind"] == "ConfigMap"


def test_a_watch_by_its_path_counts_as_a_watch(running: Running) -> None:
    """It would hold the place of a request, and a server that ends would wait for it."""
    in_flight = running.server._server.in_flight
    with running.client() as client:
        for path in (CONFIGMAPS.replace("/v1/", "/v1/watch/"), "/apis/batch/v1/watch/cronjobs"):
            with client.stream("GET", path) as answer:
                assert answer.status_code == 200
                assert (in_flight.watches, in_flight.requests) == (1, 0), path
            until(lambda: in_flight.watches == 0)
        client.get("/api/v1/namespaces/watch/configmaps")
        assert (in_flight.watches, in_flight.requests) == (0, 0)


def test_bookmark_ends_initial_events(client: httpx.Client) -> None:
    created(client, CONFIGMAPS, configmap("one"))
    found = events(
        client,
        CONFIGMAPS,
        sendInitialEvents="true",
        resourceVersionMatch="NotOlderThan",
        allowWatchBookmarks="true",
    )
    assert [each["type"] for each in found[:2]] == ["ADDED", "BOOKMARK"]
    annotations = found[1]["object"]["metadata"]["annotations"]
    assert annotations == {"k8s.io/initial-events-end": "true"}
    assert found[-1]["type"] == "BOOKMARK"


def test_compacted_version_is_expired(client: httpx.Client, store: SqlStore) -> None:
    for number in range(5):
        created(client, CONFIGMAPS, configmap(f"cm{number}"))
    store.compact(1)
    found = events(client, CONFIGMAPS, resourceVersion="2")
    assert [each["type"] for each in found] == ["ERROR"]
    assert (found[0]["object"]["code"], found[0]["object"]["reason"]) == (410, "Expired")


def test_each_version_is_watched_in_its_own_form(client: httpx.Client) -> None:
    made = created(client, CRONJOBS.replace("v1/", "v1beta1/"), cronjob("one"))
    for path, api_version, kind in (
        (CRONJOBS, "batch/v1", "CronJob"),
        (CRONJOBS.replace("v1/", "v2alpha1/"), "batch/v2alpha1", "CronJob"),
        (
            CRONJOBS.replace("v1/", "v2alpha1/").replace("cronjobs", "scheduledjobs"),
            "batch/v2alpha1",
            "ScheduledJob",
        ),
    ):
        (event,) = events(client, path, resourceVersion="0")
        assert (event["object"]["apiVersion"], event["object"]["kind"]) == (api_version, kind)
        assert event["object"]["metadata"]["uid"] == made["metadata"]["uid"]


def test_table_watch(client: httpx.Client) -> None:
    for name in ("one", "two"):
        created(client, CONFIGMAPS, configmap(name))
    response = client.get(
        CONFIGMAPS,
        params={"watch": "1", "timeoutSeconds": "1"},
        headers={"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"},
    )
    found = [json.loads(line)["object"] for line in response.text.splitlines()]
    assert [each["rows"][0]["cells"][0] for each in found] == ["one", "two"]
    assert found[0]["columnDefinitions"]
    assert not found[1]["columnDefinitions"]


@pytest.fixture
def live(running: Running) -> Iterator[Callable[..., "Live"]]:
    opened: list[Live] = []

    def start(url: str, path: str, **params: str) -> Live:
        opened.append(Live(url, path, params))
        return opened[-1]

    yield start
    for each in opened:
        each.close()


class Live:
    """A watch that runs beside the test."""

    def __init__(self, url: str, path: str, params: dict[str, str]) -> None:
        self.seen: list[Event] = []
        self.ready = threading.Event()
        self._more = threading.Condition()
        self._client = httpx.Client(base_url=url, trust_env=False, timeout=30, verify=NOBODY)
        self._params = {"watch": "true", **params}
        self._path = path
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        assert self.ready.wait(10)

    def _run(self) -> None:
        try:
            with self._client.stream("GET", self._path, params=self._params) as response:
                self.ready.set()
                for line in response.iter_lines():
                    event = json.loads(line)
                    with self._more:
                        self.seen.append((event["type"], event["object"]["metadata"]["name"]))
                        self._more.notify_all()
        except httpx.HTTPError:
            pass

    def wait_for(self, count: int) -> list[Event]:
        with self._more:
            assert self._more.wait_for(lambda: len(self.seen) >= count, 10), self.seen
            return list(self.seen)

    def close(self) -> None:
        self._client.close()


def test_other_servers_writes_are_seen(
    serve: Callable[..., Running], running: Running, live: Callable[..., Live]
) -> None:
    other = serve()
    watch = live(running.url, CONFIGMAPS)
    with other.client() as client:
        created(client, CONFIGMAPS, configmap("one"))
        patched(client, f"{CONFIGMAPS}/one", {"data": {"a": "c"}})
        client.delete(f"{CONFIGMAPS}/one")
    assert watch.wait_for(3) == [("ADDED", "one"), ("MODIFIED", "one"), ("DELETED", "one")]


def test_nothing_is_missed_under_load(
    running: Running, client: httpx.Client, live: Callable[..., Live]
) -> None:
    watches = [live(running.url, CONFIGMAPS, resourceVersion="1") for _ in range(3)]
    names = [f"cm{number:03}" for number in range(60)]
    threads = [
        threading.Thread(target=_create_all, args=(running, names[start::4])) for start in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    late = live(running.url, CONFIGMAPS, resourceVersion="1")
    expected = late.wait_for(60)
    assert sorted(name for _, name in expected) == names
    for watch in watches:
        assert watch.wait_for(60) == expected


def _create_all(running: Running, names: list[str]) -> None:
    with running.client() as client:
        for name in names:
            created(client, CONFIGMAPS, configmap(name))


def test_stopping_ends_watches(running: Running, live: Callable[..., Live]) -> None:
    watch = live(running.url, CONFIGMAPS)
    running.server.should_exit = True
    watch.thread.join(10)
    assert not watch.thread.is_alive()
