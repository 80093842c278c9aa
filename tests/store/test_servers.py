"""Servers that share a database, and what they can decode."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection

from kconv._errors import CannotDecode, Conflict
from kconv._store import SqlStore, servers
from kconv._store.database import Database
from store.samples import GROUP, RESOURCE, V1, V1BETA1, running, server


def test_servers_seen_lately_are_listed(
    store: SqlStore, pass_time: Callable[[float], None]
) -> None:
    store.register(server("a", V1))
    pass_time(20)
    store.register(server("b", V1, V1BETA1))
    assert [each.id for each in store.servers(60)] == ["a", "b"]
    assert [each.id for each in store.servers(10)] == ["b"]
    assert store.heartbeat("a")
    listed = store.servers(10)
    assert [each.id for each in listed] == ["a", "b"]
    assert listed[1].decodes == server("b", V1, V1BETA1).decodes
    assert listed[1].encodes == ((GROUP, RESOURCE, V1),)
    assert abs(listed[0].started - datetime.now(UTC)) < timedelta(seconds=30)
    assert listed[0].seen - listed[0].started >= timedelta(seconds=19)
    store.unregister("a")
    store.unregister("a")
    assert [each.id for each in store.servers(60)] == ["b"]
    assert not store.heartbeat("a")


def test_register_again_replaces_and_forgets_the_stale(
    store: SqlStore, pass_time: Callable[[float], None]
) -> None:
    store.register(server("a", V1))
    store.register(server("a", V1, V1BETA1))
    (listed,) = store.servers(60)
    assert len(listed.decodes) == 2
    pass_time(servers.STALE + 1)
    store.register(server("b", V1))
    assert [each.id for each in store.servers(1e9)] == ["b"]
    assert not store.heartbeat("a"), "it has to register again"


def test_server_that_cannot_decode_what_is_on_record_is_refused(store: SqlStore) -> None:
    store.prefer(GROUP, RESOURCE, V1BETA1)
    message = r"cronjobs\.batch as batch/v1beta1, which release 1\.2.*kconv migrate"
    with pytest.raises(CannotDecode, match=message) as caught:
        store.register(server("a", V1))
    assert caught.value.exit_code == 3
    assert store.servers(60) == []
    store.register(server("a", V1BETA1, V1))
    store.ensure([("", "configmaps", "v1")])
    with pytest.raises(CannotDecode, match="configmaps as v1"):
        store.register(server("b", V1BETA1, V1))


def test_flip_wants_every_live_server_to_follow(
    store: SqlStore, pass_time: Callable[[float], None]
) -> None:
    store.register(server("old", V1))
    store.register(server("new", V1, V1BETA1))
    with pytest.raises(Conflict, match=r"1 live server cannot.* old \(release 1\.2 on host-of-old"):
        store.prefer(GROUP, RESOURCE, V1BETA1, live=30)
    assert store.storage_version(GROUP, RESOURCE) == V1
    assert len(store.storage_versions()) == 1
    pass_time(31)
    store.prefer(GROUP, RESOURCE, V1BETA1, live=30)
    assert store.storage_version(GROUP, RESOURCE) == V1BETA1


def test_flip_names_no_more_than_ten(store: SqlStore) -> None:
    for number in range(12):
        store.register(server(f"s{number:02}", V1))
    with pytest.raises(Conflict, match=r"12 live servers cannot.* and 2 more; upgrade"):
        store.prefer(GROUP, RESOURCE, V1BETA1, live=30)


def test_server_that_slept_through_a_flip_is_told(store: SqlStore) -> None:
    store.register(server("asleep", V1))
    store.prefer(GROUP, RESOURCE, V1BETA1)
    with pytest.raises(CannotDecode, match="batch/v1beta1"):
        store.heartbeat("asleep")


def test_resource_of_a_later_release_does_not_stop_a_running_server(store: SqlStore) -> None:
    store.register(server("a", V1))
    store.ensure([("", "configmaps", "v1")])
    assert store.heartbeat("a")


def test_start_and_flip_wait_for_each_other(
    store: SqlStore, database: Database, reopen: Callable[[], SqlStore]
) -> None:
    other = reopen()
    registered, finish = threading.Event(), threading.Event()

    def register(connection: Connection) -> None:
        servers.register(connection, server("old", V1))
        registered.set()
        assert finish.wait(20)

    def flip() -> None:
        with pytest.raises(Conflict, match="old"):
            other.prefer(GROUP, RESOURCE, V1BETA1, live=60)

    with running(lambda: database.write(register)):
        assert registered.wait(20)
        with running(flip):
            time.sleep(0.1)
            finish.set()


def test_start_or_flip_but_never_both(store: SqlStore, reopen: Callable[[], SqlStore]) -> None:
    other = reopen()
    for attempt in range(10):
        start = threading.Barrier(2)
        outcomes: list[str] = []

        def register(start: threading.Barrier = start, outcomes: list[str] = outcomes) -> None:
            start.wait(10)
            try:
                store.register(server("old", V1))
                outcomes.append("started")
            except CannotDecode:
                pass

        def flip(start: threading.Barrier = start, outcomes: list[str] = outcomes) -> None:
            start.wait(10)
            try:
                other.prefer(GROUP, RESOURCE, V1BETA1, live=60)
                outcomes.append("flipped")
            except Conflict:
                pass

        with running(register, flip):
            pass
        assert len(outcomes) == 1, attempt
        store.unregister("old")
        store.prefer(GROUP, RESOURCE, V1)
        assert store.drop(GROUP, RESOURCE, V1BETA1)
