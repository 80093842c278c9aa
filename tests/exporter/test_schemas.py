"""``kconv export openapi`` and ``jsonschema``: what others read says what kconv says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from cli.samples import Kconv, in_process
from exporter.test_crd import bare, device_scheme
from kconv import KconvError, Pipeline, Scheme
from kconv._importer import read_definitions
from kconv._scheme import Spoke
from kconv._serve.openapi import json_schema, openapi_schemas
from webhook import gadgets


@pytest.fixture(scope="module")
def spokes() -> list[Spoke]:
    (kind,) = device_scheme().kinds
    return kind.spokes


def device(version: str, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": f"devices.example.com/{version}",
        "kind": "Device",
        "metadata": {"name": "a"},
        "spec": {"host": "a.b", "source": {"stream": {"url": "rtsp://x"}}, **spec},
    }


CASES: list[tuple[dict[str, Any], str]] = [
    (device("v2", power="Off", pollInterval="30s", owners=["a"]), ""),
    (device("v1beta1", mode="off", sensors={"door": {}}), ""),
    (device("v2", power="off"), "spec.power"),
    (device("v1beta1", mode="Off"), "spec.mode"),
    (device("v1", port=0), "spec.port"),
    (device("v1", port="1"), "spec.port"),
    (device("v2", owners="a"), "spec.owners"),
    (device("v2", host="-"), "spec.host"),
    (device("v3"), ""),
    ({**device("v2"), "spec": {}}, "spec"),
    ({"apiVersion": "devices.example.com/v2", "kind": "Device"}, ""),
]
"""Manifests, and where the first fault is; whole objects that are none have no path."""


def test_a_json_schema_takes_what_kconv_takes(spokes: list[Spoke]) -> None:
    schema = json_schema(spokes)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    pipeline = Pipeline(device_scheme())
    wrong = 0
    for manifest, path in CASES:
        paths = [".".join(map(str, each.absolute_path)) for each in validator.iter_errors(manifest)]
        try:
            pipeline.load(manifest)
        except KconvError:
            wrong += 1
            assert paths, manifest
            assert path in paths, (manifest, paths)
        else:
            assert not paths, (manifest, paths)
    assert wrong == len(CASES) - 2


NULLS: list[tuple[dict[str, Any], str]] = [
    ({**device("v2"), "metadata": {"name": "a", "creationTimestamp": None, "labels": None}}, ""),
    ({**device("v2", power=None, pollInterval=None, owners=None), "status": None}, ""),
    (device("v1beta1", sensors=None, mode=None, source=None), ""),
    (device("v2", host=None), "spec.host"),
    ({**device("v2"), "spec": None}, "spec"),
]
"""Generators write them, such as creationTimestamp; and where one is in place of what is needed."""


def test_a_null_is_as_good_as_no_field(spokes: list[Spoke]) -> None:
    validator = Draft202012Validator(json_schema(spokes))
    pipeline = Pipeline(device_scheme())
    for manifest, path in NULLS:
        paths = {".".join(map(str, each.absolute_path)) for each in validator.iter_errors(manifest)}
        assert paths == ({path} if path else set()), manifest
        if path:
            with pytest.raises(KconvError, match=path):
                pipeline.load(manifest)
        else:
            pipeline.load(manifest)


def test_whole_numbers_or_texts() -> None:
    scheme = Scheme()
    gadgets.register(scheme)
    (kind,) = scheme.freeze().kinds
    validator = Draft202012Validator(json_schema(kind.spokes))
    head = {"apiVersion": f"{gadgets.GROUP}/v1", "kind": "Gadget", "metadata": {"name": "a"}}
    ports: list[Any] = [80, "http", 1.5, []]
    taken = [validator.is_valid({**head, "spec": {"port": port}}) for port in ports]
    assert taken == [True, True, False, False]


def test_references_are_within_the_document(spokes: list[Spoke]) -> None:
    for document, root in (
        (json_schema(spokes), "$defs"),
        (openapi_schemas(spokes)["components"], "schemas"),
    ):
        text = json.dumps(document)
        used = {each.split('"')[0].rpartition("/")[2] for each in text.split('"$ref": "')[1:]}
        assert used <= document[root].keys()


def test_import_openapi_reads_what_export_writes(spokes: list[Spoke]) -> None:
    document = openapi_schemas(spokes)
    found = read_definitions(json.dumps(document).encode(), "x")
    assert bare(found).keys() >= {
        f"com.example.devices.{each.options.version}.{each.schema.__name__}" for each in spokes
    }


def test_the_commands(capfd: pytest.CaptureFixture[str]) -> None:
    kconv: Kconv = in_process(capfd, "export")
    written = kconv("openapi", "--apis", "devices:register")
    assert written.code == 0, written.err
    assert len(json.loads(written.out)["components"]["schemas"]) > 10
    written = kconv("jsonschema", "--apis", "devices:register", "devices.devices.example.com")
    assert written.code == 0, written.err
    assert len(json.loads(written.out)["anyOf"]) == 4
    assert kconv("jsonschema", "--apis", "devices:register", "others.example.com").code == 2
