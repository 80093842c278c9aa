"""A cluster with the gadgets of the webhook's tests, whose CRD has been flipped to v1."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from cluster.api_server import ApiServer, Failed, Request
from kconv import Pipeline, Scheme
from kconv._cluster import ClusterPlace
from kconv._webhook import answer_review
from kconv_migrations._migration import Outcome, Settings, migrate, plan
from webhook.gadgets import GROUP, register

CRD = f"gadgets.{GROUP}"
OLD, NEW = f"{GROUP}/v1beta1", f"{GROUP}/v1"


@pytest.fixture(scope="session")
def pipeline() -> Pipeline:
    scheme = Scheme()
    register(scheme)
    return Pipeline(scheme.freeze())


def definition(storage: str = "v1", stored: tuple[str, ...] = ("v1beta1", "v1")) -> dict[str, Any]:
    spec = {
        "v1alpha1": {"replicas": {"type": "integer", "default": 1}},
        "v1beta1": {"replicas": {"type": "integer", "default": 1}},
        "v1": {"mode": {"type": "string", "default": "auto"}},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": CRD,
            "uid": "uid-crd",
            "resourceVersion": "7",
            "generation": 2,
            "managedFields": [
                {
                    "manager": "kube-apiserver",
                    "time": "2020-01-01T00:00:00Z",
                    "fieldsV1": {"f:status": {"f:storedVersions": {}}},
                }
            ],
        },
        "spec": {
            "group": GROUP,
            "names": {"kind": "Gadget", "plural": "gadgets"},
            "scope": "Namespaced",
            "conversion": {"strategy": "Webhook"},
            "versions": [
                {
                    "name": name,
                    "served": True,
                    "storage": name == storage,
                    "schema": {
                        "openAPIV3Schema": {
                            "type": "object",
                            "properties": {"spec": {"type": "object", "properties": properties}},
                        }
                    },
                }
                for name, properties in spec.items()
            ],
        },
        "status": {
            "storedVersions": list(stored),
            "conditions": [
                {"type": "NamesAccepted", "status": "True"},
                {"type": "Established", "status": "True"},
            ],
        },
    }


def gadget(name: str, version: str = "v1beta1", namespace: str = "conv", **spec: Any) -> Any:
    return {
        "apiVersion": f"{GROUP}/{version}",
        "kind": "Gadget",
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    }


@pytest.fixture
def server(pipeline: Pipeline) -> Iterator[ApiServer]:
    """Without objects. Its webhook is kconv's; objects called "sick…" cannot be converted."""

    def convert(value: dict[str, Any], to: str) -> dict[str, Any]:
        if value["metadata"]["name"].startswith("sick"):
            raise Failed(
                500,
                f"conversion webhook for {value['apiVersion']}, Kind=Gadget failed: "
                "this object cannot be converted",
            )
        request = {"uid": "u", "desiredAPIVersion": to, "objects": [value]}
        review = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "ConversionReview"}
        answer = answer_review(pipeline, json.dumps({**review, "request": request}).encode()).answer
        response = json.loads(answer)["response"]
        if response["result"]["status"] != "Success":
            raise Failed(500, f"conversion webhook failed: {response['result']['message']}")
        found: dict[str, Any] = response["convertedObjects"][0]
        return found

    made = ApiServer(convert)
    made.crds[CRD] = definition()
    yield made
    made.close()


@pytest.fixture
def kubeconfig(server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The kubeconfig of the cluster, which is the current one."""
    path = server.kubeconfig(tmp_path / "kubeconfig")
    monkeypatch.setenv("KUBECONFIG", str(path))
    monkeypatch.setattr(
        "kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(path), raising=True
    )
    return path


Open = Callable[..., ClusterPlace]
OBJECTS = f"/apis/{NEW}/namespaces/conv/gadgets"


@pytest.fixture
def notes(tmp_path: Path, _sqlite_template: Path) -> str:
    """The URL of a database with kconv's tables."""
    return f"sqlite:///{shutil.copy(_sqlite_template, tmp_path / 'notes.db')}"


@pytest.fixture
def opened(kubeconfig: Path, notes: str) -> Iterator[Open]:
    """Opens the place anew, as another process does."""
    places: list[ClusterPlace] = []

    def open_(apis: Sequence[str] = ()) -> ClusterPlace:
        place = ClusterPlace.open("", notes, apis=apis)
        place.connection._patience = 1.0
        places.append(place)
        return place

    yield open_
    for each in places:
        each.close()


def run(place: ClusterPlace, **settings: Any) -> Outcome:
    targets = plan(place, [CRD])
    (outcome,) = migrate(place, Pipeline(place.scheme), targets, Settings(**settings))
    return outcome


def fill(server: ApiServer, count: int = 7) -> None:
    for at in range(count):
        server.create(CRD, "v1beta1", gadget(f"g-{at:03}", width=at, height=2, color="red"))


def patches(server: ApiServer) -> list[Request]:
    return [
        each for each in server.calls if each.method == "PATCH" and each.path.startswith(OBJECTS)
    ]


def versions(server: ApiServer) -> Any:
    return server.crds[CRD]["status"]["storedVersions"]
