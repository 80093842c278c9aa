"""A watch that is opened while the database is down: refused before anything is sent."""

import time
from collections.abc import Callable

import httpx
import pytest

from fixtures.postgres import PostgresServer
from serve.conftest import Running
from serve.samples import CONFIGMAPS, configmap, created


@pytest.mark.parametrize("backend", ["postgresql"])
@pytest.mark.parametrize("since", ["", "0", "1"])
def test_refused_with_503(
    serve: Callable[..., Running], postgres_server: PostgresServer, since: str
) -> None:
    running = serve()
    with running.client() as client:
        created(client, CONFIGMAPS, configmap("one"))
        params = {"watch": "1", "timeoutSeconds": "3", "resourceVersion": since}
        assert client.get(CONFIGMAPS, params=params).status_code == 200
        postgres_server.stop()
        try:
            answer = client.get(CONFIGMAPS, params=params)
            assert answer.status_code == 503, answer.text
            assert answer.json()["reason"] == "ServiceUnavailable"
            assert answer.headers["retry-after"] == "1"
            assert client.get("/livez").text == "ok"
            assert client.get("/readyz").status_code == 500
        finally:
            postgres_server.start()
        _until_served(client, params)


def _until_served(client: httpx.Client, params: dict[str, str]) -> None:
    deadline = time.monotonic() + 30
    while client.get(CONFIGMAPS, params=params).status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.2)
