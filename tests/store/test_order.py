"""Readers see every change, once, in order, whoever writes and however commits interleave."""

import sys
import threading
from collections.abc import Callable
from contextlib import closing

import pytest

from fixtures import prepared
from kconv._errors import AlreadyExists, Conflict, Expired
from kconv._store import Change, Key, SqlStore, Stored, open_store
from kconv_migrations import _tables as db
from store.samples import GROUP, RESOURCE, V1, create, cronjob, running

WRITER = """
import sys, threading
from kconv._store import Key, open_store
url, who, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
store = open_store(url)
def write(thread):
    for index in range(count):
        key = Key("batch", "cronjobs", "default", f"{who}-{thread}-{index}")
        made = store.create(key, uid="u", api_version="batch/v1", data=b"{}")
        if index % 3 == 0:
            made = store.update(key, expected=made.resource_version, api_version="batch/v1",
                                data=b"[]")
        if index % 6 == 0:
            store.delete(key, expected=made.resource_version, api_version="batch/v1", data=b"")
threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
store.close()
"""


def follow(store: SqlStore, stop: Callable[[], bool], limit: int) -> list[Change]:
    """Poll the change log as a watch does until ``stop`` and the end of the log."""
    seen: list[Change] = []
    last = 0
    while True:
        stopping = stop()
        found = store.changes(last, limit=limit)
        seen += found
        if found:
            last = found[-1].stored.resource_version
        elif stopping:
            return seen


def check(seen: list[Change], store: SqlStore) -> None:
    """The followed log is the log, and replaying it gives what is stored."""
    versions = [each.stored.resource_version for each in seen]
    assert versions == sorted(set(versions)), "a change came late or twice"
    assert seen == store.changes(0, limit=10**6)
    replayed: dict[Key, Stored] = {}
    for change in seen:
        if change.type == "DELETED":
            del replayed[change.stored.key]
        else:
            assert (change.stored.key in replayed) == (change.type == "MODIFIED")
            replayed[change.stored.key] = change.stored
    page = store.list(GROUP, RESOURCE)
    assert {each.key: each for each in page.items} == replayed
    assert page.resource_version == store.head() >= versions[-1]


def test_two_processes_write_while_two_readers_follow(
    store: SqlStore, upgraded_url: str, reopen: Callable[[], SqlStore]
) -> None:
    count = 40
    arguments = [sys.executable, "-c", WRITER, upgraded_url]
    writers = [prepared.Popen([*arguments, who, str(count)]) for who in ("a", "b")]

    def stop() -> bool:
        return all(writer.poll() is not None for writer in writers)

    logs: list[list[Change]] = []
    readers = [reopen(), store]
    with running(*(lambda each=each: logs.append(follow(each, stop, limit=7)) for each in readers)):
        codes = [writer.wait(60) for writer in writers]
    assert codes == [0, 0]
    for log in logs:
        creates = [each for each in log if each.type == "ADDED"]
        assert len(creates) == 2 * 4 * count
        check(log, store)


def test_lists_are_of_one_moment(store: SqlStore, reopen: Callable[[], SqlStore]) -> None:
    done = threading.Event()

    def write(each: SqlStore, who: int) -> None:
        for index in range(60):
            create(each, f"{who}-{index}")

    def finish(threads: list[threading.Thread]) -> None:
        for thread in threads:
            thread.join(30)
        done.set()

    pages = []
    writers = [reopen(), reopen()]
    with running(
        *(lambda each=each, who=who: write(each, who) for who, each in enumerate(writers))
    ) as threads:
        finisher = threading.Thread(target=finish, args=(threads,))
        finisher.start()
        while not done.is_set():
            pages.append(store.list(GROUP, RESOURCE))
        finisher.join()
    log = store.changes(0, limit=10**6)
    assert len(log) == 120
    for page in pages[:: max(1, len(pages) // 50)]:
        expected = {
            each.stored.key for each in log if each.stored.resource_version <= page.resource_version
        }
        assert {each.key for each in page.items} == expected


def test_no_update_is_lost(store: SqlStore, reopen: Callable[[], SqlStore]) -> None:
    create(store, "counter", data=b"0")
    key = cronjob("counter")

    def count(each: SqlStore) -> None:
        done = 0
        while done < 15:
            read = each.get(key)
            data = str(int(read.data) + 1).encode()
            try:
                each.update(key, expected=read.resource_version, api_version=V1, data=data)
            except Conflict:
                continue
            done += 1

    stores = [store, store, reopen(), reopen()]
    with running(*(lambda each=each: count(each) for each in stores)):
        pass
    assert store.get(key).data == b"60"


def test_one_of_many_creators_wins(store: SqlStore, reopen: Callable[[], SqlStore]) -> None:
    stores = [store, store, reopen(), reopen(), reopen()]
    start = threading.Barrier(len(stores))
    won: list[tuple[int, int]] = []

    def create_all(number: int) -> None:
        for attempt in range(10):
            start.wait(10)
            try:
                create(stores[number], f"n{attempt}", data=str(number).encode())
            except AlreadyExists:
                continue
            won.append((attempt, number))

    with running(*(lambda number=number: create_all(number) for number in range(5))):
        pass
    assert sorted(attempt for attempt, _ in won) == list(range(10))
    for attempt, number in won:
        assert store.get(cronjob(f"n{attempt}")).data == str(number).encode()
    assert len(store.changes(0)) == 10


@pytest.mark.parametrize("keep", [0, 5])
def test_compaction_under_a_follower_is_noticed_or_harmless(
    store: SqlStore, reopen: Callable[[], SqlStore], keep: int
) -> None:
    other = reopen()
    stop = threading.Event()

    def compact() -> None:
        while not stop.is_set():
            other.compact(keep)

    def write() -> None:
        for index in range(50):
            create(store, f"n{index}")
        stop.set()

    with running(compact, write):
        last = store.head()
        while not stop.is_set():
            try:
                found = store.changes(last, limit=3)
            except Expired:
                last = store.head()
                continue
            numbers = [each.stored.resource_version for each in found]
            assert numbers == list(range(last + 1, last + 1 + len(found))), "a gap"
            last += len(found)


def test_servers_default_isolation_does_not_matter(postgres_url: str) -> None:
    db.upgrade(postgres_url)
    strict = f"{postgres_url}&options=-c%20default_transaction_isolation%3Dserializable"
    with closing(open_store(strict)) as one, closing(open_store(strict)) as two:
        one.ensure([(GROUP, RESOURCE, V1)])

        def write(each: SqlStore, who: int) -> None:
            for index in range(30):
                create(each, f"{who}-{index}")

        with running(lambda: write(one, 1), lambda: write(two, 2)):
            pass
        check(one.changes(0), two)
