"""Functions of a user's own API that fail: told by name, with the object, as a 500 that says why.

A function fails on the objects that name it in ``spec.failing``, in one of several ways.
"""

import asyncio
import json
import logging
import re
from collections.abc import Iterable
from typing import Any

import pytest
from starlette.applications import Starlette

from kconv import (
    Column,
    Edge,
    Finding,
    Functions,
    Hub,
    Resource,
    Scheme,
    Type,
    defaults,
    derives,
    load_scheme,
    validates,
    validates_update,
)
from kconv._serve import create_app
from kconv._store import SqlStore
from kconv.fields import List, Object, String
from serve.asgi import Reply, ask
from serve.hostile import TABLE
from serve.samples import JSON_PATCH, MERGE

GROUP = "failing.example.com"
V1, V2 = (f"/apis/{GROUP}/{version}/namespaces/default/things" for version in ("v1", "v2"))
Value = dict[str, Any]


def fail(where: str, spec: Value | None) -> None:
    how = [each.partition("=") for each in (spec or {}).get("failing", ())]
    if (where, "=", "recursion") in how:
        fail(where, spec)
    if any(name == where for name, _, _ in how):
        raise LookupError("what now")


class SpecV1(Type):
    failing = List(String())
    size = String()


class Spec(Type):
    failing = List(String())
    amount = String()


def cell(value: Any) -> Any:
    fail("column", value.get("spec"))
    return object() if "object" in value["spec"].get("failing", ()) else "fine"


COLUMNS = (Column("Name", "metadata.name"), Column("State", cell), Column("Age", cell, type="date"))


class ThingV1(Resource):
    class Meta:
        group, version, kind, printer_columns = GROUP, "v1", "Thing", COLUMNS

    spec = Object(SpecV1, load_default=dict)


class Thing(Resource):
    class Meta:
        group, version, printer_columns = GROUP, "v2", COLUMNS

    spec = Object(Spec, load_default=dict)


class ThingHub(Hub):
    class Meta:
        group, kind = GROUP, "Thing"

    spec = Object(Spec, load_default=dict)

    @staticmethod
    def prepare_for_create(value: Value) -> None:
        fail("prepare", value.get("spec"))


@defaults(Spec)
def fill_in(spec: Value) -> None:
    fail("default", spec)


@derives(Spec, field="amount", of=("failing",))
def amount(failing: list[str] | None) -> str | None:
    fail("derived", {"failing": failing or []})
    return None


@validates(Spec)
def judge(spec: Value) -> Iterable[Finding]:
    fail("rule", spec)
    return ["no finding"] if "words" in spec.get("failing", ()) else ()  # type: ignore[list-item] # the fault


@validates_update(Thing)
def judge_update(new: Value, old: Value) -> Iterable[Finding]:
    fail("update", new.get("spec"))
    return ()


def to_hub(spoke: Value, hub: Value) -> None:
    fail("to hub", spoke["spec"])
    hub["spec"]["amount"] = spoke["spec"].get("size", "")


def to_spoke(hub: Value, spoke: Value) -> None:
    fail("to spoke", hub["spec"])
    wrong = "type" in hub["spec"].get("failing", ())
    spoke["spec"]["size"] = {"no": "text"} if wrong else hub["spec"].get("amount", "")


def register(scheme: Scheme) -> None:
    functions = Functions(spoke="spec.size", hub="spec.amount", to_hub=to_hub, to_spoke=to_spoke)
    scheme.add(ThingHub, Edge(Thing), Edge(ThingV1, functions), storage=f"{GROUP}/v2")


@pytest.fixture
def app(store: SqlStore) -> Starlette:
    return create_app(load_scheme([""], [f"{__name__}:register"]), store)


def thing(path: str, name: str, *failing: str) -> Value:
    version = path.split("/")[3]
    return {
        "apiVersion": f"{GROUP}/{version}",
        "kind": "Thing",
        "metadata": {"name": name},
        "spec": {"failing": list(failing)},
    }


