"""`kconv export crd`: structural schemas that say all they can, and come back the same."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.samples import run_process
from kconv import (
    Column,
    Edge,
    Hub,
    Pipeline,
    Resource,
    Scheme,
    Type,
    hub_of,
    load_scheme,
    omits_zero,
    validates,
)
from kconv._exporter import Webhook, crd_of
from kconv._importer import import_crds, plan, read_crds, write
from kconv._paths import Finding, format_path
from kconv.fields import FreeForm, Int32, IntOrString, List, Map, Object, Quantity, String
from kconv_schemas.apiextensions.structural import structural_problems
from kconv_schemas.index import INDEX

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
HOOK = Webhook("ops", "hook", 8443, "/convert/it", b"-----BEGIN CERTIFICATE-----")

KEYWORDS = {
    "additionalProperties", "allOf", "default", "description", "enum", "format", "items",
    "maxItems", "maxLength", "maximum", "minItems", "minLength", "minimum", "multipleOf", "oneOf",
    "pattern", "properties", "required", "type", "x-kubernetes-int-or-string",
    "x-kubernetes-list-map-keys", "x-kubernetes-list-type", "x-kubernetes-map-type",
    "x-kubernetes-preserve-unknown-fields",
}  # fmt: skip
"""What a structural schema may have, of what kconv knows."""


def said(schema: Any) -> Iterator[dict[str, Any]]:
    """A schema and all schemas in it."""
    yield schema
    for inner in (schema.get("properties") or {}).values():
        yield from said(inner)
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from said(schema[key])


def bare(value: Any) -> Any:
    """A document without descriptions: types without words get some when they are imported."""
    if isinstance(value, list):
        return [bare(each) for each in value]
    if not isinstance(value, dict):
        return value
    words = isinstance(value.get("description"), str)
    return {key: bare(each) for key, each in value.items() if key != "description" or not words}


def device_scheme() -> Scheme:
    sys.path.insert(0, str(EXAMPLES))
    try:
        scheme = Scheme()
        importlib.import_module("devices").register(scheme)
        return scheme.freeze()
    finally:
        sys.path.remove(str(EXAMPLES))


def kinds() -> list[Any]:
    shipped = load_scheme({"batch", "autoscaling"})
    found = [*device_scheme().kinds, *shipped.kinds]
    return [pytest.param(each, id=str(each.group_resource)) for each in found]


@pytest.mark.parametrize("kind", kinds())
def test_import_of_an_export_exports_the_same(
    kind: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document, _ = crd_of(kind, HOOK)
    (read,) = read_crds(yaml.safe_dump(document).encode(), "x")
    imported = import_crds([read], "taken")
    write(plan(imported.generated, tmp_path / "taken"))
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    scheme = Scheme()
    try:
        importlib.import_module("taken.edges").register(scheme)
    finally:
        for name in [each for each in sys.modules if each.split(".")[0] == "taken"]:
            del sys.modules[name]
    (again,) = scheme.kinds
    assert bare(crd_of(again, HOOK)[0]) == bare(document)
    quiet = ("open", "unknown fields are kept", "an embedded object")
    assert [str(each) for each in imported.notes if not str(each).endswith(quiet)] == [
        str(each) for each in imported.notes if "allOf: " in str(each)
    ]


@pytest.mark.parametrize("kind", kinds())
def test_schemas_are_structural(kind: Any) -> None:
    document, _ = crd_of(kind)
    names = [each["name"] for each in document["spec"]["versions"]]
    assert sorted(names) == sorted({each.gvk.version for each in kind.spokes})
    assert sum(each["storage"] for each in document["spec"]["versions"]) == 1
    for version in document["spec"]["versions"]:
        for schema in said(version["schema"]["openAPIV3Schema"]):
            assert schema.keys() <= KEYWORDS
            any_type = {"x-kubernetes-int-or-string", "x-kubernetes-preserve-unknown-fields"}
            assert "type" in schema or schema.keys() & any_type
            for name in schema.get("required", ()):
                assert name in schema["properties"]
                assert "default" not in schema["properties"][name]
            for name in schema.get("x-kubernetes-list-map-keys", ()):
                assert name in schema["items"]["properties"]


class Part(Type):
    name = String(required=True)


class WidgetSpec(Type):
    """What a widget is to be.

    More than one paragraph.
    """

    class Meta:
        one_of = ("text", "number")

    text = String(min_length=1, max_length=9, metadata={"description": "Some words."})
    number = Int32(minimum=1, multiple_of=5)
    size = Quantity(load_default="1Gi")
    port = IntOrString()
    names = List(String(), unique=True, min_items=1)
    parts = List(Object(Part), unique=True)
    labels = Map(String())
    tree = Object(lambda: Tree)
    anything = FreeForm()


@validates(WidgetSpec)
def no_spaces(spec: dict[str, Any]) -> Iterator[Finding]:
    yield from ()


class Tree(Type):
    left = Object(lambda: Tree)
    value = Int32()


class Widget(Resource):
    spec = Object(WidgetSpec, required=True)

    class Meta:
        group, version, namespaced = "w.example.com", "v1", False
        short_names, categories = ("wd",), ("all",)
        printer_columns = (
            Column("Text", "spec.text", description="Words"),
            Column("Size", lambda widget: widget["spec"].get("size")),
        )


def widget() -> Any:
    scheme = Scheme()
    hub: type[Hub] = hub_of(Widget, selectable_fields=("spec.text",))
    scheme.add(hub, Edge(Widget), storage="w.example.com/v1")
    (kind,) = scheme.freeze().kinds
    return kind


def test_everything_that_a_crd_can_say() -> None:
    document, notes = crd_of(widget())
    spec = document["spec"]
    assert document["metadata"] == {"name": "widgets.w.example.com"}
    assert spec["scope"] == "Cluster"
    assert spec["names"] == {
        "plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList",
        "shortNames": ["wd"], "categories": ["all"],
    }  # fmt: skip
    assert spec["conversion"] == {"strategy": "None"}
    (version,) = spec["versions"]
    assert version["additionalPrinterColumns"] == [
        {"name": "Text", "type": "string", "jsonPath": ".spec.text", "description": "Words"}
    ]
    assert version["selectableFields"] == [{"jsonPath": ".spec.text"}]
    assert "subresources" not in version, "it has no status"
    schema = version["schema"]["openAPIV3Schema"]["properties"]["spec"]
    assert schema["description"] == "What a widget is to be.\n\nMore than one paragraph."
    assert schema["oneOf"] == [{"required": ["text"]}, {"required": ["number"]}]
    properties = schema["properties"]
    assert properties["text"] == {
        "type": "string", "minLength": 1, "maxLength": 9, "description": "Some words.",
    }  # fmt: skip
    assert properties["number"] == {
        "type": "integer", "format": "int32", "minimum": 1, "multipleOf": 5,
    }  # fmt: skip
    assert properties["size"]["x-kubernetes-int-or-string"] is True
    assert properties["size"]["default"] == "1Gi"
    assert properties["names"]["x-kubernetes-list-type"] == "set"
    assert properties["tree"]["properties"]["left"] == {
        "type": "object", "x-kubernetes-preserve-unknown-fields": True,
    }  # fmt: skip
    assert properties["anything"] == {"x-kubernetes-preserve-unknown-fields": True}
    text = "\n".join(notes)
    for part in (
        "spec.tree.left: recursive", "spec.parts: unique elements", "column Size is a function",
        "no_spaces is a function",
    ):  # fmt: skip
        assert part in text


class Tagged(Type):
    name = String()
    kind = String(load_default="a")
    size = Int32(minimum=1)
    rank = Int32()
    scale = Int32(required=True)
    of = Object(Part)
    left = List(Object(lambda: Tagged), list_type="map", map_keys="name")


omits_zero(Tagged, "rank", "size")


def keyed(*keys: str) -> List:
    return List(Object(Tagged), list_type="map", map_keys=keys)


class LockSpec(Type):
    absent = keyed("name")
    filled = keyed("kind", "rank")
    bounded = keyed("size")
    needed = keyed("scale", "name")
    objects = keyed("of")
    twice = keyed("name", "name")
    sets = List(Object(Part), list_type="set")
    atomic = List(Object(Part, map_type="atomic"), list_type="set")


class Lock(Resource):
    spec = Object(LockSpec, required=True)

    class Meta:
        group, version = "w.example.com", "v1"


def lock() -> Any:
    scheme = Scheme()
    scheme.add(hub_of(Lock), Edge(Lock), storage="w.example.com/v1")
    (kind,) = scheme.freeze().kinds
    return kind


def test_lists_are_written_as_api_servers_take_them() -> None:
    """Keys of lists that are not required have a default or are required; all else is said."""
    document, notes = crd_of(lock())
    spec = document["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    found = {name: (each["items"], each) for name, each in spec["properties"].items()}
    for name, keys, needed, defaults in (
        ("absent", ["name"], ["name", "scale"], {"kind": "a"}),
        ("filled", ["kind", "rank"], ["scale"], {"kind": "a", "rank": 0}),
        ("bounded", ["size"], ["size", "scale"], {"kind": "a"}),
        ("needed", ["scale", "name"], ["name", "scale"], {"kind": "a"}),
        ("objects", None, ["scale"], {"kind": "a"}),
        ("twice", ["name"], ["name", "scale"], {"kind": "a"}),
    ):
        items, listed = found[name]
        assert listed.get("x-kubernetes-list-map-keys") == keys, name
        assert listed.get("x-kubernetes-list-type") == ("map" if keys else None), name
        assert items["required"] == needed, name
        own = items["properties"].items()
        assert {key: each["default"] for key, each in own if "default" in each} == defaults, name
    assert "x-kubernetes-list-type" not in found["sets"][1]
    assert found["atomic"][1]["x-kubernetes-list-type"] == "set"
    text = "\n".join(notes)
    for part in (
        "spec.absent[].name: that it may be absent", "declare it with required=True",
        "spec.bounded[].size: that it", "spec.absent[].left: keys name", "spec.objects: keys of",
        "spec.sets: a set of objects or lists that are not atomic",
    ):  # fmt: skip
        assert part in text
    assert "spec.filled[].rank" not in text


def test_what_is_exported_is_taken() -> None:
    """By the rules for new CRDs of kconv's own server, which are those of Kubernetes."""
    shipped = load_scheme(None, apis=[each for each in INDEX if ".former:" not in each])
    exported = [*shipped.without_documents().kinds, *device_scheme().kinds, widget(), lock()]
    assert len(exported) > 80
    for kind in exported:
        document, _ = crd_of(kind)
        for version in document["spec"]["versions"]:
            found = structural_problems(version["schema"]["openAPIV3Schema"], is_new=True)
            assert not [(format_path(each.path), each.message) for each in found], kind
    pipeline = Pipeline(shipped)
    for kind in (*device_scheme().kinds, widget(), lock()):
        pipeline.load(crd_of(kind)[0])


