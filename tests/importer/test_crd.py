"""`kconv import crd`: types of every version, a registration, and what is not taken over."""

from __future__ import annotations

import copy
import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.samples import run_process
from kconv import DecodeError, Pipeline, Scheme, UsageError
from kconv._importer import import_crds, read_crds

GROUP = "shop.example.com"

SPEC_V1: dict[str, Any] = {
    "type": "object",
    "required": ["size", "mode", "source"],
    "description": "What a gadget is to be.",
    "properties": {
        "size": {"type": "integer", "format": "int32", "minimum": 1, "multipleOf": 2},
        "mode": {"type": "string", "enum": ["auto", "manual"], "default": "auto"},
        "off": {"type": "boolean", "default": False},
        "port": {
            "anyOf": [{"type": "integer"}, {"type": "string"}],
            "x-kubernetes-int-or-string": True,
        },
        "tags": {
            "type": "array", "items": {"type": "string"}, "uniqueItems": True, "maxItems": 3,
        },
        "parts": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name"],
                "properties": {"name": {"type": "string"}, "count": {"type": "integer"}},
            },
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
        },
        "source": {
            "type": "object",
            "properties": {"url": {"type": "string"}, "path": {"type": "string"}},
            "oneOf": [{"required": ["url"]}, {"required": ["path"]}],
        },
        "extra": {"type": "object", "additionalProperties": {"type": "string"}},
        "open": {"type": "object", "x-kubernetes-preserve-unknown-fields": True,
                 "properties": {"known": {"type": "string"}}},
        "since": {"type": "string", "format": "date-time"},
    },
}  # fmt: skip


def crd(**changed: Any) -> dict[str, Any]:
    """A CRD in two versions; in the old one ``size`` is called ``width``."""
    old = copy.deepcopy(SPEC_V1)
    old["properties"]["width"] = old["properties"].pop("size")
    old["required"][0] = "width"

    def version(name: str, spec: dict[str, Any]) -> dict[str, Any]:
        return {
            "name": name,
            "served": True,
            "storage": name == "v1beta1",
            "schema": {"openAPIV3Schema": {"type": "object", "properties": {
                "apiVersion": {"type": "string"}, "kind": {"type": "string"},
                "metadata": {"type": "object"}, "spec": spec,
                "status": {"type": "object", "properties": {"phase": {"type": "string"}}},
            }}},
            "subresources": {"status": {}},
            "additionalPrinterColumns": [
                {"name": "Mode", "type": "string", "jsonPath": ".spec.mode"},
                {"name": "Ready", "type": "string",
                 "jsonPath": '.status.conditions[?(@.type=="Ready")].status'},
            ],
        }  # fmt: skip

    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"gadgets.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Cluster",
            "names": {"plural": "gadgets", "kind": "Gadget", "shortNames": ["gd"]},
            "versions": [version("v1beta1", old), version("v1", SPEC_V1)],
            **changed,
        },
    }


