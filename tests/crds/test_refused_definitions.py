"""Definitions that Kubernetes 1.36 refuses, with what it says of them."""

from __future__ import annotations

from typing import Any

from crds.conftest import CRDS, Running, definition
from kconv_schemas.apiextensions.definitions import changed_rules

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


def declared(**said: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": {"a": said}}
    return {"schema": {"openAPIV3Schema": schema}}


NAMED: dict[str, Any] = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string"}, "of": {"type": "object"}},
}
KEYED: dict[str, Any] = {"type": "array", "x-kubernetes-list-type": "map"}
FIELD = "spec.versions[0].schema.openAPIV3Schema.properties[a]"
KEYS = "x-kubernetes-list-map-keys"
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
REFUSED += [
    (
        declared(**KEYED, items=NAMED, **{KEYS: ["name", "name"]}),
        f"{FIELD}.{KEYS}",
        'Invalid value: ["name","name"]: must not contain duplicate entries',
    ),
    (
        declared(**KEYED, items=NAMED, **{KEYS: ["name", "no"]}),
        f"{FIELD}.{KEYS}",
        "entries must all be names of item properties",
    ),
    (
        declared(**KEYED, items={**NAMED, "required": ["of"]}, **{KEYS: ["of"]}),
        f"{ITEMS}.properties[of].type",
        "must be a scalar type if parent array's x-kubernetes-list-type is map",
    ),
    (
        declared(**KEYED, **{KEYS: ["name"]}),
        ITEMS,
        "must have a schema if x-kubernetes-list-type is map",
    ),
    (
        declared(type="array", items=NAMED, **{KEYS: ["name"]}),
        f"{FIELD}.x-kubernetes-list-type",
        "Required value: must be map if x-kubernetes-list-map-keys is non-empty",
    ),
    (
        declared(type="string", **{"x-kubernetes-list-type": "set"}),
        f"{FIELD}.type",
        "must be array if x-kubernetes-list-type is specified",
    ),
    (
        declared(
            **{"x-kubernetes-preserve-unknown-fields": True, "x-kubernetes-map-type": "atomic"}
        ),
        f"{FIELD}.type",
        "Required value: must be object if x-kubernetes-map-type is specified",
    ),
    (
        listed(NAMED, "set"),
        f"{ITEMS}.x-kubernetes-map-type",
        "Invalid value: null: must be atomic as item of a list with x-kubernetes-list-type=set",
    ),
    (
        listed({**KEYED, "items": NAMED, KEYS: ["name"]}, "set"),
        f"{ITEMS}.x-kubernetes-list-type",
        'Invalid value: "map": must be atomic as item',
    ),
]
TAKEN = [
    listed({**NAMED, "x-kubernetes-map-type": "atomic"}, "set"),
    listed({"type": "array", "items": NAMED}, "set"),
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
        causes = answer.json()["details"]["causes"]
        at_field = [each["message"] for each in causes if each["field"] == field]
        assert any(message in each for each in at_field), (said, causes)
    for said in TAKEN:
        server.made("POST", f"{CRDS}?dryRun=All", body(said))


def body(said: dict[str, Any]) -> dict[str, Any]:
    # Of a single version Kubernetes says it at the path that all versions would share.
    made = definition("judged", {"v1": {}, "v2": {"other": {"type": "string"}}})
    made["spec"]["versions"][0] |= said
    return made


def test_what_was_taken_before_there_was_a_rule_may_change() -> None:
    """How a list combined already is no finding about the change; another one is."""

    def stored(fields: dict[str, Any]) -> dict[str, Any]:
        made = definition("judged", {"v1": fields})
        return {**made, "status": {"conditions": [{"type": "Established", "status": "True"}]}}

    def said(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
        return [each.message for each in changed_rules(stored(new), stored(old))]

    wrong = {"type": "array", "x-kubernetes-list-type": "set", "items": NAMED}
    costly = {"type": "string", "x-kubernetes-validations": [{"rule": "self.nothing"}]}
    other = {"other": {"type": "string"}}
    assert said({"a": wrong}, {"a": wrong}) == []
    assert said({"a": wrong}, {"a": wrong, **other}) == []
    assert said({}, {"a": wrong}) == said({"a": wrong}, {"a": wrong, "b": wrong}) != []
    assert said({"a": wrong}, {"a": wrong, "b": costly}) != []
    assert said({"a": costly}, {"a": costly}) == []
    assert said({"a": costly}, {"a": costly, **other}) != [], "Kubernetes asks rules again, too"
    assert said({"a": wrong}, {"b": {"type": "nothing"}}) == [], "it is said of all, new or not"
