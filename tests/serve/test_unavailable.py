"""A database that cannot be reached, and defects: a Status, and nothing else."""

from typing import Any

import httpx
import pytest

from kconv.errors import Unavailable
from kconv.store import SqlStore
from serve.samples import CONFIGMAPS, configmap


def broken(*args: Any, **kwargs: Any) -> Any:
    raise Unavailable("the database is locked")


def test_database_is_locked(
    client: httpx.Client, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.get(CONFIGMAPS).status_code == 200
    for name in ("get", "list", "create", "head", "changes"):
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


def test_defect_is_a_status(
    client: httpx.Client, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def defect(*args: Any, **kwargs: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(store, "get", defect)
    response = client.get(f"{CONFIGMAPS}/x")
    assert (response.status_code, response.json()["reason"]) == (500, "InternalError")
