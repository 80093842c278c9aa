"""The storage version is the database's: servers follow it, clients do not see it."""

import threading
import time
from typing import Any

import httpx
import pytest
from anyio import to_thread

from kconv._store import SqlStore
from serve.conftest import BOTH, Running
from serve.samples import CRONJOBS, MERGE, created, cronjob, patched

pytestmark = BOTH


def stored_as(store: SqlStore) -> dict[str, str]:
    page = store.list("batch", "cronjobs")
    return {each.key.name: each.api_version for each in page.items}


def test_writes_follow_a_flip_at_once(client: httpx.Client, store: SqlStore) -> None:
    path = CRONJOBS.replace("/v1/", "/v1beta1/")
    created(client, path, cronjob("one"))
    assert stored_as(store) == {"one": "batch/v1"}
    store.prefer("batch", "cronjobs", "batch/v1beta1")
    time.sleep(1.1)
    created(client, path, cronjob("two"))
    assert stored_as(store) == {"one": "batch/v1", "two": "batch/v1beta1"}
    hashes = {
        each["name"]: each.get("storageVersionHash")
        for each in client.get("/apis/batch/v1").json()["resources"]
    }
    assert hashes["cronjobs"] != "sd5LIXh4Fjs="
    for name in ("one", "two"):
        assert client.get(f"{CRONJOBS}/{name}").json()["apiVersion"] == "batch/v1"
    patched(client, f"{CRONJOBS}/one", {"spec": {"suspend": True}})
    assert set(stored_as(store).values()) == {"batch/v1beta1"}


def test_version_that_was_dropped_is_not_written(client: httpx.Client, store: SqlStore) -> None:
    created(client, CRONJOBS.replace("/v1/", "/v1beta1/"), cronjob("warm-up"))
    store.prefer("batch", "cronjobs", "batch/v2alpha1")
    _rewrite(store, "batch/v2alpha1")
    assert store.drop("batch", "cronjobs", "batch/v1")
    # The server's idea of the storage version is at most a second old, and wrong by now.
    created(client, CRONJOBS, cronjob("after"))
    assert set(stored_as(store).values()) == {"batch/v2alpha1"}


def _rewrite(store: SqlStore, api_version: str) -> None:
    items = store.scan_objects("batch", "cronjobs", other_than=api_version, after=None, limit=100)
    swap = (b"batch/v1", api_version.encode())
    store.rewrite([(each, api_version, each.data.replace(*swap)) for each in items])
    changes = store.scan_changes("batch", "cronjobs", other_than=api_version, after=0, limit=100)
    store.rewrite_changes(
        [(each, api_version, each.data.replace(*swap)) for each in (c.stored for c in changes)]
    )


def test_what_a_migration_changes_is_seen_at_once(client: httpx.Client, store: SqlStore) -> None:
    """An accepted loss, rewritten references and undo change what a row says, and no version."""
    made = created(client, CRONJOBS, cronjob("one"))
    assert client.get(f"{CRONJOBS}/one").json() == made
    (row,) = store.list("batch", "cronjobs").items
    schedule = made["spec"]["schedule"].encode()
    store.rewrite([(row, row.api_version, row.data.replace(schedule, b"7 7 * * *"))])
    assert client.get(f"{CRONJOBS}/one").json()["spec"]["schedule"] == "7 7 * * *"
    assert client.get(CRONJOBS).json()["items"][0]["spec"]["schedule"] == "7 7 * * *"
    patched(client, f"{CRONJOBS}/one", {"metadata": {"labels": {"a": "b"}}})
    assert b'"7 7 * * *"' in store.list("batch", "cronjobs").items[0].data


def test_flips_under_writers_lose_nothing(client: httpx.Client, store: SqlStore) -> None:
    failures: list[str] = []

    def write(prefix: str, version: str) -> None:
        path = CRONJOBS.replace("/v1/", f"/{version}/")
        with httpx.Client(base_url=client.base_url, trust_env=False, timeout=30) as own:
            for number in range(12):
                response = own.post(path, json=cronjob(f"{prefix}-{number}"))
                if response.status_code != 201:
                    failures.append(response.text)

    threads = [
        threading.Thread(target=write, args=(version, version))
        for version in ("v1", "v1beta1", "v2alpha1")
    ]
    for thread in threads:
        thread.start()
    for version in ("v1beta1", "v2alpha1", "v1"):
        store.prefer("batch", "cronjobs", f"batch/{version}")
        time.sleep(0.2)
    for thread in threads:
        thread.join()
    assert failures == []
    for version in ("v1", "v1beta1", "v2alpha1"):
        found = client.get(CRONJOBS.replace("/v1/", f"/{version}/")).json()
        assert len(found["items"]) == 36
        assert found["apiVersion"] == f"batch/{version}"


