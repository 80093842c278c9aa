"""What clients have beyond the verbs: typed objects, threads, opening, closing, errors."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import devices
import kconv
from client.apis import GVK
from client.test_same_behaviour import config
from devices import DeviceSpecV2, DeviceV1, DeviceV1Alpha1, DeviceV2, Source
from kconv._store import Key, open_store
from kconv._verbs.watch import broadcaster
from kconv.meta import ObjectMeta

CONFIG = GVK("", "v1", "ConfigMap")
DEVICE = GVK("devices.example.com", "v2", "Device")


@pytest.fixture(scope="module")
def kinds() -> kconv.Scheme:
    scheme = kconv.Scheme()
    devices.register(scheme)
    return scheme.freeze()


@pytest.fixture
def client(kinds: kconv.Scheme, sqlite_url: str) -> Iterator[kconv.Client]:
    with kconv.Client(kinds, sqlite_url) as opened:
        yield opened


def device(name: str, **metadata: object) -> DeviceV2:
    return DeviceV2(
        metadata=ObjectMeta(name=name, **metadata),
        spec=DeviceSpecV2(host="cam.example.com", source=Source(test="Bars")),
    )


def test_typed_objects(client: kconv.Client) -> None:
    made = client.create(device("cam-1"))
    assert isinstance(made, DeviceV2)
    assert (made.spec.power, made.spec.pollInterval) == ("On", "30s"), "defaults"
    camera = client.get(DeviceV2, "cam-1")
    assert camera == made
    camera.spec.power = "Off"
    written = client.update(camera)
    assert written.metadata.generation == 2
    with pytest.raises(kconv.Conflict) as overtaken:
        client.update(camera)
    assert overtaken.value.reason == "Conflict"
    assert str(overtaken.value.about) == "devices.example.com/v2 Device default/cam-1"
    old = client.get(DeviceV1Alpha1, "cam-1")
    assert (old.spec.mode, old.spec.address) == ("off", "cam.example.com")
    old.spec.serial = 12
    client.update(old)
    assert client.get(DeviceV2, "cam-1").spec.serial == "12"
    assert client.get(DEVICE, "cam-1")["spec"]["serial"] == "12"
    written.spec.port = 100_000
    written.metadata.resourceVersion = None
    with pytest.raises(kconv.InvalidObject) as refused:
        client.update(written)
    assert [each.path for each in refused.value.findings] == [("spec", "port")]
    patched = client.patch(DeviceV1, "cam-1", {"spec": {"owners": ["ann"]}})
    assert patched.spec.owners == ["ann"]
    (listed,) = client.list(DeviceV2)
    assert listed.spec.owners == ["ann"]
    assert listed is not client.list(DeviceV2)[0], "everybody gets objects of their own"
    assert client.delete(DeviceV2, "cam-1") is None


def test_typed_events(client: kconv.Client) -> None:
    client.create(device("cam-1"))
    since = client.list(DeviceV2).resource_version
    seen: list[tuple[str, str | None]] = []

    def follow() -> None:
        with client.watch(DeviceV1Alpha1, resource_version=since) as watch:
            for event in watch:
                seen.append((event.type, event.object.spec.mode))

    following = threading.Thread(target=follow)
    following.start()
    client.patch(DeviceV2, "cam-1", {"spec": {"power": "Standby"}})
    client.delete(DeviceV2, "cam-1")
    deadline = time.monotonic() + 10
    while len(seen) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    client.close()
    following.join(10)
    assert not following.is_alive(), "closing the client ends its watches"
    assert seen == [("MODIFIED", "eco"), ("DELETED", "eco")]


def test_a_watch_of_a_database_that_went_back(client: kconv.Client, sqlite_url: str) -> None:
    client.create(device("cam-1"))
    watch = client.watch(DeviceV2)
    assert next(watch).type == "ADDED"
    store = open_store(sqlite_url)
    store.bump()
    store.close()
    with pytest.raises(kconv.CounterReset, match="list again, and go on from"):
        next(watch)


def test_threads_that_write_the_same_object(client: kconv.Client) -> None:
    client.create(device("cam-1", annotations={"count": "0"}))
    conflicts = 0

    def count() -> None:
        nonlocal conflicts
        for _ in range(5):
            while True:
                camera = client.get(DeviceV2, "cam-1")
                annotations = camera.metadata.annotations
                assert annotations is not None
                annotations["count"] = str(int(annotations["count"]) + 1)
                try:
                    client.update(camera)
                except kconv.Conflict:
                    conflicts += 1
                    continue
                break

    threads = [threading.Thread(target=count) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    annotations = client.get(DeviceV2, "cam-1").metadata.annotations
    assert annotations == {"count": "30"}


def test_a_write_that_comes_between(
    client: kconv.Client, kinds: kconv.Scheme, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at an object and the write of it: nobody's is lost."""
    camera = client.create(device("cam-1", namespace="lab"))
    waiting = client._core.objects.waiting
    write = waiting.write
    between: list[str] = []

    def overtaken(store: Any, made: Any) -> Any:
        if between:
            change = {"metadata": {"labels": {between.pop(): "faster"}}}
            other.patch(DeviceV2, "cam-1", change, namespace="lab")
        return write(store, made)

    with kconv.Client(kinds, sqlite_url) as other:
        monkeypatch.setattr(waiting, "write", overtaken)
        between.append("a")
        camera.spec.power = "Off"
        with pytest.raises(kconv.Conflict):
            client.update(camera)
        between.append("b")
        change = {"spec": {"power": "Standby"}}
        patched = client.patch(DeviceV2, "cam-1", change, namespace="lab")
    assert patched.spec.power == "Standby"
    assert patched.metadata.labels == {"a": "faster", "b": "faster"}


