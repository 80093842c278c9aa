"""What is made of custom resources is counted in memory, and goes when there is too much."""

from __future__ import annotations

from typing import Any

from crds.conftest import CRDS, Running, Start, definition
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
