"""A CRD is served from when it is made: objects, discovery, OpenAPI, tables, watches."""

from __future__ import annotations

import json
from typing import Any

from crds.conftest import CRDS, Running, Start, definition, schema, version

FIELDS: dict[str, Any] = {
    "size": {"type": "integer", "minimum": 1, "default": 3},
    "color": {"type": "string", "enum": ["red", "green"]},
    "port": {"x-kubernetes-int-or-string": True},
    "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
    "tags": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}},
    "note": {"type": "string", "nullable": True},
}
GADGETS = "/apis/example.com/v1/namespaces/default/gadgets"


def test_a_crd_is_served_at_once(server: Running) -> None:
    assert server.ask("GET", "/apis/example.com").status_code == 404
    crd = definition("gadgets", {"v1": FIELDS})
    version(crd, "v1")["subresources"] = {"status": {}}
    version(crd, "v1")["additionalPrinterColumns"] = [
        {"name": "Size", "type": "integer", "jsonPath": ".spec.size"},
        {"name": "Up", "type": "string",
         "jsonPath": '.status.conditions[?(@.type=="Ready")].status'},
    ]  # fmt: skip
    schema(crd, "v1")["properties"]["status"] = {
        "type": "object", "x-kubernetes-preserve-unknown-fields": True,
    }  # fmt: skip
    made = server.made("POST", CRDS, crd)
    assert made["status"]["storedVersions"] == ["v1"]
    found = server.made("GET", f"{CRDS}/gadgets.example.com")
    conditions = {each["type"]: each["status"] for each in found["status"]["conditions"]}
    assert conditions == {"NamesAccepted": "True", "Established": "True"}
    assert found["status"]["acceptedNames"]["listKind"] == "GadgetList"

    group = server.made("GET", "/apis/example.com")
    assert group["preferredVersion"]["groupVersion"] == "example.com/v1"
    names = [each["name"] for each in server.made("GET", "/apis/example.com/v1")["resources"]]
    assert names == ["gadgets", "gadgets/status"]

    sent = {
        "apiVersion": "example.com/v1", "kind": "Gadget", "metadata": {"name": "a"},
        # A null is absent where there is a default, and a value where it may be one.
        "spec": {"color": "red", "unknown": 1, "size": None, "note": None,
                 "free": {"x": [1, {"y": None}]}},
        "status": {"phase": "no"},
    }  # fmt: skip
    answer = server.ask("POST", GADGETS, sent)
    assert answer.headers["warning"] == '299 - "unknown field \\"spec.unknown\\""'
    spec = {"size": 3, "color": "red", "free": {"x": [1, {"y": None}]}, "note": None}
    assert answer.json()["spec"] == spec
    assert "status" not in answer.json()
    assert answer.json()["metadata"]["generation"] == 1
    got = server.made("GET", f"{GADGETS}/a")
    assert got["spec"] == spec

    ready = {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}
    server.patch(f"{GADGETS}/a/status", ready)
    table = server.made("GET", GADGETS, accept="application/json;as=Table;v=v1;g=meta.k8s.io")
    assert [each["name"] for each in table["columnDefinitions"]] == ["Name", "Size", "Up"]
    assert table["rows"][0]["cells"] == ["a", 3, "True"]

    index = server.made("GET", "/openapi/v3")["paths"]["apis/example.com/v1"]
    document = server.made("GET", index["serverRelativeURL"])
    component = document["components"]["schemas"]["com.example.v1.Gadget"]
    assert component["properties"]["spec"]["properties"]["size"]["default"] == 3

    bad = {**sent, "metadata": {"name": "b"},
           "spec": {"size": 0, "color": "blue", "port": [], "tags": ["x", "x"]}}  # fmt: skip
    refused = server.ask("POST", GADGETS, bad)
    assert refused.status_code == 422
    causes = {each["field"]: each["reason"] for each in refused.json()["details"]["causes"]}
    assert causes == {
        "spec.size": "FieldValueInvalid",
        "spec.color": "FieldValueNotSupported",
        "spec.port": "FieldValueTypeInvalid",
        "spec.tags[1]": "FieldValueDuplicate",
    }
    lines = server.http.get(GADGETS, params={"watch": "true", "timeoutSeconds": "1"}).text
    assert [json.loads(line)["type"] for line in lines.splitlines()] == ["ADDED"]


def test_a_null_is_as_good_as_none_but_to_who_applies_it(start: Start) -> None:
    """As Kubernetes has it: writes drop it, and an owner of it would own nothing."""
    server = start()
    server.made("POST", CRDS, definition("gadgets", {"v1": {"color": {"type": "string"}}}))
    body: dict[str, Any] = {"apiVersion": "example.com/v1", "kind": "Gadget"}
    body |= {"metadata": {"name": "a"}, "spec": {"color": None}}
    assert server.made("POST", GADGETS, body)["spec"] == {}
    server.patch(f"{GADGETS}/a", {"spec": {"color": "red"}})
    change = [{"op": "replace", "path": "/spec/color", "value": None}]
    patched = server.ask(
        "PATCH", f"{GADGETS}/a", change, content_type="application/json-patch+json"
    )
    assert patched.json()["spec"] == {}
    for name in ("a", "new"):
        body["metadata"] = {"name": name}
        answer = server.ask(
            "PATCH", f"{GADGETS}/{name}?fieldManager=m", body,
            content_type="application/apply-patch+yaml",
        )  # fmt: skip
        said = (
            'spec.color: Invalid value: "null": spec.color in body must be of type string: "null"'
        )
        assert answer.status_code == 422, answer.text
        assert answer.json()["message"] == f'Gadget.example.com "{name}" is invalid: {said}'


def test_a_null_is_dropped_by_a_version_that_has_none(server: Running) -> None:
    """Though the two are the same otherwise, and nothing is converted."""
    text: dict[str, Any] = {"type": "string"}
    fields = {"v1": {"note": {**text, "nullable": True}}, "v2": {"note": text}}
    server.made("POST", CRDS, definition("notes", fields))
    at = "/apis/example.com/v1/namespaces/default/notes"
    body: dict[str, Any] = {"apiVersion": "example.com/v1", "kind": "Note", "spec": {"note": None}}
    body["metadata"] = {"name": "a", "labels": {}}
    made = server.made("POST", at, body)
    assert made["spec"] == {"note": None}
    assert "labels" not in made["metadata"], "what is empty there is as good as none"
    assert server.made("GET", f"{at}/a".replace("v1", "v2"))["spec"] == {}
    (item,) = server.made("GET", at.replace("v1", "v2"))["items"]
    assert item["spec"] == {}
