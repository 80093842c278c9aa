"""Every page of a list shows the moment of the first one, or says that it cannot."""

import random
from typing import Any

import httpx
import pytest

from kconv._store import SqlStore
from kconv._verbs import history, search
from kconv._verbs.continuation import INCONSISTENT, Continuation
from serve.conftest import BOTH, Running
from serve.samples import CONFIGMAPS, configmap, created, patched

pytestmark = BOTH


def page(client: httpx.Client, token: str = "", **query: str) -> dict[str, Any]:
    params = {"limit": "2", "continue": token, **query}
    response = client.get(CONFIGMAPS, params=params)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def items_of(document: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each["metadata"]["name"], each["data"]["a"]) for each in document["items"]]


def test_later_pages_show_the_same_moment(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "_PAGE", 2)
    for name in "abdefh":
        created(client, CONFIGMAPS, configmap(name))
    first = page(client)
    version = first["metadata"]["resourceVersion"]
    created(client, CONFIGMAPS, configmap("c"))
    created(client, CONFIGMAPS, configmap("g"))
    patched(client, f"{CONFIGMAPS}/d", {"data": {"a": "later"}})
    patched(client, f"{CONFIGMAPS}/d", {"data": {"a": "latest"}})
    client.delete(f"{CONFIGMAPS}/e")
    client.delete(f"{CONFIGMAPS}/h")
    created(client, CONFIGMAPS, {"metadata": {"name": "h"}, "data": {"a": "another"}})
    found, token = items_of(first), first["metadata"]["continue"]
    while token:
        following = page(client, token)
        assert following["metadata"]["resourceVersion"] == version
        assert len(following["items"]) <= 2
        found += items_of(following)
        token = following["metadata"].get("continue", "")
    assert found == [(name, "b") for name in "abdefh"]
    assert [name for name, _ in items_of(page(client, limit="0"))] == list("abcdfgh")