async def send(app: Starlette, method: str, path: str, body: Any = None, **more: str) -> Reply:
    headers = {"Content-Type": more.get("media", "application/json")}
    headers["Accept"] = more.get("accept", "application/json")
    data = b"" if body is None else json.dumps(body).encode()
    return await ask(app, method, path, data, headers, patience=0.3)


APPLY = "application/apply-patch+yaml"
WRITES = (
    # The function, where it is called, and the words that name it.
    ("default", V2, "function fill_in of Spec failed: LookupError: what now"),
    ("derived", V2, "function amount of Spec failed: LookupError: what now"),
    ("rule", V2, "function judge of Spec failed: LookupError: what now"),
    ("words", V2, "function judge of Spec failed: TypeError: a rule finds findings"),
    ("update", V2, "function judge_update of Thing failed: LookupError: what now"),
    ("prepare", V2, "function ThingHub.prepare_for_create of ThingHub failed: LookupError"),
    ("to hub", V1, "rule functions(spec.size <-> spec.amount) failed: LookupError: what now"),
    ("to spoke", V1, "rule functions(spec.size <-> spec.amount) failed: LookupError: what now"),
    ("type", V1, "its rules make what"),
)


def test_writes(app: Starlette, caplog: pytest.LogCaptureFixture) -> None:
    """Each answer names function and object, tells no traceback, and changes nothing."""

    async def refused(
        failing: str, words: str, method: str, path: str, body: Any, media: str
    ) -> None:
        caplog.clear()
        reply = await send(app, method, path, body, media=media)
        said = (failing, method, path, reply.body)
        status = json.loads(reply.body)
        assert (reply.status, status["reason"]) == (500, "InternalError"), said
        assert status["message"].startswith("Internal error occurred: "), said
        assert words in status["message"], said
        assert re.search(rf"{GROUP}/v[12] Thing (default/)?(one|new)\b", status["message"]), said
        assert status["details"]["name"] in ("one", "new"), said
        assert status["details"]["causes"][0]["reason"] == "FunctionFailed", said
        assert not re.search(r'Traceback|File "|\.py', reply.body.decode()), said
        (record,) = (each for each in caplog.records if each.levelno >= logging.ERROR)
        if failing != "type":
            assert record.exc_info, said
            assert record.exc_info[0] is (TypeError if failing == "words" else LookupError), said

    async def run() -> None:
        sent = 0
        for failing, path, words in WRITES:
            assert (await send(app, "POST", path, thing(path, "one"))).status in (201, 409)
            one, new = f"{path}/one", f"{path}/new?fieldManager=me"
            bad = {"spec": {"failing": [failing]}}
            step = {"op": "add", "path": "/spec/failing", "value": [failing]}
            writes = [
                ("POST", path, thing(path, "new", failing), ""),
                ("PATCH", new, thing(path, "new", failing), APPLY),
                ("PUT", one, thing(path, "one", failing), ""),
                ("PATCH", one, bad, MERGE),
                ("PATCH", one, [step], JSON_PATCH),
                ("PATCH", f"{one}?fieldManager=me&force=true", thing(path, "one", failing), APPLY),
            ]
            if failing == "prepare":
                del writes[2:]
            if failing == "update":
                del writes[:2]
            for method, target, body, media in writes:
                await refused(failing, words, method, target, body, media or "application/json")
                sent += 1
            assert json.loads((await send(app, "GET", one)).body)["spec"].get("failing") in (
                None,
                [],
            )
            assert (await send(app, "GET", f"{path}/new")).status == 404
        assert sent > 30
        figures = (await send(app, "GET", "/metrics")).body.decode()
        counted = re.findall(r"kconv_function_failures_total\{.*version=\"(v\d)\"\} (\d+)", figures)
        assert sum(int(number) for _, number in counted) == sent, counted
        await app.state.server.stop()

    with caplog.at_level(logging.WARNING):
        asyncio.run(run())