def know_of(running: Running, api_version: str) -> None:
    """Have the server read now what is on record for CronJobs."""
    server = running.server._server
    (kind,) = (each for each in server.scheme.kinds if each.hub.__name__ == "CronJob")
    spoke = running.on_loop(lambda: server.objects.versions.spoke(kind, refresh=True))
    assert spoke.api_version == api_version


def test_a_write_that_changes_nothing_moves_an_object_to_what_is_stored_now(
    client: httpx.Client, running: Running, store: SqlStore
) -> None:
    applied = {"apiVersion": "batch/v1", "kind": "CronJob", **cronjob("applied")}
    apply = {"Content-Type": "application/apply-patch+yaml"}
    owner = {"fieldManager": "test"}

    def write(name: str, made: Any, **query: str) -> httpx.Response:
        path = f"{CRONJOBS}/{name}"
        if name == "applied":
            return client.patch(path, json=applied, headers=apply, params=owner | query)
        if name == "replaced":
            return client.put(path, json=made, params=query)
        return client.patch(path, json={}, headers={"Content-Type": MERGE}, params=query)

    names = ("applied", "patched", "replaced")
    before = {name: created(client, CRONJOBS, cronjob(name)) for name in names[1:]}
    before["applied"] = write("applied", None).json()
    store.prefer("batch", "cronjobs", "batch/v1beta1")
    know_of(running, "batch/v1beta1")
    for number, name in enumerate(names):
        made = before[name]
        tried = write(name, made, dryRun="All")
        assert tried.json() == made, tried.text
        assert stored_as(store)[name] == "batch/v1"
        moved = write(name, made).json()
        assert int(moved["metadata"].pop("resourceVersion")) > int(
            made["metadata"].pop("resourceVersion")
        )
        assert moved == made
        assert stored_as(store)[name] == "batch/v1beta1"
        now = client.get(f"{CRONJOBS}/{name}").json()
        assert write(name, now).json() == now
        changes = store.changes(0)
        assert [each.type for each in changes[-number - 1 :]] == ["MODIFIED"] * (number + 1)
        assert str(changes[-1].stored.resource_version) == now["metadata"]["resourceVersion"]


def test_a_migration_in_between_is_no_conflict(
    client: httpx.Client, running: Running, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = running.server._server.objects
    update = objects.update
    moved: list[bool] = []

    async def late(*args: Any) -> Any:
        if not moved:
            moved.append(True)
            await to_thread.run_sync(_rewrite, store, "batch/v1beta1")
        return await update(*args)

    monkeypatch.setattr(objects, "update", late)
    made = created(client, CRONJOBS, cronjob("one"))
    store.prefer("batch", "cronjobs", "batch/v1beta1")
    made["spec"]["suspend"] = True
    response = client.put(f"{CRONJOBS}/one", json=made)
    assert moved, "the row was moved between the read and the write"
    assert (response.status_code, response.json()["spec"]["suspend"]) == (200, True), response.text
    assert client.put(f"{CRONJOBS}/one", json=made).status_code == 409


def test_last_state_is_kept_in_the_version_on_record(
    client: httpx.Client, running: Running, store: SqlStore
) -> None:
    for name in ("one", "two"):
        created(client, CRONJOBS, cronjob(name))
    assert client.delete(f"{CRONJOBS}/one").status_code == 200
    assert store.changes(0)[-1].stored.api_version == "batch/v1"
    store.prefer("batch", "cronjobs", "batch/v1beta1")
    know_of(running, "batch/v1beta1")
    assert client.delete(f"{CRONJOBS}/two").status_code == 200
    last = store.changes(0)[-1]
    assert (last.type, last.stored.key.name) == ("DELETED", "two")
    assert last.stored.api_version == "batch/v1beta1"
    assert b'"batch/v1beta1"' in last.stored.data
