"""What the garbage collector must not delete, or wait for, whatever goes wrong about it."""

import json
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest
from anyio import from_thread, to_thread

from fixtures.until import until
from kconv._serve import garbage_collector
from kconv._store import Key, SqlStore
from kconv._verbs.garbage import Collector, collector
from kconv._verbs.garbage.graph import Node
from kconv._verbs.garbage.writes import Writes
from serve.conftest import BOTH, Running
from serve.test_garbage_collection import Cluster, Owner, is_gone
from serve.test_garbage_collection_fleet import of

Work = Callable[[], Awaitable[bool]]


@BOTH
def test_an_owner_that_is_back(serve: Callable[..., Running], store: SqlStore) -> None:
    """A database that goes back has owners again whose end the collector has seen."""
    running = serve()
    with running.client() as client:
        cluster = Cluster(client, "back")
        cluster.add("a")
        cluster.add("b", [Owner("a")])
        owner, dependent = (store.get(Key("", "configmaps", "back", name)) for name in "ab")
        cluster.delete("a")
        cluster.ends_as()
        for each in (owner, dependent):
            if each is dependent:
                store.bump()
            store.create(each.key, uid=each.uid, api_version=each.api_version, data=each.data)
        until(lambda: of(running)._collector.due == 0 and of(running).active)
        # One that comes after it has been looked at by then.
        cluster.add("last", [Owner("nobody")])
        cluster.ends_as(a=[], b=["a"])


def test_what_no_reference_says_enough_of(serve: Callable[..., Running], store: SqlStore) -> None:
    """Nothing goes for the sake of a reference that names no object at all."""
    said = b'{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"%b","namespace":"default",'
    references: dict[bytes, bytes] = {
        b"no-uid": b'{"apiVersion":"v1","kind":"ConfigMap","name":"x"}',
        b"no-kind": b'{"apiVersion":"v1","name":"x","uid":"u"}',
        b"no-version": b'{"kind":"ConfigMap","name":"x","uid":"u"}',
    }
    running = serve()
    for name, reference in references.items():
        data = said % name + b'"uid":"%b","ownerReferences":[%b]}}' % (name, reference)
        key = Key("", "configmaps", "default", name.decode())
        store.create(key, uid=name.decode(), api_version="v1", data=data)
    with running.client() as client:
        cluster = Cluster(client, "enough")
        cluster.add("last", [Owner("nobody")])
        cluster.ends_as()
        for name in references:
            assert store.get(Key("", "configmaps", "default", name.decode())).uid == name.decode()


def test_an_owner_waits_for_what_cannot_be_read(
    serve: Callable[..., Running], store: SqlStore
) -> None:
    """A dependent that is to stay would be garbage once it is readable, if its owner had gone."""
    with serve().client() as client:
        cluster = Cluster(client, "unread")
        owner = cluster.add("a")
        cluster.add("b", [Owner("a")])
        reference = cluster.reference(Owner("a"))
        metadata = {
            "name": "bad",
            "namespace": "unread",
            "uid": "u1",
            "ownerReferences": [reference],
        }
        bad = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": 7}
        key = Key("", "configmaps", "unread", "bad")
        store.create(key, uid="u1", api_version="v1", data=json.dumps(bad).encode())
        cluster.delete("a", "Orphan")
        path = cluster.path("ConfigMap")
        until(lambda: not client.get(f"{path}/b").json()["metadata"].get("ownerReferences"))
        held = client.get(f"{path}/a").json()["metadata"]
        assert (held["uid"], held["finalizers"]) == (owner["metadata"]["uid"], ["orphan"])
        mended = {
            "metadata": {"name": "bad", "ownerReferences": [reference]},
            "data": {"now": "it can be read"},
        }
        assert client.put(f"{path}/bad", json=mended).is_success
        until(partial(is_gone, client, f"{path}/a"), 20)
        cluster.ends_as(b=[], bad=[])


def test_what_the_log_said_before_it_was_read(
    serve: Callable[..., Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that is older than changes which are known leaves nobody waiting for ever."""
    off = serve(garbage_collection=False)
    made: list[Collector] = []
    read, relevant = Collector.read, collector._relevant

    async def noted(self: Collector, go_on: Work) -> bool:
        made.append(self)
        return await read(self, go_on)

    with off.client() as client:
        cluster = Cluster(client, "old")
        cluster.add("a", finalizers=["foregroundDeletion"])
        for name in ("gone", "freed", "taken"):
            cluster.add(name, [Owner("a", blocks=True)], "Secret")
        assert cluster.delete("a").json()["metadata"]["deletionTimestamp"]

        def late(store: Any, kind: Any, after: Any) -> Any:
            page = relevant(store, kind, after)
            if kind.group_resource.resource == "secrets" and "gone" in cluster.state():
                cluster.delete("gone")
                cluster.own("freed")
                cluster.own("taken", Owner("a", blocks=False))
                from_thread.run(made[-1]._objects.memory.fresh)
            return page

        monkeypatch.setattr(Collector, "read", noted)
        monkeypatch.setattr(collector, "_relevant", late)
        serve()
        cluster.ends_as(freed=[])


@pytest.mark.parametrize("where", ["work", "read", "_relevant"])
def test_it_goes_on_after_a_defect(
    serve: Callable[..., Running],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    where: str,
) -> None:
    monkeypatch.setattr(garbage_collector, "DUTY_SECONDS", 0.5)
    monkeypatch.setattr(garbage_collector, "RENEW_SECONDS", 0.1)
    caplog.set_level(logging.ERROR)
    place = collector if where == "_relevant" else Collector
    real = getattr(place, where)
    failed: list[Any] = []

    def fails(*given: Any) -> Any:
        if not failed:
            failed.append(given)
            raise RuntimeError("a defect")
        return real(*given)

    monkeypatch.setattr(place, where, fails)
    with serve().client() as client:
        cluster = Cluster(client, "defect")
        cluster.add("b", [Owner("nobody")])
        cluster.ends_as()
    assert failed
    assert "begins anew" in caplog.text


def test_adopted_in_the_middle(
    serve: Callable[..., Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What gets an owner between two writes of the collector stays."""
    off = serve(garbage_collection=False)
    unblocked = Writes.unblocked
    with off.client() as client:
        cluster = Cluster(client, "adopted")
        cluster.add("keep")

        async def adopts(self: Any, node: Node, *given: Any) -> bool:
            done = await unblocked(self, node, *given)
            if done and node.key.name == "b":
                await to_thread.run_sync(cluster.own, "b", Owner("keep"))
            return done

        monkeypatch.setattr(Writes, "unblocked", adopts)
        cluster.add("a", finalizers=["foregroundDeletion"])
        cluster.add("b", [Owner("a", blocks=True)])
        cluster.add("c", [Owner("b", blocks=True)], finalizers=["foregroundDeletion"])
        cluster.own("a", Owner("c", blocks=True))
        for name in "ac":
            cluster.delete(name)
        serve()
        until(lambda: cluster.state().get("b") == ["keep"], 20)
        cluster.add("last", [Owner("nobody")])
        until(lambda: "last" not in cluster.state(), 20)
        assert cluster.state()["b"] == ["keep"]
