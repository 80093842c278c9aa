"""A status that a write does not set is not judged, whatever clients in Go put into it."""

from __future__ import annotations

import json
from typing import Any

from crds.conftest import CRDS, Running, definition, schema, version
from kconv._serve.protobuf import MEDIA_TYPE, decode_object, encode_object

ZEROS = {"acceptedNames": {"kind": "", "plural": ""}, "conditions": None, "storedVersions": None}
"""As controller-gen writes it into files, and as JSON of Go has it."""
APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"


def test_definitions_with_zeros_in_their_status(server: Running) -> None:
    for plural, sent, content_type in (
        ("plains", json.dumps, "application/json"),
        ("packs", encode_object, MEDIA_TYPE),
    ):
        crd = {**definition(plural, {"v1": {}}), "status": ZEROS}
        path = f"{CRDS}/{plural}.example.com"
        headers = {"Content-Type": content_type}
        made = server.http.post(CRDS, content=sent(crd), headers=headers)
        assert made.status_code == 201, made.text
        assert made.json()["status"]["storedVersions"] == ["v1"]
        found = server.made("GET", path)
        assert found["status"]["acceptedNames"]["plural"] == plural
        changed = {**found, "status": ZEROS}
        changed["spec"]["names"]["shortNames"] = ["p"]
        put = server.http.put(path, content=sent(changed), headers=headers)
        assert put.status_code == 200, put.text
        assert put.json()["spec"]["names"]["shortNames"] == ["p"]
        assert put.json()["status"]["storedVersions"] == ["v1"]
        patched = server.patch(path, {"status": ZEROS, "metadata": {"labels": {"a": "b"}}})
        assert patched["metadata"]["labels"] == {"a": "b"}
        assert patched["status"]["storedVersions"] == ["v1"]
        server.made("DELETE", path)
    applied = {**definition("applies", {"v1": {}}), "status": ZEROS}
    for code in (201, 200):
        answered = server.http.patch(
            f"{CRDS}/applies.example.com",
            params={"fieldManager": "a"},
            content=json.dumps(applied),
            headers={"Content-Type": APPLY},
        )
        assert answered.status_code == code, answered.text
        applied["spec"]["names"]["shortNames"] = ["p"]
    server.made("DELETE", f"{CRDS}/applies.example.com")


def test_custom_resources_whose_status_breaks_its_schema(server: Running) -> None:
    """And what is wrong with the rest is told alone, as is what the status endpoint is given."""
    crd = definition("gauges", {"v1": {"size": {"type": "integer", "minimum": 1}}})
    version(crd, "v1")["subresources"] = {"status": {}}
    status = {"type": "object", "required": ["phase"]}
    schema(crd, "v1")["properties"]["status"] = {
        **status,
        "properties": {"phase": {"type": "string", "minLength": 1}},
    }
    server.made("POST", CRDS, crd)
    path = "/apis/example.com/v1/namespaces/default/gauges"
    gauge: dict[str, Any] = {
        "apiVersion": "example.com/v1",
        "kind": "Gauge",
        "metadata": {"name": "a"},
        "spec": {"size": 1},
        "status": {"phase": ""},
    }
    made = server.made("POST", path, gauge)
    assert "status" not in made
    put = server.made("PUT", f"{path}/a", {**made, "spec": {"size": 2}, "status": {}})
    assert put["spec"] == {"size": 2}
    assert "status" not in put
    patched = server.patch(f"{path}/a", {"spec": {"size": 3}, "status": {"phase": ""}})
    assert patched["spec"] == {"size": 3}
    bad = {"metadata": {"name": "b"}, "spec": {"size": 0}}
    refused = {**patched, "spec": {"size": 0}, "status": {}}
    for answered, fields in (
        (server.ask("POST", path, {**gauge, **bad}), ["spec.size"]),
        (server.ask("PUT", f"{path}/a", refused), ["spec.size"]),
        (
            server.ask("PATCH", f"{path}/a/status", {"status": {"phase": ""}}, content_type=MERGE),
            ["status.phase"],
        ),
    ):
        assert answered.status_code == 422, answered.text
        causes = answered.json()["details"].get("causes", [])
        assert [each["field"] for each in causes] == fields
    server.made("DELETE", f"{CRDS}/gauges.example.com")


def test_a_deep_schema_can_be_read_in_every_form(server: Running) -> None:
    """As deep as a body of JSON may be: neither the CRD nor the documents about it fail."""
    deep: dict[str, Any] = {"type": "string"}
    for _ in range(180):
        deep = {"type": "array", "items": deep}
    crd = definition("shafts", {"v1": {"deep": deep}})
    made = server.ask("POST", CRDS, crd)
    assert made.status_code == 201, made.text
    path = f"{CRDS}/shafts.example.com"
    expected = server.made("GET", path)
    answered = server.http.get(path, headers={"Accept": MEDIA_TYPE})
    assert answered.status_code == 200, answered.text
    given = decode_object(answered.content)
    assert given["spec"]["versions"] == expected["spec"]["versions"]
    gnostic = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
    for form in ("application/json", gnostic):
        assert server.http.get("/openapi/v2", headers={"Accept": form}).status_code == 200
    assert server.ask("GET", "/openapi/v3/apis/example.com/v1").status_code == 200
    server.made("DELETE", path)
