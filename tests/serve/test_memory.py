"""Reads are answered from memory, and see every write that was acknowledged before them."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from kconv._errors import StoreError, Unavailable
from kconv._gvk import GroupResource
from kconv._store import Key, Look, SqlStore, Stored
from kconv._verbs import list as listing
from kconv._verbs import search
from kconv._verbs.memory import CachedRow, Follower
from serve.conftest import BOTH, Running
from serve.samples import CONFIGMAPS, JSON_PATCH, MERGE, configmap, created, patched

pytestmark = BOTH

VERSIONS = [("", "configmaps", "v1")]


def key(name: str, namespace: str = "default") -> Key:
    return Key("", "configmaps", namespace, name)


async def written() -> None:
    """What one turn of the loop has seen holds for that turn."""
    await asyncio.sleep(0)


def put(store: SqlStore, name: str, data: bytes = b"{}", namespace: str = "default") -> Stored:
    return store.create(key(name, namespace), uid=name, api_version="v1", data=data)


def follow(store: SqlStore, work: Callable[[Follower], Awaitable[None]], **options: Any) -> None:
    """Run ``work`` with a follower of the store."""
    store.ensure(VERSIONS)

    async def run() -> None:
        memory = Follower(store, **options)
        await memory.start()
        try:
            async with asyncio.timeout(30):
                await work(memory)
        finally:
            memory.stop()

    asyncio.run(run())


def names(memory: Follower, namespace: str | None = None) -> list[str]:
    rows, _ = memory.collection("", "configmaps").within(namespace)
    return [f"{row.key.namespace}/{row.key.name}" for row in rows]


def test_each_write_is_seen_by_the_next_read(store: SqlStore) -> None:
    async def work(memory: Follower) -> None:
        assert await memory.row(key("a")) is None
        made = put(store, "a")
        await written()
        row = await memory.row(key("a"))
        assert row is not None
        assert row.stored == made
        assert await memory.row(key("a")) is row
        later = store.update(
            made.key, expected=made.resource_version, api_version="v1", data=b"later"
        )
        await written()
        row = await memory.row(key("a"))
        assert row is not None
        assert row.stored == later
        store.delete(made.key, expected=later.resource_version, api_version="v1", data=b"")
        await written()
        assert await memory.row(key("a")) is None

    follow(store, work)


@pytest.mark.parametrize("page", [1, 2, 500])
def test_a_list_is_what_the_database_holds(store: SqlStore, page: int) -> None:
    async def work(memory: Follower) -> None:
        for name in "bd":
            put(store, name)
        resource = ("", "configmaps")
        collection = await memory.complete(GroupResource(*resource))
        assert collection is not None
        assert names(memory) == ["default/b", "default/d"]
        made = [put(store, name) for name in "ace"]
        put(store, "z", namespace="another")
        store.delete(made[0].key, expected=made[0].resource_version, api_version="v1", data=b"")
        await written()
        assert await memory.complete(GroupResource(*resource)) is collection
        assert names(memory) == [
            "another/z",
            "default/b",
            "default/c",
            "default/d",
            "default/e",
        ]
        assert names(memory, "default") == names(memory)[1:]
        found = [row.stored for row in collection.within(None)[0]]
        assert found == store.list(*resource).items
        assert memory.position == store.head()

    follow(store, work, page=page)


def test_a_resource_that_is_written_while_it_is_read(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read is newer than the last look: it is used once a look has come as far."""

    async def work(memory: Follower) -> None:
        for name in "bd":
            put(store, name)
        snapshot, fresh, looks = store.snapshot, memory.fresh, 0

        def written_meanwhile(*given: Any) -> Any:
            made = put(store, "c")
            store.delete(made.key, expected=made.resource_version, api_version="v1", data=b"")
            put(store, "a")
            read = snapshot(*given)
            put(store, "e")
            return read

        async def overtaken() -> None:
            nonlocal looks
            looks += 1
            if looks != 2:
                await fresh()

        monkeypatch.setattr(store, "snapshot", written_meanwhile)
        monkeypatch.setattr(memory, "fresh", overtaken)
        collection = await memory.complete(GroupResource("", "configmaps"))
        assert collection is not None
        assert memory.position == store.head() > collection.as_of
        found = [row.stored for row in collection.within(None)[0]]
        assert found == store.list("", "configmaps").items

    follow(store, work)


