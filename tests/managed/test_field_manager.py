"""The tables of apimachinery's tests of field managers, with what its code answers."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from fixtures.recorded import Case, LeftOut, lines, verdict
from kconv._gvk import GroupVersion
from kconv._managed.conflicts import ApplyConflict
from kconv._managed.field_manager import FieldManager
from kconv._managed.shape import Shape, Shapes
from kconv._managed.updater import MissingVersion, Typed
from kconv._scheme import load_scheme

NOW = "2027-01-01T00:00:00Z"


class OneKind:
    """The versions of a kind, which all have the fields of the one that is asked for."""

    def __init__(self, shape: Shape, version: str) -> None:
        self._shape = shape
        self._version = version

    def shape(self, version: str) -> Shape:
        if version != self._version:
            raise MissingVersion(version)
        return self._shape

    def convert(self, document: Typed, version: str) -> Typed:
        self.shape(version)
        return Typed(document.value, version)

    def alike(self, version: str, other: str) -> bool:
        return version == other


@pytest.fixture(scope="module")
def shapes() -> dict[tuple[str, str], Shape]:
    scheme, made = load_scheme(), Shapes(zeros=True)
    found = {}
    core = ("Pod", "ConfigMap", "Endpoints", "ReplicationController", "Service")
    kinds = [("apps/v1", "Deployment"), *(("v1", each) for each in core)]
    for version, kind in kinds:
        gvk = GroupVersion.parse(version).kind(kind)
        found[version, kind] = made.of_type(scheme.spoke(gvk).schema)
    return found


CAP = "TestCap"
"""Tests with another bound of updates: three."""


def is_other_version(case: Case) -> bool:
    entries = (case["expected"]["result"] or {}).get("metadata", {}).get("managedFields", ())
    return CAP in case["source"] and any(each["apiVersion"] != "v1" for each in entries)


LEFT_OUT = (
    LeftOut(
        "entries count only in versions in which the object can be had",
        is_other_version,
    ),
    LeftOut(
        "who owns what is kept from the first write on; there it is from the first apply on",
        lambda case: case["id"] == "ff9cbddf24232f42",
    ),
)


def test_requests(reference: Path, shapes: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What updates and applies make of objects and of managedFields."""

    def wrong(case: Case) -> str:
        given, expected = case["input"], case["expected"]
        most = 3 if CAP in case["source"] else 10
        monkeypatch.setattr("kconv._managed.field_manager.MOST_UPDATE_MANAGERS", most)
        try:
            made = run(shapes, given, expected)
        except ApplyConflict as conflict:
            return "" if "conflict" in str(expected["error"]) else str(conflict)
        except (ValueError, MissingVersion) as error:
            return "" if expected["error"] else repr(error)
        if expected["error"]:
            return f"{made}, though {expected['error']}"
        found, wanted = (settled(each) for each in (made, expected["result"]))
        return "" if found == wanted else f"{json.dumps(found)}\n{json.dumps(wanted)}"

    cases = lines(reference / "peers" / "managedfields_fieldmanager.jsonl")
    assert len(cases) == 80
    assert verdict(cases, wrong, LEFT_OUT) == []


def run(shapes: Any, given: Any, expected: Any) -> Any:
    live, new = copy.deepcopy(given["live"]), copy.deepcopy(given["object"])
    version = new["apiVersion"]
    entries = (expected["result"] or {}).get("metadata", {}).get("managedFields", ())
    subresource = next((each["subresource"] for each in entries if "subresource" in each), "")
    head = {"apiVersion": live["apiVersion"], "kind": live["kind"]}
    kind = OneKind(shapes[live["apiVersion"], live["kind"]], live["apiVersion"])
    manager = FieldManager(kind, version, subresource, {}, lambda: dict(head))
    old = live.get("metadata", {}).pop("managedFields", [])
    own = new.get("metadata", {}).pop("managedFields", None)
    if given["fn"] == "Apply":
        if own is not None:
            raise ValueError("metadata.managedFields must be nil")
        return with_entries(
            *manager.apply(live, new, old, given["manager"], NOW, force=given["force"])
        )
    if live == head and not old:
        return with_entries(new, manager.create(lambda: new, own, given["manager"], NOW))
    return with_entries(
        new, manager.update(lambda: live, lambda: new, old, own, given["manager"], NOW)
    )


def with_entries(document: Any, entries: Any) -> Any:
    metadata = {**document.get("metadata", {}), "managedFields": entries}
    return {**document, "metadata": metadata}


def settled(value: Any) -> Any:
    """A document without when its fields were set, and without empty metadata."""
    metadata = {**value.get("metadata", {})}
    metadata.pop("creationTimestamp", None)
    entries = [
        {name: each for name, each in entry.items() if name != "time"}
        for entry in metadata.pop("managedFields", None) or ()
    ]
    if entries:
        metadata["managedFields"] = sorted(entries, key=lambda each: json.dumps(each))
    rest = {key: each for key, each in value.items() if key != "metadata"}
    return {**rest, "metadata": metadata} if metadata else rest