def test_the_command(tmp_path: Path) -> None:
    apis = ("--apis", "devices:register")
    ended = run_process("export", "crd", *apis, folder=EXAMPLES)
    assert ended.code == 0
    assert "its versions are converted by rules: say the webhook's service" in ended.err
    bundle = tmp_path / "ca.pem"
    bundle.write_bytes(HOOK.ca_bundle)
    hook = ("--service", "ops/hook:8443", "--path", "/convert/it", "--ca-bundle", str(bundle))
    name = "devices.devices.example.com"
    ended = run_process("export", "crd", name, *apis, *hook, folder=EXAMPLES)
    (kind,) = device_scheme().kinds
    assert yaml.safe_load(ended.out) == crd_of(kind, HOOK)[0]
    for wrong, words in (
        (("x.example.com",), "no kind x.example.com; there are: devices.devices.example.com"),
        (("--service", "hook"), "is not NAMESPACE/NAME"),
        (("--ca-bundle", str(bundle)), "--ca-bundle goes with --service"),
        (
            ("--service", "a/b", "--ca-bundle", str(EXAMPLES / "devices.py")),
            "no certificate in PEM",
        ),
    ):
        ended = run_process("export", "crd", *apis, *wrong, folder=EXAMPLES)
        assert (ended.code, ended.out) == (2, "")
        assert words in ended.err