@pytest.fixture
def imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder where ``gadgets`` has been imported from the CRD, ready to be loaded."""
    file = tmp_path / "crd.yaml"
    file.write_text(
        "# ours\n" + yaml.safe_dump({"kind": "Other"}) + "---\n" + yaml.safe_dump(crd())
    )
    ended = run_process("import", "crd", str(file), "--out", str(tmp_path / "gadgets"))
    assert ended.code == 0, ended.err
    (tmp_path / "said").write_text(ended.err)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    for name in [name for name in sys.modules if name.split(".")[0] == "gadgets"]:
        del sys.modules[name]


def test_what_is_said_of_it(imported: Path) -> None:
    said = (imported / "said").read_text()
    for part in (
        "add    ",
        "not taken over from the CRD:",
        f"  {GROUP}/v1 Gadget.spec.open: unknown fields are kept: its fields are kept as they are",
        f"  {GROUP}/v1 Gadget: column Ready: .status.conditions[?(@.type==",
        "to be said in ",
        "spec.width has no counterpart",
        "next: kconv check --apis gadgets.edges:register",
    ):
        assert part in said
    assert "Traceback" not in said


def test_the_types_decode_judge_and_fill_in(imported: Path) -> None:
    types = importlib.import_module("gadgets.v1")
    schema = types.Gadget.instance()
    loaded = schema.load({"spec": {"size": 4, "source": {"url": "x"}, "open": {"a": [None]}}})
    assert loaded["spec"] == {
        "mode": "auto", "off": False, "size": 4, "source": {"url": "x"}, "open": {"a": [None]},
    }  # fmt: skip
    # What an API server takes: it bounds an integer or a string by nothing.
    large = {"spec": {"source": {"url": "x"}, "port": 3_000_000_000}}
    assert schema.load(large)["spec"]["port"] == 3_000_000_000
    wrong = schema.load(
        {"spec": {"size": 3, "mode": "odd", "tags": ["a", "a", "b", "c"],
                  "parts": [{"name": "a"}, {"name": "a"}, {}], "source": {}}}
    )  # fmt: skip
    found = "\n".join(str(each) for each in schema.check(wrong))
    for part in (
        "spec.size", "spec.mode: Unsupported value", "spec.tags", "spec.parts[1]",
        "spec.parts[2].name: Required value", "spec.source",
    ):  # fmt: skip
        assert part in found
    meta = types.Gadget.Meta
    assert (meta.plural, meta.short_names, meta.namespaced) == ("gadgets", ("gd",), False)
    assert [each.name for each in meta.printer_columns] == ["Mode"]
    text = (imported / "gadgets" / "v1" / "gadget.py").read_text()
    assert 'mode = String(enum=("auto", "manual"), load_default="auto")' in text
    assert types.GadgetSpec.__doc__ == "What a gadget is to be."


def test_a_rule_makes_it_convert_and_stays_when_the_crd_changes(imported: Path) -> None:
    edges = imported / "gadgets" / "edges.py"
    text = edges.read_text().replace("import Edge,", "import Edge, Rename,")
    rule = 'Rename("spec.width", "spec.size")'
    edges.write_text(text.replace("Edge(GadgetV1Beta1)", f"Edge(GadgetV1Beta1, {rule})"))
    scheme = Scheme()
    importlib.import_module("gadgets.edges").register(scheme)
    pipeline = Pipeline(scheme)
    old = {
        "apiVersion": f"{GROUP}/v1beta1", "kind": "Gadget", "metadata": {"name": "a"},
        "spec": {"width": 4, "source": {"path": "/x"}},
    }  # fmt: skip
    to = scheme.kinds[0].spokes[0].group_version
    new = json.loads(pipeline.convert(json.dumps(old).encode(), to))
    assert new["spec"] == {"mode": "auto", "off": False, "size": 4, "source": {"path": "/x"}}
    (imported / "crd.yaml").write_text(yaml.safe_dump(crd()))
    command = ("import", "crd", str(imported / "crd.yaml"), "--out", str(imported / "gadgets"))
    assert f"next: kconv lock --group {GROUP} --apis" in run_process(*command).err
    changed = crd()
    properties = changed["spec"]["versions"][1]["schema"]["openAPIV3Schema"]["properties"]
    properties["spec"]["properties"]["added"] = {"type": "boolean"}
    (imported / "crd.yaml").write_text(yaml.safe_dump(changed))
    assert run_process(*command, "--check").code == 1
    again = run_process(*command)
    assert again.code == 0, again.err
    assert "update " in again.err
    assert "edges.py: " not in again.err
    assert edges.read_text().count("Rename") == 2
    assert "added = Boolean()" in (imported / "gadgets" / "v1" / "gadget.py").read_text()
    assert "nothing to change" in run_process(*command, "--check").err


UNEXPRESSED: list[tuple[dict[str, Any], str]] = [
    ({"type": "integer", "enum": [1, 2]}, "enum: [1, 2]"),
    ({"type": "string", "const": 5}, "enum: [5]"),
    ({"type": "number", "minimum": 0, "exclusiveMinimum": True}, "exclusiveMinimum: True"),
    ({"type": "number", "multipleOf": 0.5}, "multipleOf: 0.5"),
    ({"type": "object", "maxProperties": 2, "properties": {}}, "maxProperties: 2"),
    ({"type": "object", "additionalProperties": {"type": "string"}, "minProperties": 1},
     "minProperties: 1"),
    ({"type": "string", "nullable": True}, "nullable: null is taken for absent"),
    ({"type": "string", "pattern": "(?<x"}, "pattern that Python does not read: (?<x"),
    ({"type": "string", "format": "strange"}, "format: strange"),
    ({"type": "integer", "format": "uint8"}, "format: uint8"),
    ({"x-kubernetes-int-or-string": True, "pattern": "^a"}, "pattern: ^a"),
    ({"type": "string", "not": {"pattern": "^x"}}, "not: {'pattern': '^x'}"),
    ({"type": "string", "allOf": [{"minLength": 1}]}, "allOf: [{'minLength': 1}]"),
    ({"type": "string", "x-kubernetes-validations": [{"rule": "self != 'a'"}]},
     "x-kubernetes-validations: self != 'a'"),
    ({"type": "object", "x-kubernetes-embedded-resource": True,
      "properties": {"spec": {"type": "object"}}}, "an embedded object"),
    ({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["b"]},
     "required: b, which it has no property for"),
    ({"type": "string", "x-of-somebody": 1}, "x-of-somebody: 1"),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "said"), UNEXPRESSED, ids=[said for _, said in UNEXPRESSED])
def test_what_no_type_expresses_is_named(schema: dict[str, Any], said: str) -> None:
    changed = crd()
    for version in changed["spec"]["versions"]:
        spec = version["schema"]["openAPIV3Schema"]["properties"]["spec"]
        spec["properties"]["odd"] = schema
    imported = import_crds(read_crds(json.dumps(changed).encode(), "x"), "gadgets")
    found = [str(each) for each in imported.notes if ".spec.odd" in each.path]
    assert len(found) == 2
    assert found[1].startswith(f"{GROUP}/v1 Gadget.spec.odd: {said}")
    for name, text in imported.generated.files.items():
        compile(text, name, "exec")


def test_a_version_that_is_not_served_is_named() -> None:
    """Its objects may be stored still, so it is imported; a CRD from the types would serve it."""
    changed = crd()
    changed["spec"]["versions"][0]["served"] = False
    del changed["spec"]["versions"][1]["served"]
    imported = import_crds(read_crds(json.dumps(changed).encode(), "x"), "gadgets")
    found = [str(each) for each in imported.notes if "served" in each.what]
    assert found == [f"{GROUP}/v1beta1 Gadget: served: false"]


def test_a_scale() -> None:
    """Its paths are taken over where they lead to numbers of the version, and named elsewhere."""
    changed = crd()
    paths = {
        "specReplicasPath": ".spec.count",
        "statusReplicasPath": ".status.count",
        "labelSelectorPath": ".status.selector",
    }
    for version in changed["spec"]["versions"]:
        properties = version["schema"]["openAPIV3Schema"]["properties"]
        version["subresources"] = {"status": {}, "scale": paths}
        properties["status"]["properties"]["count"] = {"type": "integer", "format": "int32"}
        if version["name"] == "v1":
            properties["spec"]["properties"]["count"] = {"type": "integer", "format": "int32"}
    imported = import_crds(read_crds(json.dumps(changed).encode(), "x"), "gadgets")
    found = [str(each) for each in imported.notes if "scale" in each.what]
    assert found == [f"{GROUP}/v1beta1 Gadget: subresources.scale"]
    files = imported.generated.files
    text = files["v1/gadget.py"]
    assert 'subresources = ("status", "scale")' in text
    assert "from kconv import Column, Resource, ScalePaths, Type" in text
    for name in ("spec.count", "status.count", "status.selector"):
        assert f'"{name}"' in text
    assert "ScalePaths" not in files["v1beta1/gadget.py"]


def test_what_kubernetes_recorded(reference: Path) -> None:
    """Every CRD that a real API server took can be imported; what it refused may not be."""
    count = 0
    for folder in ("crd", "conversion", "misc"):
        for file in sorted((reference / folder).glob("*.json")):
            exchange = json.loads(file.read_bytes())
            body = isinstance(exchange, dict) and (exchange.get("response") or {}).get("body")
            if not isinstance(body, dict) or body.get("kind") != "CustomResourceDefinition":
                continue
            made = import_crds(read_crds(json.dumps(body).encode(), file.name), "apis")
            for name, text in {**made.generated.files, **made.generated.packages}.items():
                compile(text, name, "exec")
            count += 1
    assert count > 5


def test_several_groups_and_kinds() -> None:
    other = crd(group="store.example.com", names={"plural": "gadgets", "kind": "Gadget"})
    more = crd(names={"plural": "boxes", "kind": "Box"})
    listed = {"kind": "List", "apiVersion": "v1", "items": [crd(), other, more]}
    imported = import_crds(read_crds(json.dumps(listed).encode(), "x"), "apis")
    assert {name.rpartition("/")[0] for name in imported.generated.files} == {
        "shop/v1", "shop/v1beta1", "store/v1", "store/v1beta1",
    }  # fmt: skip
    edges = imported.generated.packages["edges.py"]
    compile(edges, "edges.py", "exec")
    assert "from apis.shop.v1 import Box as BoxV1" in edges
    assert "Gadget as ShopGadgetV1" in edges
    assert "Gadget as StoreGadgetV1Beta1" in edges
    with pytest.raises(UsageError, match="two CRDs of this name"):
        import_crds(read_crds(json.dumps(crd()).encode(), "x") * 2, "apis")


def test_the_form_before_v1() -> None:
    """One schema, one set of columns and one of subresources for all versions."""
    old = crd()
    spec = old["spec"]
    first = spec["versions"][0]
    spec["validation"] = first["schema"]
    spec["additionalPrinterColumns"] = [
        {"name": "Mode", "type": "string", "JSONPath": ".spec.mode"}
    ]
    spec["subresources"] = {"status": {}}
    spec["versions"] = [{"name": "v1beta1", "served": True, "storage": True}]
    old["apiVersion"] = "apiextensions.k8s.io/v1beta1"
    made = import_crds(read_crds(json.dumps(old).encode(), "x"), "apis").generated
    assert {*made.files} == {"v1beta1/__init__.py", "v1beta1/gadget.py"}
    assert 'Column("Mode", "spec.mode")' in made.files["v1beta1/gadget.py"]


BAD: list[tuple[bytes, type[Exception], str]] = [
    (b"\x00\xff", DecodeError, "not YAML"),
    (b"{}", UsageError, "no CustomResourceDefinition in this file"),
    (json.dumps(crd(versions=[])).encode(), UsageError, "spec.versions is not a list"),
    (json.dumps(crd(versions=[5])).encode(), UsageError, "is not a map"),
    (json.dumps(crd(versions=[{"name": "v1"}])).encode(), UsageError, "has no schema"),
    (json.dumps(crd(names={})).encode(), UsageError, "needs spec.group"),
    (json.dumps(crd(versions=[{**crd()["spec"]["versions"][0], "storage": False}])).encode(),
     UsageError, "exactly one"),
    (json.dumps(crd(versions=crd()["spec"]["versions"][:1] * 2)).encode(),
     UsageError, "exactly one"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "error", "said"), BAD)
def test_bad_files(data: bytes, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        read_crds(data, "file.yaml")
