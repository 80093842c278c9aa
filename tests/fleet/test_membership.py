"""Servers that die, hang or are forgotten."""

import signal
import time
from collections.abc import Callable

import httpx
import pytest

from fixtures.until import until
from fleet.apis import GROUP, NEW, OLD, RESOURCE, first, second
from fleet.conftest import Process
from kconv._errors import CannotDecode, Conflict, Unavailable
from kconv._scheme import Scheme
from kconv._store import SqlStore
from kconv._verbs.membership import Membership


def member(store: SqlStore, *registers: Callable[[Scheme], None]) -> Membership:
    scheme = Scheme()
    for register in registers:
        register(scheme)
    return Membership(scheme.freeze(), store, "1.2")


def test_forgotten_server_registers_again(store: SqlStore) -> None:
    store.ensure([(GROUP, RESOURCE, OLD)])
    one = member(store, first)
    one.beat()
    assert store.servers(60) == [], "it has not joined"
    one.join()
    store.unregister(one.registration.id)
    one.beat()
    (listed,) = store.servers(60)
    assert (listed.id, listed.release) == (one.registration.id, "1.2")
    assert listed.decodes == ((GROUP, RESOURCE, OLD),)
    assert listed.encodes == ((GROUP, RESOURCE, OLD),)
    one.leave()
    one.leave()
    assert store.servers(60) == []
    one.beat()
    assert store.servers(60) == []


@pytest.mark.parametrize("forgotten", [True, False])
def test_server_that_missed_a_flip_must_stop(store: SqlStore, forgotten: bool) -> None:
    store.ensure([(GROUP, RESOURCE, OLD)])
    one = member(store, first)
    one.join()
    if forgotten:
        store.unregister(one.registration.id)
    store.prefer(GROUP, RESOURCE, NEW)
    with pytest.raises(CannotDecode, match=f"kconv migrate --to {GROUP}=v1beta1") as caught:
        one.beat()
    assert caught.value.exit_code == 3


def test_what_no_api_has_is_named(store: SqlStore) -> None:
    store.ensure([("other.example.com", "things", "other.example.com/v1")])
    with pytest.raises(CannotDecode, match=r"things\.other.example.com as other") as caught:
        member(store, second).join()
    assert "--apis" in caught.value.message
    assert "kconv migrate" not in caught.value.message


def test_killed_server_counts_until_it_is_missed(
    store: SqlStore, launch: Callable[..., Process]
) -> None:
    old, new = launch("first"), launch("second")
    old.end(signal.SIGKILL)
    with pytest.raises(Conflict, match=f"process {old.pid}"):
        store.prefer(GROUP, RESOURCE, NEW, live=60)
    until(lambda: old.pid not in [each.pid for each in store.servers(0.5)])
    store.prefer(GROUP, RESOURCE, NEW, live=0.5)
    assert new.end()[0] == 0


def test_server_that_hung_stops_by_itself(store: SqlStore, launch: Callable[..., Process]) -> None:
    old = launch("first")
    for attempt in range(5):
        time.sleep(attempt)  # so that it gets to the end of what it was stopped within
        old.send(signal.SIGSTOP)
        try:
            until(lambda: store.servers(0.5) == [])
            store.prefer(GROUP, RESOURCE, NEW, live=0.5)
            break
        except Unavailable:
            # It was stopped within a transaction, whose lock it keeps.
            continue
        finally:
            old.send(signal.SIGCONT)
    code, said = old.wait()
    assert code == 3
    assert f"{RESOURCE}.{GROUP} as {NEW}" in said
    assert "Traceback" not in said
    assert store.servers(60) == []


def test_heartbeats(store: SqlStore, launch: Callable[..., Process]) -> None:
    server = launch("second")
    (before,) = store.servers(60)
    store.unregister(before.id)
    with httpx.Client(base_url=server.url, trust_env=False) as client:
        assert client.get(f"/apis/{NEW}/reports", headers={"User-Agent": ""}).status_code == 200
    until(lambda: store.servers(60) and store.clients(GROUP, "v1", since_days=1))
    (after,) = store.servers(60)
    assert after.id == before.id
    (count,) = store.clients(GROUP, "v1", since_days=1)
    assert (count.resource, count.user_agent, count.requests) == (RESOURCE, "(none)", 1)