def test_it_is_registered_while_it_is_open(kinds: kconv.Scheme, sqlite_url: str) -> None:
    client = kconv.Client(kinds, sqlite_url)
    store = open_store(sqlite_url)
    (registered,) = store.servers(60)
    assert ("devices.example.com", "devices", "devices.example.com/v2") in registered.decodes
    client.close()
    client.close()
    assert store.servers(60) == []
    with pytest.raises(kconv.UsageError, match="the client is closed"):
        client.get(DeviceV2, "x")

    async def run() -> None:
        async with kconv.AsyncClient(kinds, store) as opened:
            assert len(store.servers(60)) == 1
        assert store.servers(60) == []
        with pytest.raises(kconv.UsageError, match="the client is closed"):
            await opened.get(DeviceV2, "x")

    asyncio.run(run())
    fewer = kconv.load_scheme(["batch"])
    with pytest.raises(kconv.CannotDecode, match="no installed API can decode"):
        kconv.Client(fewer, store)
    assert store.servers(60) == []
    store.close()


SCRIPT = """
import devices, kconv
scheme = kconv.Scheme()
devices.register(scheme)
client = kconv.Client(scheme, {url!r})
print(len(client.list(devices.DeviceV2)))
"""


def test_a_script_that_does_not_close_it(kinds: kconv.Scheme, sqlite_url: str) -> None:
    examples = Path(__file__).parents[2] / "examples"
    code = f"import sys; sys.path.insert(0, {str(examples)!r})\n{SCRIPT.format(url=sqlite_url)}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "0\n", "")
    store = open_store(sqlite_url)
    assert store.servers(60) == [], "it is registered no more"
    store.close()


