"""What is made of custom resources is counted in memory, and goes when there is too much."""

from __future__ import annotations

import gc
import time
from typing import Any

from crds.conftest import CRDS, Running, Start, definition
from kconv._structural import StructuralKind
from kconv._verbs.memory.limits import PIECE_BYTES

FIELDS: dict[str, Any] = {"text": {"type": "string"}}
OBJECTS = 12


def place(at: str, name: str = "") -> str:
    path = f"/apis/example.com/{at}/namespaces/default/gadgets"
    return f"{path}/{name}" if name else path


def filled(server: Running) -> Running:
    server.made("POST", CRDS, definition("gadgets", {"v1": FIELDS, "v2": FIELDS}))
    for number in range(OBJECTS):
        sent = {
            "apiVersion": "example.com/v1", "kind": "Gadget", "metadata": {"name": f"g-{number}"},
            "spec": {"text": "x" * 2000},
        }  # fmt: skip
        server.made("POST", place("v1"), sent)
    return server


def counted(server: Running) -> tuple[int, int, int]:
    """The bytes that are counted; those that there are, by what is there; and how many pieces."""
    memory = server.server._server.memory
    rows = [row for each in memory._collections.values() for row in each.rows.values()]
    pieces = [each for row in rows for each in row.encoded.values()]
    bare = sum(row.size for row in rows) - sum(each.size + PIECE_BYTES for each in pieces)
    subjects = PIECE_BYTES * sum(row.subject is not None for row in rows)
    stored = sum(len(row.stored.data) for row in rows)
    assert bare - subjects >= stored, "each row has its own bytes beside what was made of it"
    return memory.use.size, sum(row.size for row in rows), len(pieces)


def test_what_is_made_of_custom_resources_is_counted(start: Start) -> None:
    server = filled(start())
    for at in ("v1", "v2"):
        assert len(server.made("GET", place(at))["items"]) == OBJECTS
        assert server.made("GET", place(at, "g-3"))["spec"]["text"][:1] == "x"
    size, wanted, pieces = counted(server)
    assert size == wanted
    assert pieces >= 2 * OBJECTS


def test_what_is_made_of_custom_resources_has_its_limit(start: Start) -> None:
    """The objects themselves fit, and what clients get of them does not."""
    limit = 70_000
    server = filled(start(cache_bytes=limit))
    for _ in range(3):
        for at in ("v1", "v2"):
            listed = server.made("GET", place(at))["items"]
            assert [len(each["spec"]["text"]) for each in listed] == [2000] * OBJECTS
            assert {each["apiVersion"] for each in listed} == {f"example.com/{at}"}
            assert server.made("GET", place(at, "g-5"))["apiVersion"] == f"example.com/{at}"
            size, wanted, _ = counted(server)
            assert size == wanted <= limit


CHANGES = 200


def kinds_of(resource: str) -> int:
    """How many kinds of a resource are in memory, those that are gone among them."""
    gc.collect()
    return sum(
        type(each) is StructuralKind and each.options.plural == resource
        for each in gc.get_objects()
    )


def test_kinds_that_are_gone_are_forgotten(start: Start) -> None:
    """However often a CRD changes, or goes and comes again, and whatever was asked of it."""
    server = start()
    path = "/apis/example.com/v1/namespaces/default/fleetings"
    sent = {"apiVersion": "example.com/v1", "kind": "Fleeting", "metadata": {"name": "one"}}
    other = path.replace("/v1/", "/v2/")
    views = ("application/vnd.kubernetes.protobuf", "application/json;as=Table;v=v1;g=meta.k8s.io")
    forms = ("application/json", *(f"{view}, application/json" for view in views))
    apply = {"Content-Type": "application/apply-patch+yaml"}
    changes = 0
    while changes < CHANGES:
        made = server.made("POST", CRDS, definition("fleetings", {"v1": FIELDS, "v2": FIELDS}))
        name = f"{CRDS}/{made['metadata']['name']}"
        server.made("PATCH", f"{path}/one?fieldManager=me", sent, **apply)
        for number in range(18):
            server.patch(name, {"spec": {"names": {"shortNames": [f"f{number}"]}}})
            if number % 6 == 5:
                server.made("PATCH", f"{path}/one?fieldManager=me", sent, **apply)
            else:
                server.made("GET", (path, other)[number % 2], Accept=forms[number % 3])
        server.made("GET", "/openapi/v3/apis/example.com/v1")
        server.made("DELETE", f"{path}/one")
        server.made("DELETE", name)
        while server.ask("GET", name).status_code != 404:
            pass
        changes += 20
    assert kinds_of("fleetings") <= 2
    server.made("POST", CRDS, definition("fleetings", {"v1": FIELDS}))
    assert 1 <= kinds_of("fleetings") <= 3


def test_the_metrics_of_a_crd_go_with_it(start: Start) -> None:
    server = filled(start())
    crd = f"{CRDS}/gadgets.example.com"
    server.patch(place("v1", "g-1"), {"metadata": {"labels": {"a": "b"}}})
    with server.http.stream("GET", f"{place('v1')}?watch=1") as watch:
        next(watch.iter_lines())

    def metrics() -> str:
        return server.ask("GET", "/metrics").text

    def of_gadgets() -> set[str]:
        lines = metrics().splitlines()
        return {line.partition("{")[0] for line in lines if 'resource="gadgets"' in line}

    def of_version(version: str) -> list[str]:
        lines = metrics().splitlines()
        named = (f'version="{version}"', 'resource="gadgets"')
        return [line for line in lines if all(each in line for each in named)]

    metrics_of_server = server.server._server.metrics
    metrics_of_server.collected.labels("example.com", "gadgets", "deleted", "background").inc()
    metrics_of_server.functions.labels("example.com", "v1", "gadgets").inc()
    named = {"apiserver_request_total", "apiserver_request_duration_seconds_bucket",
             "apiserver_longrunning_requests", "kconv_garbage_collected_total",
             "kconv_function_failures_total"}  # fmt: skip
    assert named <= of_gadgets()
    server.patch(crd, {"metadata": {"labels": {"a": "b"}}})
    assert named <= of_gadgets(), "it is there still"
    server.made("GET", place("v2"))
    assert of_version("v2")
    # A version that leaves takes its own along; the resource stays, and so do the others' series.
    server.patch(
        crd, {"spec": {"versions": definition("gadgets", {"v1": FIELDS})["spec"]["versions"]}}
    )
    assert server.ask("GET", place("v2")).status_code == 404
    assert not of_version("v2")
    assert named <= of_gadgets()
    assert of_version("v1")
    server.made("DELETE", crd)
    deadline = time.monotonic() + 20
    while server.ask("GET", crd).status_code != 404:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert server.ask("GET", place("v1")).status_code == 404
    left = {
        line.partition("{")[0] for line in metrics().splitlines() if 'resource="gadgets"' in line
    }
    assert not left & named, left
    assert 'resource="customresourcedefinitions"' in metrics()
