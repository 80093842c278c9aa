"""Processes that die, fork or are spawned."""

import json
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from fixtures import prepared
from kconv._store import SqlStore
from store.samples import GROUP, RESOURCE, create, cronjob, running

WRITER = """
import json, sys, threading
from kconv._store import Key, open_store
store = open_store(sys.argv[1])
lock = threading.Lock()
def write(thread):
    for index in range(10**6):
        key = Key("batch", "cronjobs", "default", f"{sys.argv[2]}-{thread}-{index}")
        data = json.dumps({"is": key.name, "padding": "x" * 2000}).encode()
        made = store.create(key, uid="u", api_version="batch/v1", data=data)
        with lock:
            print(json.dumps([key.name, made.resource_version]), flush=True)
for thread in range(4):
    threading.Thread(target=write, args=(thread,)).start()
"""


def test_killed_writer_leaves_whole_writes_only(
    store: SqlStore, upgraded_url: str, reopen: Callable[[], SqlStore]
) -> None:
    acknowledged: dict[str, int] = {}
    head = store.head()
    for attempt in ("first", "second"):
        process = prepared.Popen(
            [sys.executable, "-c", WRITER, upgraded_url, attempt], stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        for _ in range(40):
            name, number = json.loads(process.stdout.readline())
            acknowledged[name] = number
        process.send_signal(signal.SIGKILL)
        for line in process.stdout.read().splitlines():
            if line.endswith(b"]"):
                name, number = json.loads(line)
                acknowledged[name] = number
        process.stdout.close()
        assert process.wait(20) == -signal.SIGKILL

        again = reopen()
        made = create(again, f"after-{attempt}")
        items = {each.key.name: each for each in again.list(GROUP, RESOURCE).items}
        log = {each.stored.key.name: each.stored for each in again.changes(0, limit=10**6)}
        assert items == log, "an object without its change, or the other way round"
        for name, number in acknowledged.items():
            assert items[name].resource_version == number, "an acknowledged write is gone"
            assert json.loads(items[name].data)["is"] == name
        assert made.resource_version == again.head() > max(acknowledged.values())
        assert again.head() > head
        head = again.head()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_forked_child_and_its_parent_both_go_on(store: SqlStore) -> None:
    create(store, "before")
    child = os.fork()
    if child == 0:
        code = 1
        try:
            store.get(cronjob("before"))
            for index in range(20):
                create(store, f"child-{index}")
            store.close()
            code = 0
        finally:
            os._exit(code)
    for index in range(20):
        create(store, f"parent-{index}")
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    create(store, "after")
    assert len(store.list(GROUP, RESOURCE).items) == 42
    assert len(store.changes(0)) == 42


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_child_forked_in_the_middle_of_a_write_can_write(store: SqlStore) -> None:
    def fork(_: object) -> None:
        child = os.fork()
        if child == 0:
            code = 1
            try:
                time.sleep(0.1)
                create(store, "child")
                code = 0
            finally:
                os._exit(code)
        children.append(child)

    children: list[int] = []
    with running(lambda: store._writer.alone(fork)):
        pass
    create(store, "parent")
    assert os.waitstatus_to_exitcode(os.waitpid(children[0], 0)[1]) == 0
    assert {each.key.name for each in store.list(GROUP, RESOURCE).items} == {"child", "parent"}


def _create_in_process(arguments: tuple[SqlStore, int]) -> int:
    store, number = arguments
    version = create(store, f"spawned-{number}").resource_version
    store.close()
    return version


def test_store_travels_to_another_process(store: SqlStore) -> None:
    copy: SqlStore = pickle.loads(pickle.dumps(store))
    assert copy.storage_versions() == store.storage_versions()
    copy.close()
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        versions = pool.map(_create_in_process, [(store, number) for number in range(3)])
        pool.close()
        pool.join()
    assert sorted(versions) == [each.stored.resource_version for each in store.changes(0)]


def test_closed_store_opens_again_when_used(store: SqlStore) -> None:
    made = create(store, "a")
    store.close()
    store.close()
    assert store.get(made.key) == made
