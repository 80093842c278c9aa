"""A rolling upgrade, and the way back, with real processes under writes."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from fleet.apis import GROUP, NEW, OLD, RESOURCE, second
from fleet.conftest import Process
from fleet.traffic import Balancer, Writer
from kconv._errors import Conflict
from kconv._gvk import GroupVersion
from kconv._pipeline import Pipeline
from kconv._scheme import Scheme
from kconv._store import SqlStore

LIVE = 20.0


@contextmanager
def writers(balancer: Balancer, count: int) -> Iterator[list[Writer]]:
    threads = [Writer(balancer, f"report-{number}") for number in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield threads
    finally:
        for thread in threads:
            thread.stop()
    assert [failure for thread in threads for failure in thread.failures] == []


def progress(threads: list[Writer], more: int = 3) -> None:
    """Wait until each writer has written some more."""
    wanted = [thread.count + more for thread in threads]
    deadline = time.monotonic() + 30
    while any(thread.count < count for thread, count in zip(threads, wanted, strict=True)):
        assert not [failure for thread in threads for failure in thread.failures]
        assert time.monotonic() < deadline
        time.sleep(0.02)


def stored(store: SqlStore) -> dict[str, int]:
    """Objects by the version they are stored in."""
    rows = [each for each in store.counts() if each.resource == RESOURCE]
    return {each.api_version: each.objects for each in rows}


def drop(store: SqlStore, api_version: str, preferred: str) -> None:
    """Rewrite all that is in a version, as a migration does, and take it off the record."""
    scheme = Scheme()
    second(scheme)
    pipeline = Pipeline(scheme.freeze())
    to = GroupVersion.parse(preferred)
    deadline = time.monotonic() + 30
    while not store.drop(GROUP, RESOURCE, api_version):
        assert time.monotonic() < deadline
        objects = store.scan_objects(GROUP, RESOURCE, other_than=preferred, after=None, limit=100)
        store.rewrite(
            [(each, preferred, pipeline.convert(each.data, to, trusted=True)) for each in objects]
        )
        changes = store.scan_changes(GROUP, RESOURCE, other_than=preferred, after=0, limit=500)
        store.rewrite_changes(
            [
                (each, preferred, pipeline.convert(each.data, to, trusted=True))
                for each in (change.stored for change in changes)
            ]
        )


def test_both_orders(store: SqlStore, launch: Callable[..., Process]) -> None:
    balancer = Balancer()
    old = launch("first")
    balancer.add(old.url, "v1beta1")
    with writers(balancer, 4) as threads:
        progress(threads)
        new = launch("second")
        balancer.add(new.url, "v1beta1", "v1")
        progress(threads)
        assert [each.pid for each in store.servers(LIVE)] == [old.pid, new.pid]
        with pytest.raises(Conflict, match=f"as {NEW}.*process {old.pid}\\)"):
            store.prefer(GROUP, RESOURCE, NEW, live=LIVE)
        assert stored(store) == {OLD: 4}
        balancer.remove(old.url)
        assert old.end() == (0, "")
        assert [each.pid for each in store.servers(LIVE)] == [new.pid]
        store.prefer(GROUP, RESOURCE, NEW, live=LIVE)
        time.sleep(1.1)
        progress(threads)
        assert stored(store) == {OLD: 0, NEW: 4}

        refused = launch("first")
        code, said = refused.wait()
        assert (code, refused.url) == (3, "")
        assert f"{RESOURCE}.{GROUP} as {NEW}" in said
        assert f" --to {GROUP}=v1beta1`" in said
        assert "Traceback" not in said
        drop(store, OLD, NEW)

        store.prefer(GROUP, RESOURCE, OLD, live=LIVE)
        assert launch("first").wait()[0] == 3, "v1 is on record still"
        time.sleep(1.1)
        progress(threads)
        drop(store, NEW, OLD)
        again = launch("first")
        balancer.add(again.url, "v1beta1")
        progress(threads)
        balancer.remove(new.url)
        assert new.end() == (0, "")
        progress(threads)
    assert stored(store) == {OLD: 4}
    assert {version for thread in threads for version in thread.versions} == {"v1", "v1beta1"}
    assert again.end()[0] == 0
    assert store.servers(1e9) == []
    counted = {
        version: sum(each.requests for each in store.clients(GROUP, version, since_days=1))
        for version in ("v1", "v1beta1")
    }
    assert min(counted.values()) > sum(thread.count for thread in threads) / 8
    agents = {each.user_agent for each in store.clients(GROUP, "v1", since_days=1)}
    assert agents == {"fleet-writer"}