def test_changes_that_are_followed_while_a_resource_is_read(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(memory: Follower) -> None:
        made = put(store, "b")
        snapshot, loop = store.snapshot, asyncio.get_running_loop()

        def followed_meanwhile(*given: Any) -> Any:
            read = snapshot(*given)
            put(store, "c")
            store.delete(made.key, expected=made.resource_version, api_version="v1", data=b"")
            asyncio.run_coroutine_threadsafe(memory.fresh(), loop).result(10)
            assert memory.position == store.head()
            return read

        monkeypatch.setattr(store, "snapshot", followed_meanwhile)
        assert await memory.complete(GroupResource("", "configmaps")) is not None
        assert names(memory) == ["default/c"]

    follow(store, work)


def test_what_is_rewritten_without_a_new_resource_version_is_seen(store: SqlStore) -> None:
    async def work(memory: Follower) -> None:
        made = put(store, "a")
        assert await memory.row(made.key) is not None
        assert store.rewrite([(made, "v1", b"rewritten")]) == 1
        await written()
        row = await memory.row(made.key)
        assert row is not None
        assert row.stored == store.get(made.key)
        assert row.stored.data == b"rewritten"

    follow(store, work)


def test_what_does_not_fit_is_not_held(store: SqlStore) -> None:
    async def work(memory: Follower) -> None:
        for number in range(20):
            put(store, f"n{number:02}", bytes(1000))
        assert await memory.complete(GroupResource("", "configmaps")) is None
        for number in range(20):
            row = await memory.row(key(f"n{number:02}"))
            assert row is not None
            assert memory.use.size <= memory.use.limit
        assert 0 < len(memory.collection("", "configmaps").rows) < 20

    follow(store, work, cache_bytes=10_000)


def test_reads_at_the_same_time_share_a_look(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(memory: Follower) -> None:
        put(store, "a")
        await memory.row(key("a"))
        looks = 0
        look = memory._opened.look

        async def counted() -> Look:
            nonlocal looks
            looks += 1
            return await look()

        monkeypatch.setattr(memory._opened, "look", counted)
        rows = await asyncio.gather(*(memory.row(key("a")) for _ in range(16)))
        assert all(rows)
        assert looks == 1
        await memory.row(key("a"))
        assert looks == 2

    follow(store, work)


def test_a_database_that_is_away_fails_those_who_read_and_nobody_later(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(memory: Follower) -> None:
        put(store, "a")

        async def fail() -> Look:
            raise Unavailable("away")

        with monkeypatch.context() as away:
            away.setattr(memory._opened, "look", fail)
            found = await asyncio.gather(
                *(memory.row(key("a")) for _ in range(3)), return_exceptions=True
            )
            assert all(isinstance(each, StoreError) for each in found)
        assert await memory.row(key("a")) is not None

    follow(store, work)


def test_a_patch_never_builds_on_what_an_undo_took_back(
    client: httpx.Client, running: Running, store: SqlStore
) -> None:
    """The state in memory is the one before a rewrite: the store refuses what builds on it."""
    created(client, CONFIGMAPS, {**configmap("a"), "data": {"kept": "yes"}})
    old = client.get(f"{CONFIGMAPS}/a").json()
    made = store.get(key("a"))
    restored = json.loads(made.data)
    restored["data"]["restored"] = "yes"
    store.rewrite([(made, "v1", json.dumps(restored).encode())])
    patch = {"data": {"patched": "yes"}}
    response = client.patch(
        f"{CONFIGMAPS}/a", content=json.dumps(patch), headers={"Content-Type": MERGE}
    )
    assert response.status_code == 200
    assert response.json()["data"] == {"kept": "yes", "restored": "yes", "patched": "yes"}
    assert old["metadata"]["uid"] == response.json()["metadata"]["uid"]


def _another_server_writes(store: SqlStore, name: str, **data: str) -> None:
    row = store.get(key(name))
    document = json.loads(row.data)
    document["data"] = data
    store.update(
        row.key,
        expected=row.resource_version,
        api_version=row.api_version,
        data=json.dumps(document).encode(),
    )


def test_a_patch_that_changes_nothing_is_believed_of_the_newest_state_only(
    client: httpx.Client, store: SqlStore
) -> None:
    path = f"{CONFIGMAPS}/a"
    created(client, CONFIGMAPS, configmap("a"))
    assert client.get(path).json()["data"] == {"a": "b"}
    _another_server_writes(store, "a", a="c")
    assert patched(client, path, {"data": {"a": "b"}}).json()["data"] == {"a": "b"}
    assert json.loads(store.get(key("a")).data)["data"] == {"a": "b"}
    made = store.get(key("a"))
    restored = json.loads(made.data)
    restored["data"]["restored"] = "yes"
    store.rewrite([(made, "v1", json.dumps(restored).encode())])
    shown = patched(client, path, {"data": {"a": "b"}}).json()
    assert shown["data"] == {"a": "b", "restored": "yes"}
    assert store.get(key("a")).resource_version == made.resource_version


def test_a_refusal_is_believed_of_the_newest_state_only(
    client: httpx.Client, store: SqlStore
) -> None:
    path = f"{CONFIGMAPS}/a"
    created(client, CONFIGMAPS, configmap("a"))
    _another_server_writes(store, "a", a="c")
    patch = [
        {"op": "test", "path": "/data/a", "value": "c"},
        {"op": "replace", "path": "/data/a", "value": "d"},
    ]
    assert patched(client, path, patch, JSON_PATCH).json()["data"] == {"a": "d"}
    _another_server_writes(store, "a", a="e")
    assert patched(client, path, patch, JSON_PATCH).status_code == 422


def test_own_writes_are_known_until_the_log_has_come_as_far(
    client: httpx.Client, running: Running, store: SqlStore
) -> None:
    memory = running.server._server.memory
    created(client, CONFIGMAPS, configmap("a"))
    assert client.get(f"{CONFIGMAPS}/a").status_code == 200
    memory.wrote(CachedRow(store.get(key("a"))))
    assert memory._own == {}
    client.delete(f"{CONFIGMAPS}/a")
    assert client.get(f"{CONFIGMAPS}/a").status_code == 404


@pytest.mark.parametrize("limit", [0, 64 * 1024 * 1024])
def test_a_long_list_is_sent_while_it_is_made(
    client: httpx.Client,
    running: Running,
    store: SqlStore,
    monkeypatch: pytest.MonkeyPatch,
    limit: int,
) -> None:
    monkeypatch.setattr(search, "_PAGE", 4)
    monkeypatch.setattr(search, "_AT_ONCE", 100)
    monkeypatch.setattr(listing, "BATCH_BYTES", 300)
    memory = running.server._server.memory
    memory.use.limit = limit
    for number in range(11):
        labels = {"parity": "odd" if number % 2 else "even"}
        created(client, CONFIGMAPS, configmap(f"cm{number:02}", labels=labels))
    response = client.get(CONFIGMAPS)
    assert response.headers["transfer-encoding"] == "chunked"
    names = [each["metadata"]["name"] for each in response.json()["items"]]
    assert names == [f"cm{number:02}" for number in range(11)]
    assert response.json()["metadata"]["resourceVersion"] == str(store.head())
    odd = client.get(CONFIGMAPS, params={"labelSelector": "parity=odd"}).json()["items"]
    assert [each["metadata"]["name"] for each in odd] == names[1::2]
    none = client.get(CONFIGMAPS, params={"labelSelector": "parity=none"}).json()
    assert none["items"] == []
    assert (memory.use.size == 0) == (limit == 0)


def test_a_list_that_cannot_be_sent_while_it_is_made_has_a_bound(
    client: httpx.Client, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "MOST_BYTES", 3000)
    running.server._server.memory.use.limit = 0
    for number in range(4):
        created(client, CONFIGMAPS, {**configmap(f"cm{number}"), "data": {"a": "b" * 1000}})
    table = "application/json;as=Table;v=v1;g=meta.k8s.io"
    response = client.get(CONFIGMAPS, headers={"Accept": table})
    assert response.status_code == 413
    assert "ask for them in pages (limit=500)" in response.json()["message"]
    pages = client.get(CONFIGMAPS, params={"limit": 2}, headers={"Accept": table})
    assert len(pages.json()["rows"]) == 2
    assert len(client.get(CONFIGMAPS).json()["items"]) == 4