READS = ("", "?watch=true", "?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan")


def test_reads(app: Starlette, caplog: pytest.LogCaptureFixture) -> None:
    """What is stored and fails in one version fails reads of that version alone, each time."""

    async def run() -> None:
        for name, failing in (("good", ()), ("bad", ("to spoke",)), ("ugly", ("type",))):
            created = await send(app, "POST", V2, thing(V2, name, *failing))
            assert created.status == 201, created.body
        for accept in ("application/json", TABLE):
            for query in READS:
                older = await send(app, "GET", V1 + query, accept=accept)
                assert older.status == (200 if "watch" in query else 500), (query, accept)
                if query:
                    # Kubernetes ends such a watch, too, with what is wrong.
                    assert b"cannot be read" in older.body.splitlines()[-1], (query, older.body)
                newer = await send(app, "GET", V2 + query, accept=accept)
                assert newer.status == 200
                assert b"good" in newer.body
                assert b"Failure" not in newer.body, (query, newer.body)
        for name in ("bad", "ugly"):
            reply = await send(app, "GET", f"{V1}/{name}")
            assert reply.status == 500
            assert f"default/{name}" in json.loads(reply.body)["message"]
            assert (await send(app, "GET", f"{V2}/{name}")).status == 200
            assert (await send(app, "DELETE", f"{V1}/{name}")).status == 200
        assert (await send(app, "GET", V1)).status == 200
        await app.state.server.stop()

    with caplog.at_level(logging.ERROR):
        asyncio.run(run())
    found = [each for each in caplog.records if "cannot be read" in each.message]
    assert len(found) == 2, "an object is logged once, however often it is asked for"
    assert {each.exc_info and each.exc_info[0] for each in found} == {LookupError, None}


def test_cells(app: Starlette, caplog: pytest.LogCaptureFixture) -> None:
    """A column whose function fails says so in its own cells, in lists and watches."""

    async def run() -> None:
        for name, failing in (("good", ()), ("bad", ("column",)), ("ugly", ("object",))):
            assert (await send(app, "POST", V2, thing(V2, name, *failing))).status == 201
        one = await send(app, "GET", f"{V2}/bad", accept=TABLE)
        listed = await send(app, "GET", V2, accept=TABLE)
        watched = await send(app, "GET", f"{V2}?watch=true", accept=TABLE)
        await app.state.server.stop()
        expected = {
            "good": ["good", "fine", "<unknown>"],
            "bad": ["bad", "<error>", "<error>"],
            "ugly": ["ugly", "<error>", "<unknown>"],
        }
        assert cells(one.body) == {"bad": expected["bad"]}
        assert cells(listed.body) == expected
        found: dict[str, list[str]] = {}
        for line in watched.body.splitlines():
            found |= cells(json.dumps(json.loads(line)["object"]).encode())
        assert found == expected

    def cells(body: bytes) -> dict[str, list[str]]:
        return {row["cells"][0]: row["cells"] for row in json.loads(body)["rows"]}

    with caplog.at_level(logging.ERROR):
        asyncio.run(run())
    assert len(caplog.records) <= 1, "it is logged once"


def test_a_defect_in_a_watch_is_an_event(
    app: Starlette, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*arguments: object, **more: object) -> None:
        raise ZeroDivisionError

    async def run() -> Reply:
        assert (await send(app, "POST", V2, thing(V2, "one"))).status == 201
        monkeypatch.setattr("kconv._serve.watch_lines.table_of", broken)
        reply = await send(app, "GET", f"{V2}?watch=true", accept=TABLE)
        await app.state.server.stop()
        return reply

    with caplog.at_level(logging.ERROR):
        event = json.loads(asyncio.run(run()).body)
    assert event["type"] == "ERROR"
    assert (event["object"]["reason"], event["object"]["code"]) == ("InternalError", 500)
    assert [each.exc_info and each.exc_info[0] for each in caplog.records] == [ZeroDivisionError]
