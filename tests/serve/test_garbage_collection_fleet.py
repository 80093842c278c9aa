"""The garbage collector of several servers: one works, and another one finishes what it began."""

import logging
import random
from collections.abc import Callable

import pytest

from fixtures.long import LONG, only_long
from fixtures.until import until
from kconv._serve import garbage_collector
from kconv._serve.garbage_collector import DUTY, GarbageCollector
from kconv._store import Key, SqlStore
from serve.conftest import BOTH, Running
from serve.samples import CONFIGMAPS, configmap, created
from serve.test_garbage_collection import GONE, Cluster, Owner
from serve.test_processes import serving


def of(running: Running) -> GarbageCollector:
    found = running.server._server.garbage_collector
    assert found is not None
    return found


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(garbage_collector, "DUTY_SECONDS", 0.5)
    monkeypatch.setattr(garbage_collector, "RENEW_SECONDS", 0.1)


@BOTH
@pytest.mark.usefixtures("hurried")
def test_one_server_collects_and_another_goes_on(
    serve: Callable[..., Running], store: SqlStore
) -> None:
    servers = serve(), serve()
    with servers[0].client() as client:
        cluster = Cluster(client, "fleet")
        cluster.add("a")
        cluster.add("b", [Owner("a")])
        until(lambda: any(of(each).active for each in servers))
        assert not all(of(each).active for each in servers)
        first = next(each for each in servers if of(each).active)

        async def die() -> None:
            of(first).stop()

        first.on_loop(die)
        assert not store.take_duty(DUTY, "another", 1), "a lease is somebody's until it runs out"
        cluster.delete("a")
        cluster.ends_as()
        assert of(next(each for each in servers if each is not first)).active


@BOTH
def test_what_is_garbage_already(
    serve: Callable[..., Running], store: SqlStore, backend: str
) -> None:
    """A server that begins finds what nobody collected, and what somebody left half done."""
    off = serve(garbage_collection=False)
    assert off.server._server.garbage_collector is None
    with off.client() as client:
        cluster = Cluster(client, "past")
        cluster.add("a")
        for number in range(3):
            cluster.add(f"of-a-{number}", [Owner("a", blocks=True)], "Secret")
        cluster.add("nobody", [Owner("nobody")])
        for name, finalizer in (("b", "orphan"), ("c", "foregroundDeletion")):
            cluster.add(name, finalizers=[finalizer])
            cluster.add(f"of-{name}", [Owner(name, blocks=True)])
            assert cluster.delete(name).json()["metadata"]["deletionTimestamp"]
        assert cluster.delete("a", "Foreground").json()["kind"] == "Status", "nobody is to wait"
        assert len(cluster.state()) == 8
        on = serve()
        cluster.ends_as(**{"of-b": []})
        # The database goes back to an earlier state, as far as anybody can tell.
        cluster.add("d")
        cluster.add("of-d", [Owner("d")])
        until(lambda: of(on).active)
        store.bump()
        cluster.delete("d")
        cluster.ends_as(**{"of-b": []})


def test_what_it_says(
    serve: Callable[..., Running], store: SqlStore, caplog: pytest.LogCaptureFixture
) -> None:
    """A line and a count for each; what cannot be read is left, and is an owner like others."""
    caplog.set_level(logging.INFO, "kconv.garbage")
    data = b'{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"bad","namespace":"default",'
    owners = (
        b'"uid":"u1","ownerReferences":[{"apiVersion":"v1","kind":"Secret","name":"x","uid":"%s"}]}'
    )
    running = serve()
    key = Key("", "configmaps", "default", "bad")
    store.create(
        key, uid="u1", api_version="v1", data=data + owners % GONE.encode() + b',"data":7}'
    )
    with running.client() as client:
        refer = {"apiVersion": "v1", "kind": "ConfigMap", "name": "bad", "uid": "u1"}
        created(client, CONFIGMAPS, configmap("mine", ownerReferences=[refer]))
        gone = {**refer, "name": "gone"}
        created(client, CONFIGMAPS, configmap("other", ownerReferences=[gone]))
        until(lambda: client.get(f"{CONFIGMAPS}/other").status_code == 404)
        until(lambda: "left as it is" in caplog.text)
        assert client.get(f"{CONFIGMAPS}/mine").status_code == 200
        assert store.get(key).uid == "u1"
        said = "configmaps default/other was deleted (Background): its owners are gone"
        assert said in caplog.text
        labels = 'action="deleted",group="",policy="Background",resource="configmaps"'
        assert f"kconv_garbage_collected_total{{{labels}}} 1.0" in client.get("/metrics").text


def test_any_graph(client: object, running: Running) -> None:
    """An object lives as long as one of its owners does, whatever the graph and the policies."""
    chance = random.Random(16)
    with running.client() as opened:
        for number in range(40 if LONG else 4):
            cluster = Cluster(opened, f"graph-{number}")
            names = [f"n{index}" for index in range(9)]
            for name in names:
                cluster.add(name, kind=chance.choice(["ConfigMap", "Secret"]))
            owners = {name: chance.sample(names, chance.choice([0, 1, 1, 2])) for name in names}
            for name, each in owners.items():
                cluster.own(name, *(Owner(one, chance.random() < 0.7) for one in each))
            dead = set(chance.sample(names, 2))
            for name in sorted(dead):
                cluster.delete(name, chance.choice(["Background", "Foreground"]))
            while more := {
                name
                for name in names
                if name not in dead and owners[name] and dead.issuperset(owners[name])
            }:
                dead |= more
            cluster.ends_as(
                **{
                    name: [each for each in owners[name] if each not in dead]
                    for name in names
                    if name not in dead
                }
            )


@only_long
@BOTH
def test_killed_in_the_middle(serve: Callable[..., Running], url: str, store: SqlStore) -> None:
    """However often it is killed, what is garbage goes, and nothing else."""
    with serving(url) as served, served.client() as client:
        cluster = Cluster(client, "killed")
        cluster.add("keep")
        for number in range(5):
            cluster.add(f"owner-{number}")
            for index in range(100):
                owner = Owner(f"owner-{number}", blocks=True)
                cluster.add(f"of-{number}-{index}", [owner, *[Owner("keep")][: index % 2]])
        client.close()
        served.end(9)
    expected: dict[str, list[str]] = {"keep": []}
    for number in range(5):
        policy = ("Background", "Foreground", "Orphan")[number % 3]
        with serving(url, "--log-level", "warning") as served, served.client() as client:
            cluster.client = client
            cluster.delete(f"owner-{number}", policy)
            served.process.kill()
            served.process.wait()
        for index in range(100):
            if index % 2 or policy == "Orphan":
                expected[f"of-{number}-{index}"] = ["keep"][: index % 2]
    with serve().client() as client:
        cluster.client = client
        until(lambda: cluster.state() == expected, 60)
