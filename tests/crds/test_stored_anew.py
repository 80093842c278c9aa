"""Writes that change nothing, and versions that differ by name alone: quick ways, same answers."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from crds.conftest import CRDS, Running, definition
from kconv._gvk import GroupResource

MERGE, JSON = "application/merge-patch+json", "application/json-patch+json"
FIELDS: dict[str, Any] = {
    "width": {"type": "integer"},
    "color": {"type": "string", "default": "red"},
}


def place(at: str, plural: str, name: str = "") -> str:
    path = f"/apis/example.com/{at}/namespaces/default/{plural}"
    return f"{path}/{name}" if name else path


def stored(server: Running, plural: str) -> dict[str, tuple[str, int]]:
    store = server.server._server.store
    rows = store.list("example.com", plural).items
    return {row.key.name: (row.api_version, row.resource_version) for row in rows}


def changed(server: Running, crd: dict[str, Any], **spec: Any) -> None:
    """Apply another spec, and wait until it is served."""
    name = crd["metadata"]["name"]
    found = server.made("GET", f"{CRDS}/{name}")
    found["spec"] |= spec
    server.made("PUT", f"{CRDS}/{name}", found)


def flipped(crd: dict[str, Any], to: str) -> list[dict[str, Any]]:
    return [{**each, "storage": each["name"] == to} for each in deepcopy(crd["spec"]["versions"])]


# What is done to the CRD besides the flip to v2; what is sent; what it is answered with.
REFUSED: dict[str, tuple[dict[str, Any], dict[str, Any], int]] = {
    "fits": ({}, {}, 200),
    "another resourceVersion": ({}, {"resourceVersion": "1"}, 409),
    "another uid": ({}, {"uid": "another"}, 409),
    "breaks a bound": ({"width": {"type": "integer", "maximum": 3}}, {}, 422),
    "breaks a rule of combined schemas": ({"width": {"anyOf": [{"maximum": 3}]}}, {}, 422),
    "lacks what is required": ({"required": ["depth"]}, {}, 422),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_patch_that_changes_nothing_is_judged_and_stored_as_any(
    server: Running, case: str
) -> None:
    """A JSON patch without operations, which goes the long way, is answered the same."""
    plural = f"case{list(REFUSED).index(case)}s"
    fields, sent, status = REFUSED[case]
    crd = definition(plural, {"v1": FIELDS, "v2": FIELDS})
    server.made("POST", CRDS, crd)
    for name in ("quick", "slow"):
        body = {
            "apiVersion": "example.com/v1", "kind": crd["spec"]["names"]["kind"],
            "metadata": {"name": name, "labels": {"a": "b"}}, "spec": {"width": 7},
        }  # fmt: skip
        server.made("POST", place("v1", plural), body)
    versions = flipped(crd, "v2")
    of_spec = versions[1]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    of_spec |= {"required": fields["required"]} if "required" in fields else {}
    for name, said in fields.items():
        if name != "required":
            of_spec["properties"][name] = {**of_spec["properties"].get(name, {}), **said}
    changed(server, crd, versions=versions)
    before = stored(server, plural)
    shown = server.made("GET", place("v2", plural, "quick"))
    told = {"metadata": {**sent}} if sent else {}
    tests = [
        {"op": "replace", "path": f"/metadata/{name}", "value": value}
        for name, value in sent.items()
    ]
    answers = {
        "quick": server.ask("PATCH", place("v2", plural, "quick"), told, content_type=MERGE),
        "slow": server.ask("PATCH", place("v2", plural, "slow"), tests, content_type=JSON),
    }
    said = {}
    for name, answer in answers.items():
        assert answer.status_code == status, answer.text
        found = answer.json()
        if status == 200:
            moved = stored(server, plural)[name]
            assert moved[0] == "example.com/v2"
            assert moved[1] > before[name][1]
            assert found["metadata"].pop("resourceVersion") == str(moved[1])
            for own in ("uid", "creationTimestamp", "managedFields"):
                found["metadata"].pop(own)
        else:
            assert stored(server, plural)[name] == before[name]
        uid = server.made("GET", place("v2", plural, name))["metadata"]["uid"]
        said[name] = str(found).replace(name, "it").replace(uid, "its")
    assert said["quick"] == said["slow"]
    if status == 200:
        now = server.made("GET", place("v2", plural, "quick"))
        assert now["metadata"].pop("resourceVersion") != shown["metadata"].pop("resourceVersion")
        assert now == shown
        again = stored(server, plural)
        server.patch(place("v2", plural, "quick"), {})
        assert stored(server, plural) == again, "it was where it belongs already"


def test_neither_a_rehearsal_nor_an_end_that_has_begun_goes_the_quick_way(server: Running) -> None:
    crd = definition("ends", {"v1": FIELDS, "v2": FIELDS})
    server.made("POST", CRDS, crd)
    body = {
        "apiVersion": "example.com/v1", "kind": "End", "spec": {"width": 7},
        "metadata": {"name": "it", "finalizers": ["example.com/f"]},
    }  # fmt: skip
    server.made("POST", place("v1", "ends"), body)
    changed(server, crd, versions=flipped(crd, "v2"))
    before = stored(server, "ends")
    server.patch(f"{place('v2', 'ends', 'it')}?dryRun=All", {})
    assert stored(server, "ends") == before
    server.made("DELETE", place("v2", "ends", "it"))
    server.patch(place("v2", "ends", "it"), {})
    assert stored(server, "ends")["it"][0] == "example.com/v2"
    server.patch(place("v2", "ends", "it"), {"metadata": {"finalizers": None}})
    assert stored(server, "ends") == {}


# The fields of v2, where those of v1 are `FIELDS`: what differs has to be seen in lists.
OTHER_FIELDS: dict[str, dict[str, Any]] = {
    "the same": FIELDS,
    "others described": {**FIELDS, "width": {"type": "integer", "description": "cm"}},
    "one less": {"color": FIELDS["color"]},
    "other defaults": {**FIELDS, "color": {"type": "string", "default": "blue"}},
    "a map": {**FIELDS, "tags": {"type": "object", "additionalProperties": {"type": "string"}}},
}


@pytest.mark.parametrize("case", OTHER_FIELDS)
def test_lists_show_each_version_whichever_was_asked_for_first(server: Running, case: str) -> None:
    """Bytes of a version that are made of those of another are those that it would have alone."""
    plural = f"thing{list(OTHER_FIELDS).index(case)}s"
    first = {**FIELDS, "tags": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    second = OTHER_FIELDS[case]
    crd = definition(plural, {"v1": first, "v2": second, "v3": second})
    server.made("POST", CRDS, crd)
    for at in range(3):
        body = {
            "apiVersion": f"example.com/v{at + 1}", "kind": crd["spec"]["names"]["kind"],
            "metadata": {"name": f"t-{at}"}, "spec": {"width": at, "tags": {"v1": "v2"}},
        }  # fmt: skip
        server.made("POST", place(f"v{at + 1}", plural), body)
    memory = server.server._server.memory

    def listed(names: str) -> dict[str, bytes]:
        memory.forget_resource(GroupResource("example.com", plural))
        return {name: server.ask("GET", place(f"v{name}", plural)).content for name in names}

    alone = {name: listed(name)[name] for name in "123"}
    for order in ("123", "321", "213", "231"):
        assert listed(order) == alone
    assert b'"width":2' in alone["1"] or case == "one less"
    assert (b'"width":0' in alone["2"]) == (case != "one less")
