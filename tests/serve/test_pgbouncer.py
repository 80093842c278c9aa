"""A server by way of PgBouncer in transaction mode: no request fails for it."""

import threading
from collections.abc import Iterator

import pytest

from fixtures.pgbouncer import PROGRAM, PgBouncer
from fixtures.postgres import PostgresServer
from kconv_migrations import _tables as db
from serve.conftest import Running
from serve.samples import CONFIGMAPS, configmap

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="PgBouncer is not installed")

CLIENTS, ROUNDS = 8, 50


@pytest.fixture
def url(postgres_server: PostgresServer, postgres_url: str) -> Iterator[str]:
    name = postgres_url.partition("?")[0].rpartition("/")[2]
    pooler = PgBouncer(postgres_server, mode="transaction")
    try:
        pooler.wait(name)
        db.upgrade(pooler.url(name))
        yield pooler.url(name)
    finally:
        pooler.stop()


def test_1600_requests(running: Running) -> None:
    codes: list[int] = []

    def work(number: int) -> None:
        with running.client() as client:
            for turn in range(ROUNDS):
                name = f"n{number}-{turn}"
                codes.append(client.post(CONFIGMAPS, json=configmap(name)).status_code)
                codes.append(client.get(CONFIGMAPS, params={"limit": "5"}).status_code)
                change, merge = {"data": {"turn": str(turn)}}, "application/merge-patch+json"
                path, headers = f"{CONFIGMAPS}/{name}", {"Content-Type": merge}
                codes.append(client.patch(path, json=change, headers=headers).status_code)
                codes.append(client.delete(path).status_code)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert len(codes) == CLIENTS * ROUNDS * 4 == 1600
    assert {code: codes.count(code) for code in set(codes)} == {201: 400, 200: 1200}
