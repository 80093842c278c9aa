"""``kconv convert`` of objects that a server would refuse, before or afterwards."""

import json
from typing import Any

import pytest
import yaml

from cli.samples import Kconv

Value = dict[str, Any]

INGRESS = """\
apiVersion: extensions/v1beta1
kind: Ingress
metadata: {name: main}
spec:
  rules:
  - http:
      paths:
      - path: /
        backend: {serviceName: '', servicePort: 80}
"""

DEFINITION = """\
apiVersion: apiextensions.k8s.io/v1beta1
kind: CustomResourceDefinition
metadata: {name: gadgets.example.com}
spec:
  group: example.com
  names: {plural: gadgets, kind: Gadget}
  version: v1
"""

PATH = "spec.rules[0].http.paths[0].backend"
WARNED = {
    "before": (INGRESS, [f"extensions/v1beta1 Ingress main: {PATH}.serviceName: Required value"]),
    "afterwards": (
        DEFINITION,
        [
            (
                "apiextensions.k8s.io/v1 CustomResourceDefinition gadgets.example.com: "
                "spec.versions[0].schema.openAPIV3Schema: Required value: schemas are required"
            ),
            (
                "apiextensions.k8s.io/v1 CustomResourceDefinition gadgets.example.com: "
                "spec.preserveUnknownFields: Invalid value: true: cannot set to true, set "
                "x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead"
            ),
        ],
    ),
}


@pytest.mark.parametrize("when", WARNED)
def test_it_is_converted_and_said(when: str, kconv: Kconv) -> None:
    text, said = WARNED[when]
    ended = kconv("convert", "-f", "-", stdin=text)
    assert ended.code == 0
    lines = [f"warning: standard input: {each}; a server would refuse it" for each in said]
    assert sorted(ended.err.splitlines()) == sorted(lines)
    # What came out is refused by a server, not by the command.
    again = kconv("convert", "-f", "-", stdin=ended.out)
    assert (again.code, again.out) == (0, ended.out)
    assert again.err.count("a server would refuse it") == len(said)


@pytest.mark.parametrize("when", WARNED)
def test_strict_refuses_it(when: str, kconv: Kconv) -> None:
    text, said = WARNED[when]
    ended = kconv("convert", "-f", "-", "--strict", stdin=text)
    assert (ended.code, ended.out) == (1, "")
    assert all(each.partition(": ")[2] in ended.err for each in said)


def test_a_service_without_a_name_is_what_kubernetes_makes_of_it(kconv: Kconv) -> None:
    (path,) = yaml.safe_load(kconv("convert", "-f", "-", stdin=INGRESS).out)["spec"]["rules"][0][
        "http"
    ]["paths"]
    assert path["backend"] == {"service": {"name": "", "port": {"number": 80}}}


PORT = {"number": 80}
BACKENDS: dict[str, tuple[Value, Value | None, list[str]]] = {
    "of a service": (
        {"service": {"name": "s", "port": PORT}},
        {"serviceName": "s", "servicePort": 80},
        [],
    ),
    "of a resource": ({"resource": {"kind": "K", "name": "n"}}, None, []),
    "of nothing": ({}, {}, ["backend"]),
    "of both": (
        {"service": {"name": "s", "port": PORT}, "resource": {"kind": "K", "name": "n"}},
        {"serviceName": "s", "servicePort": 80, "resource": {"kind": "K", "name": "n"}},
        ["backend"],
    ),
    "without a port": ({"service": {"name": "s"}}, {"serviceName": "s"}, ["backend"]),
    "with a port by number and name": (
        {"service": {"name": "s", "port": {"number": 80, "name": "http"}}},
        None,
        ["backend"],
    ),
    "with a port that is none": (
        {"service": {"name": "s", "port": {"number": 65536}}},
        None,
        ["backend.service.port.number"],
    ),
    "with a name that is none": (
        {"service": {"name": "S", "port": PORT}},
        None,
        ["backend.service.name"],
    ),
}


@pytest.mark.parametrize("what", BACKENDS)
def test_backends(what: str, kconv: Kconv) -> None:
    new, old, paths = BACKENDS[what]
    for version, backend in (("networking.k8s.io/v1", new), ("extensions/v1beta1", old)):
        if backend is not None:
            ended = kconv("convert", "-f", "-", "--strict", stdin=ingress(version, backend))
            assert ended.code == (1 if paths else 0), ended.err
            for path in paths:
                assert f"spec.rules[0].http.paths[0].{path}: " in ended.err


def ingress(version: str, backend: Value, **path: Any) -> str:
    at = {"path": "/", "pathType": "Prefix", **path, "backend": backend}
    rules = [{"http": {"paths": [at]}}]
    head = {"apiVersion": version, "kind": "Ingress", "metadata": {"name": "a"}}
    return json.dumps({**head, "spec": {"rules": rules}})


@pytest.mark.parametrize(
    ("path", "type_", "said"),
    [
        ("", "Prefix", "must be an absolute path"),
        ("", "ImplementationSpecific", ""),
        ("a", "ImplementationSpecific", "must be an absolute path"),
        ("/a//b", "ImplementationSpecific", ""),
        ("/a//b", "Exact", "must not contain '//'"),
        ("/a/%2fb", "Prefix", "must not contain '%2f'"),
        ("/a/..", "Prefix", "cannot end with '/..'"),
    ],
)
def test_paths(path: str, type_: str, said: str, kconv: Kconv) -> None:
    backend = {"service": {"name": "s", "port": PORT}}
    text = ingress("networking.k8s.io/v1", backend, path=path, pathType=type_)
    ended = kconv("convert", "-f", "-", "--strict", stdin=text)
    assert ended.code == (1 if said else 0)
    assert said in ended.err


def test_an_ingress_leads_somewhere(kconv: Kconv) -> None:
    for version, name in (
        ("networking.k8s.io/v1", "defaultBackend"),
        ("extensions/v1beta1", "backend"),
    ):
        text = json.dumps(
            {"apiVersion": version, "kind": "Ingress", "metadata": {"name": "a"}, "spec": {}}
        )
        ended = kconv("convert", "-f", "-", "--strict", stdin=text)
        assert (ended.code, f"either `{name}` or `rules`" in ended.err) == (1, True)