def test_asynchronous_reads_and_watches(
    kinds: kconv.Scheme, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A watch that falls behind goes on by itself from where it was."""
    monkeypatch.setattr(broadcaster, "BACKLOG", 3)

    async def run() -> None:
        async with kconv.AsyncClient(kinds, sqlite_url) as client:
            since = (await client.list(DeviceV2)).resource_version
            watch = client.watch(DeviceV2, resource_version=since)
            async with watch:
                made = await asyncio.gather(
                    *(client.create(device(f"cam-{at}")) for at in range(20))
                )
                await asyncio.sleep(0.2)
                seen = [(await anext(watch)).object for _ in range(20)]
            names = [each.metadata.name for each in seen]
            assert sorted(map(str, names)) == sorted(f"cam-{at}" for at in range(20))
            assert {each.metadata.resourceVersion for each in seen} == {
                each.metadata.resourceVersion for each in made
            }
            read = await client.get(DeviceV2, "cam-3")
            assert read == made[3]
            read.spec.power = "Off"
            again = await client.get(DeviceV2, "cam-3")
            assert again.spec.power == "On", "what was handed out is nobody else's"
            there = [each.type async for each in client.watch(DeviceV2, timeout=0.05)]
            assert there == ["ADDED"] * 20

    asyncio.run(run())


def test_one_that_cannot_be_read(
    kinds: kconv.Scheme, sqlite_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    with kconv.Client(kinds, sqlite_url) as client:
        client.create(device("good"))
        store = open_store(sqlite_url)
        key = Key("devices.example.com", "devices", "default", "bad")
        store.create(
            key,
            uid="u",
            api_version=store.storage_version(key.group, key.resource),
            data=b'{"spec": 5}',
        )
        store.close()
        caplog.clear()
        with caplog.at_level(logging.WARNING, "kconv.client"):
            assert [each.metadata.name for each in client.list(DeviceV2)] == ["good"]
        assert "default/bad" in caplog.text
        with pytest.raises(kconv.KconvError, match="cannot be read as it is stored"):
            client.get(DeviceV2, "bad")
        assert client.update(device("bad")).metadata.uid == "u"
        assert client.get(DeviceV2, "bad").spec.host == "cam.example.com"


def test_what_makes_no_sense(client: kconv.Client) -> None:
    cases: list[tuple[Callable[[], object], str]] = [
        (lambda: client.get(str, "x"), "is no version of a kind"),  # type: ignore[type-var]
        (lambda: client.get(DeviceV2, ""), "needs a name"),
        (lambda: client.get(DeviceV2, "a/b"), "Name parameter invalid"),
        (lambda: client.get(DeviceV2, "a", namespace=".."), "Namespace parameter invalid"),
        (lambda: client.create(5), "no object of a version"),
        (lambda: client.create({"kind": "Device"}), "says its apiVersion and kind"),
        (lambda: client.update({"apiVersion": DEVICE.api_version, "kind": "Device"}), "needs meta"),
        (lambda: client.update(device("x"), subresource="scale"), "has no subresource scale"),
        (lambda: client.patch(DeviceV2, "x", {}, type="sum"), 'no patch is of type "sum"'),  # type: ignore[call-overload]
        (lambda: client.watch(DeviceV2, resource_version="x"), "invalid syntax"),
    ]
    for call, why in cases:
        with pytest.raises(kconv.UsageError, match=why):
            call()
    with pytest.raises(kconv.NotRegistered):
        client.get(CONFIG, "x")
    with pytest.raises(kconv.UsageError, match="is no store of kconv"):
        kconv.Client(kconv.Scheme(), object())  # type: ignore[arg-type]


def test_what_has_no_namespace(scheme: kconv.Scheme, sqlite_url: str) -> None:
    """A scheme without namespaces asks for none; one with them has ``default``."""
    with kconv.Client(scheme, sqlite_url, namespace="team") as client:
        namespace = GVK("", "v1", "Namespace")
        assert [each["metadata"]["name"] for each in client.list(namespace)] == ["default"]
        with pytest.raises(kconv.NotFound, match='namespaces "team" not found'):
            client.create({"apiVersion": "v1", "kind": "ConfigMap", **config("x")})
        client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team"}})
        made = client.create({"apiVersion": "v1", "kind": "ConfigMap", **config("x")})
        assert made["metadata"]["namespace"] == "team"
        assert client.get(CONFIG, "x") == made
        assert client.list(CONFIG) == client.list(CONFIG, namespace="team") == [made]
        with pytest.raises(kconv.UsageError, match="has no namespaces"):
            client.get(namespace, "team", namespace="team")
        gone = client.delete(namespace, "team")
        assert gone is not None
        assert client.list(CONFIG) == [], "a client removes what a namespace holds by itself"
        with pytest.raises(kconv.NotFound):
            client.get(namespace, "team")
