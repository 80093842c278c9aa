"""A database that cannot be reached, and defects: a Status, and nothing else."""

import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import msgspec
import pytest

from kconv._errors import StoreError, TablesOutdated, Unavailable
from kconv._serve import dispatch
from kconv._store import ChangesRead, Look, SqlStore
from serve.conftest import Running
from serve.samples import CONFIGMAPS, configmap, created


def broken(*args: Any, **kwargs: Any) -> Any:
    raise Unavailable("the database is locked")


def fail_reads(running: Running, monkeypatch: pytest.MonkeyPatch, fail: Any) -> None:
    """Have every read of the database fail that the server's memory makes."""
    reader = running.server._server.memory._reader
    for name in ("look", "rows", "changes"):
        monkeypatch.setattr(reader, name, fail)


def nothing_after(look: Callable[[], Awaitable[Look]]) -> Any:
    """A change log that has nothing."""

    async def changes(position: int, limit: int) -> ChangesRead:
        return ChangesRead([], await look())

    return changes


def test_database_is_locked(
    client: httpx.Client, running: Running, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.get(CONFIGMAPS).status_code == 200
    fail_reads(running, monkeypatch, broken)
    for name in ("get", "list", "submit", "head", "changes"):
        monkeypatch.setattr(store, name, broken)
    for response in (
        client.get(CONFIGMAPS),
        client.get(f"{CONFIGMAPS}/x"),
        client.post(CONFIGMAPS, json=configmap("x")),
    ):
        assert response.status_code == 503
        assert response.headers["retry-after"] == "1"
        assert response.json()["reason"] == "ServiceUnavailable"
    assert client.get("/readyz").status_code == 500
    assert "[-]database failed" in client.get("/readyz").text
    assert client.get("/livez").status_code == 200


def test_write_that_may_be_done_is_not_made_again_by_clients(
    client: httpx.Client, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of Kubernetes do so by themselves wherever they are told when to come again."""

    def cut(*_: Any) -> Any:
        raise Unavailable("", cause="broke off the connection", may_be_done=True)

    monkeypatch.setattr(store, "submit", cut)
    response = client.post(CONFIGMAPS, json=configmap("x"))
    assert response.status_code == 503
    assert "retry-after" not in response.headers
    assert response.json()["details"] == {}
    assert "it may have been done" in response.json()["message"]


def test_client_that_has_waited_for_long_is_not_to_come_again_by_itself(
    client: httpx.Client, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.get(CONFIGMAPS)
    fail_reads(running, monkeypatch, broken)
    assert client.get(CONFIGMAPS).headers["retry-after"] == "1"
    monkeypatch.setattr(dispatch, "LONG_SECONDS", 0.0)
    response = client.get(CONFIGMAPS)
    assert response.status_code == 503
    assert "retry-after" not in response.headers
    assert response.json()["details"] == {}


def test_defect_is_a_status(
    client: httpx.Client, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    def defect(*args: Any, **kwargs: Any) -> Any:
        raise ZeroDivisionError

    client.get(CONFIGMAPS)
    fail_reads(running, monkeypatch, defect)
    response = client.get(f"{CONFIGMAPS}/x")
    assert (response.status_code, response.json()["reason"]) == (500, "InternalError")


def test_nothing_of_the_database_is_told(
    client: httpx.Client,
    running: Running,
    store: SqlStore,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    client.get(CONFIGMAPS)
    where = "postgresql://kconv@db.internal:5432/kconv"
    for error in (Unavailable, StoreError, TablesOutdated):

        def fail(*args: Any, error: type[StoreError] = error, **kwargs: Any) -> Any:
            raise error(f"cannot reach the database {where}: connection refused")

        fail_reads(running, monkeypatch, fail)
        for name in ("get", "list", "head"):
            monkeypatch.setattr(store, name, fail)
        for path in (CONFIGMAPS, f"{CONFIGMAPS}/x", "/readyz", "/readyz/database", "/healthz"):
            caplog.clear()
            response = client.get(path)
            assert response.status_code >= 500
            assert "db.internal" not in response.text
            assert "refused" not in response.text
            assert where in caplog.text
    assert "the database cannot be reached; try again" in client.get("/readyz").text


def test_watch_ends_when_the_change_log_fails(
    client: httpx.Client, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def compacted(*args: Any, **kwargs: Any) -> Look:
        look = await true_look()
        value = look.value + 2
        return msgspec.structs.replace(look, value=value, compacted=value - 1)

    def defect(*args: Any, **kwargs: Any) -> Any:
        raise ZeroDivisionError

    for failing in (compacted, defect):
        version = client.get(CONFIGMAPS).json()["metadata"]["resourceVersion"]
        reader = running.server._server.memory._reader
        assert reader is not None
        true_look = reader.look
        params = {"watch": "1", "resourceVersion": version, "timeoutSeconds": "25"}
        began = time.monotonic()
        with client.stream("GET", CONFIGMAPS, params=params) as response:
            assert response.status_code == 200
            time.sleep(0.3)
            with monkeypatch.context() as patch:
                patch.setattr(reader, "look", failing)
                if failing is compacted:
                    patch.setattr(reader, "changes", nothing_after(compacted))
                lines = response.read().splitlines()
        assert time.monotonic() - began < 15
        codes = [json.loads(line)["object"]["code"] for line in lines]
        assert codes == ([410] if failing is compacted else [])
    params["timeoutSeconds"] = "1"
    created(client, CONFIGMAPS, configmap("x"))
    response = client.get(CONFIGMAPS, params=params)
    assert [json.loads(line)["type"] for line in response.iter_lines()] == ["ADDED"]


@pytest.mark.parametrize(
    "cause", ["is locked by another process", "is read-only", "cannot grow: the disk is full"]
)
def test_the_cause_is_told(
    client: httpx.Client, store: SqlStore, monkeypatch: pytest.MonkeyPatch, cause: str
) -> None:
    def fail(*args: Any, **kwargs: Any) -> Any:
        raise Unavailable(f"the database at db.internal {cause}", cause=cause)

    monkeypatch.setattr(store, "submit", fail)
    response = client.post(CONFIGMAPS, json=configmap("x"))
    assert response.status_code == 503
    assert response.json()["message"] == f"the database {cause}; try again"