def test_pages_that_nobody_has_written_since_come_from_memory(
    client: httpx.Client, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "abcdef":
        created(client, CONFIGMAPS, configmap(name))
    first = page(client)
    patched(client, f"{CONFIGMAPS}/a", {"data": {"a": "later"}})

    def asked(*_: Any, **__: Any) -> Any:
        raise AssertionError("it is in memory")

    with monkeypatch.context() as patch:
        patch.setattr(store, "list", asked)
        second = page(client, first["metadata"]["continue"])
    assert items_of(second) == [("c", "b"), ("d", "b")]
    assert second["metadata"]["remainingItemCount"] == 2
    client.delete(f"{CONFIGMAPS}/f")
    third = page(client, second["metadata"]["continue"])
    assert items_of(third) == [("e", "b"), ("f", "b")]
    assert {each["metadata"]["resourceVersion"] for each in (second, third)} == {
        first["metadata"]["resourceVersion"]
    }


def test_pages_show_one_moment_whatever_is_done_in_between(client: httpx.Client) -> None:
    for seed in range(5):
        chance = random.Random(seed)
        namespace = f"pages-{seed}"
        created(client, "/api/v1/namespaces", {"metadata": {"name": namespace}})
        path = f"/api/v1/namespaces/{namespace}/configmaps"
        names = [f"{at:02}" for at in range(12)]
        there = {name: "0" for name in names if chance.random() < 0.7}
        for name in there:
            created(client, path, {"metadata": {"name": name}, "data": {"a": "0"}})
        wanted, found, token = sorted(there.items()), [], ""
        while True:
            params = {"limit": "3", "continue": token}
            shown = client.get(path, params=params).json()
            found += items_of(shown)
            token = shown["metadata"].get("continue", "")
            if not token:
                break
            for _ in range(chance.randrange(3)):
                name, new = chance.choice(names), str(chance.random())
                if name not in there:
                    created(client, path, {"metadata": {"name": name}, "data": {"a": new}})
                elif chance.random() < 0.5:
                    patched(client, f"{path}/{name}", {"data": {"a": new}})
                else:
                    client.delete(f"{path}/{name}")
                    del there[name]
                    continue
                there[name] = new
        assert found == wanted, f"seed {seed}"


def test_moment_that_the_log_has_forgotten(client: httpx.Client, store: SqlStore) -> None:
    for name in "abcd":
        created(client, CONFIGMAPS, configmap(name))
    first = page(client)
    store.compact(0)
    assert items_of(page(client, first["metadata"]["continue"])) == [("c", "b"), ("d", "b")]
    patched(client, f"{CONFIGMAPS}/d", {"data": {"a": "later"}})
    params = {"limit": "2", "continue": first["metadata"]["continue"]}
    for _ in range(2):
        response = client.get(CONFIGMAPS, params=params)
        assert (response.status_code, response.json()["reason"]) == (410, "Expired")
        token = response.json()["metadata"]["continue"]
        rest = page(client, token)
        assert items_of(rest) == [("c", "b"), ("d", "later")]
        assert int(rest["metadata"]["resourceVersion"]) > int(first["metadata"]["resourceVersion"])
        store.compact(0)


def test_what_was_found_before_a_forgotten_moment(
    client: httpx.Client, running: Running, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.server._server.memory.use.limit = 0
    for name in "abcd":
        created(client, CONFIGMAPS, configmap(name, labels={"on": "yes"}))
    store.compact(0)
    monkeypatch.setattr(search, "_PAGE", 2)
    read = store.list

    def meanwhile(*given: Any, **options: Any) -> Any:
        if options["after"] is not None:
            patched(client, f"{CONFIGMAPS}/d", {"data": {"a": "later"}})
        return read(*given, **options)

    with monkeypatch.context() as patch:
        patch.setattr(store, "list", meanwhile)
        first = page(client, labelSelector="on", limit="3")
    assert items_of(first) == [("a", "b"), ("b", "b")]
    params = {"labelSelector": "on", "continue": first["metadata"]["continue"]}
    assert client.get(CONFIGMAPS, params=params).status_code == 410


@pytest.mark.parametrize("name", ["a%00b", "%25", "%01", "..%25", "%C2%85"])
def test_names_that_nothing_can_have(client: httpx.Client, name: str) -> None:
    for method, path in (
        ("GET", f"{CONFIGMAPS}/{name}"),
        ("GET", f"{CONFIGMAPS}/{name}?watch=1"),
        ("PUT", f"{CONFIGMAPS}/{name}"),
        ("PATCH", f"{CONFIGMAPS}/{name}"),
        ("DELETE", f"{CONFIGMAPS}/{name}"),
        ("GET", f"/api/v1/namespaces/{name}/configmaps"),
        ("POST", f"/api/v1/namespaces/{name}/configmaps"),
        ("GET", f"/api/v1/namespaces/{name}"),
    ):
        response = client.request(method, path)
        assert (response.status_code, response.json()["kind"]) == (400, "Status")


def test_selectors_for_what_nothing_can_have(client: httpx.Client) -> None:
    for selector in ("metadata.namespace=a\0b", "metadata.name=a\0b"):
        response = client.get("/api/v1/configmaps", params={"fieldSelector": selector})
        assert (response.status_code, response.json()["items"]) == (200, [])


@pytest.mark.parametrize(
    "token",
    [
        "%",
        "é",
        "W10",
        "MQ",
        "_w",
        "e30",
        Continuation(-2, ("", "a")).encode(within="default"),
        Continuation(1, ("", "a\0b")).encode(within="default"),
        Continuation(1, ("", "\ud800")).encode(within="default"),
        Continuation(1, ("", "a/b")).encode(within="default"),
        Continuation(INCONSISTENT, ("", "..")).encode(within="default"),
    ],
)
def test_tokens_never_given_out(client: httpx.Client, token: str) -> None:
    response = client.get(CONFIGMAPS, params={"continue": token})
    assert response.status_code == 400
    message = response.json()["message"]
    assert message.startswith("invalid continue token: continue key is not valid: ")
    assert not any(word in message for word in ("codec", "indices", "NoneType", "byte"))


def test_an_exact_list_is_whole_though_memory_is_forgotten_meanwhile(
    client: httpx.Client, running: Running, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where a migration has rewritten rows, or the database was put back."""
    then = created(client, CONFIGMAPS, configmap("a"))["metadata"]["resourceVersion"]
    created(client, "/api/v1/namespaces", {"metadata": {"name": "other"}})
    created(client, CONFIGMAPS.replace("default", "other"), configmap("b"))
    original = store.changes

    async def forget() -> None:
        running.server._server.memory.forget()

    def changes(*arguments: Any, **options: Any) -> Any:
        running.on_loop(forget)
        return original(*arguments, **options)

    monkeypatch.setattr(store, "changes", changes)
    query = {"resourceVersion": then, "resourceVersionMatch": "Exact"}
    assert items_of(client.get(CONFIGMAPS, params=query).json()) == [("a", "b")]
