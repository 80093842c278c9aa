"""Definitions that Kubernetes 1.36 refuses, with what it says of them."""

from __future__ import annotations

from typing import Any

from crds.conftest import CRDS, Running, definition

AT = "spec.versions[0]"
OBJECTS = "must be object if parent array's x-kubernetes-list-type is map"
TYPES = "must be one of boolean,date,integer,number,string"
SIMPLE = "must be a simple json path starting with ."


def column(**said: str) -> dict[str, Any]:
    shown = {"name": "A", "type": "string", "jsonPath": ".spec", **said}
    return {"additionalPrinterColumns": [shown]}


def scale(**paths: str) -> dict[str, Any]:
    usual = {"specReplicasPath": ".spec.n", "statusReplicasPath": ".status.n"}
    return {"subresources": {"scale": {**usual, **paths}}}


def listed(items: dict[str, Any], kind: str = "map") -> dict[str, Any]:
    field = {"type": "array", "items": items, "x-kubernetes-list-type": kind}
    if kind == "map":
        field["x-kubernetes-list-map-keys"] = ["name"]
    schema = {"type": "object", "properties": {"a": field}}
    return {"schema": {"openAPIV3Schema": schema}}


def keyed(required: list[str] | None = None, **said: Any) -> dict[str, Any]:
    name = {"type": "string", **said}
    return listed({"type": "object", "properties": {"name": name}, "required": required or []})


ITEMS = "spec.versions[0].schema.openAPIV3Schema.properties[a].items"
KEY = f"{ITEMS}.properties[name]"
IS_KEY = "this property is in x-kubernetes-list-map-keys, so it"
LISTED = f"{AT}.schema.openAPIV3Schema.properties[a].items.type"
SCALE = f"{AT}.subresources.scale"
REFUSED: list[tuple[dict[str, Any], str, str]] = [
    (column(type="x"), f"{AT}.additionalPrinterColumns[0].type", TYPES),
    (column(format="x"), f"{AT}.additionalPrinterColumns[0].format", "must be one of byte,date"),
    (column(jsonPath="spec"), f"{AT}.additionalPrinterColumns[0].JSONPath", SIMPLE),
    (scale(specReplicasPath="x"), f"{SCALE}.specReplicasPath", SIMPLE),
    (
        scale(specReplicasPath=".status.n"),
        f"{SCALE}.specReplicasPath",
        "should be a json path under .spec",
    ),
    (
        scale(statusReplicasPath=".spec.n"),
        f"{SCALE}.statusReplicasPath",
        "should be a json path under .status",
    ),
    (
        scale(labelSelectorPath=".metadata.n"),
        f"{SCALE}.labelSelectorPath",
        "should be a json path under either .spec or .status",
    ),
    (listed({"type": "string"}), LISTED, OBJECTS),
    (listed({"type": "string", "maxLength": 1 << 63}, "set"), f"{ITEMS}.maxLength", ""),
    (listed({"type": "string", "not": {"maxLength": "1"}}, "set"), f"{ITEMS}.not.maxLength", ""),
    (listed({"type": "string", "enum": "a"}, "set"), f"{ITEMS}.enum", ""),
    (keyed(), f"{KEY}.default", f"{IS_KEY} must have a default or be a required property"),
    (keyed(["name"], nullable=True), f"{KEY}.nullable", f"{IS_KEY} cannot be nullable"),
    (
        listed({"type": "string", "nullable": True}, "set"),
        f"{ITEMS}.nullable",
        "cannot be nullable when x-kubernetes-list-type is set",
    ),
]
TAKEN = [
    keyed(["name"]),
    keyed(default="x"),
    column(format="int32", jsonPath=".metadata.name"),
    scale(labelSelectorPath=".spec.selector"),
    listed({"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}),
]


def test_what_it_refuses_is_refused_in_its_words(server: Running) -> None:
    for said, field, message in REFUSED:
        answer = server.ask("POST", f"{CRDS}?dryRun=All", body(said))
        assert answer.status_code == 422, (said, answer.text)
        causes = {each["field"]: each["message"] for each in answer.json()["details"]["causes"]}
        assert field in causes, (said, causes)
        assert message in causes[field], (said, causes)
    for said in TAKEN:
        server.made("POST", f"{CRDS}?dryRun=All", body(said))


def body(said: dict[str, Any]) -> dict[str, Any]:
    # Of a single version Kubernetes says it at the path that all versions would share.
    made = definition("judged", {"v1": {}, "v2": {"other": {"type": "string"}}})
    made["spec"]["versions"][0] |= said
    return made
