"""Zero, empty and absent are one where Kubernetes' types say so, and two where they do not."""

import copy
from typing import Any

import httpx
import pytest

from kconv import Hub, Pipeline, Resource, Scheme, Type, omits_zero
from kconv._compile import canonical_struct
from kconv._pipeline import PlainEngine
from kconv.edges import Edge
from kconv.fields import Boolean, Int32, List, Map, Object, String
from serve.samples import (
    CRONJOBS,
    JSON_PATCH,
    MERGE,
    STRATEGIC,
    created,
    cronjob,
    patched,
    template,
)

JOBS = "/apis/batch/v1/namespaces/default/jobs"


def job(name: str, pod: dict[str, Any], container: dict[str, Any]) -> dict[str, Any]:
    of_pods = template()
    of_pods["spec"].update(pod)
    of_pods["spec"]["containers"][0].update(container)
    return {"metadata": {"name": name}, "spec": {"suspend": True, "template": of_pods}}


POD_ZEROS: dict[str, Any] = {
    "hostNetwork": False,
    "hostPID": False,
    "nodeSelector": {},
    "nodeName": "",
    "tolerations": [],
    "volumes": [],
    "initContainers": [],
}
CONTAINER_ZEROS: dict[str, Any] = {
    "stdin": False,
    "tty": False,
    "args": [],
    "env": [],
    "workingDir": "",
    "volumeMounts": [],
}
POINTERS: dict[str, Any] = {
    "automountServiceAccountToken": False,
    "enableServiceLinks": False,
    "activeDeadlineSeconds": 0,
    "shareProcessNamespace": False,
    "securityContext": {},
}


def test_zeros_are_not_stored(client: httpx.Client) -> None:
    pointers = {key: value for key, value in POINTERS.items() if key != "activeDeadlineSeconds"}
    pod = {**POD_ZEROS, **pointers}
    made = created(client, JOBS, job("zeros", pod, CONTAINER_ZEROS))
    assert client.get(f"{JOBS}/zeros").json() == made
    spec = made["spec"]["template"]["spec"]
    assert not spec.keys() & POD_ZEROS.keys()
    assert not spec["containers"][0].keys() & CONTAINER_ZEROS.keys()
    assert {key: spec[key] for key in pointers} == pointers
    # Objects are no zeros, even if they have nothing in them.
    assert spec["containers"][0]["resources"] == {}


@pytest.mark.parametrize("media_type", [MERGE, STRATEGIC, JSON_PATCH])
def test_patches_with_zeros_change_nothing(client: httpx.Client, media_type: str) -> None:
    made = created(client, JOBS, job("patched", {}, {}))
    before = made["metadata"]
    for name, zero in {**POD_ZEROS, "metadata": {"annotations": {}, "finalizers": []}}.items():
        if media_type == JSON_PATCH:
            path = "/metadata/annotations" if name == "metadata" else f"/spec/template/spec/{name}"
            zero = {} if name == "metadata" else zero
            body: Any = [{"op": "add", "path": path, "value": zero}]
        else:
            spec = {"spec": {"template": {"spec": {name: zero}}}}
            body = {"metadata": zero} if name == "metadata" else spec
        response = patched(client, f"{JOBS}/patched", body, media_type)
        assert response.status_code == 200, (name, response.text)
        assert response.json()["metadata"] == before, (name, response.json(), made)


def test_a_client_may_leave_out_zeros_of_what_cannot_change(client: httpx.Client) -> None:
    made = created(client, JOBS, job("typed", POD_ZEROS, CONTAINER_ZEROS))
    started = {**made, "status": {"startTime": "2026-01-01T00:00:00Z", "active": 0}}
    begun = client.put(f"{JOBS}/typed/status", json=started)
    assert begun.status_code == 200, begun.text
    for spec in (job("typed", {}, {}), job("typed", POD_ZEROS, CONTAINER_ZEROS)):
        wanted = copy.deepcopy(begun.json())
        wanted["spec"]["template"]["spec"].update(spec["spec"]["template"]["spec"])
        response = client.put(f"{JOBS}/typed", json=wanted)
        assert response.status_code == 200, response.text
        assert response.json()["metadata"] == begun.json()["metadata"]
    other = copy.deepcopy(begun.json())
    other["spec"]["template"]["spec"]["automountServiceAccountToken"] = False
    assert client.put(f"{JOBS}/typed", json=other).status_code == 422


class Part(Type):
    name = String()
    size = Int32()
    kept = Int32()
    tags = Map(String())


class Spec(Type):
    parts = List(Object(Part))
    by_name = Map(Object(Part))
    inner = Object(lambda: Spec)
    on = Boolean()
    free = Boolean()


omits_zero(Part, "name", "size", "tags")
omits_zero(Spec, "parts", "on")


class Thing(Resource):
    class Meta:
        group = "zeros.example.com"
        version = "v1"

    spec = Object(Spec)


class ThingHub(Hub):
    class Meta:
        group = "zeros.example.com"
        kind = "Thing"

    spec = Object(Spec)


CASES: list[tuple[Any, Any]] = [
    ({}, {}),
    ({"on": False, "free": False}, {"free": False}),
    ({"on": True, "parts": []}, {"on": True}),
    (
        {"parts": [{"name": "", "size": 0, "kept": 0, "tags": {}}]},
        {"parts": [{"kept": 0}]},
    ),
    ({"parts": [{"tags": {"a": ""}}]}, {"parts": [{"tags": {"a": ""}}]}),
    ({"by_name": {"a": {"size": 0}}}, {"by_name": {"a": {}}}),
    ({"inner": {"inner": {"on": False}}}, {"inner": {"inner": {}}}),
]


@pytest.mark.parametrize("engine", ["compiled", "plain"])
def test_zeros_at_every_depth(engine: str) -> None:
    scheme = Scheme()
    scheme.add(ThingHub, Edge(Thing), storage="zeros.example.com/v1")
    pipeline = Pipeline(scheme, PlainEngine() if engine == "plain" else None)
    for given, expected in CASES:
        head = {"apiVersion": "zeros.example.com/v1", "kind": "Thing", "metadata": {"name": "a"}}
        hub = pipeline.to_hub(pipeline.load({**head, "spec": given}))
        before = copy.deepcopy(hub.value)
        made = canonical_struct(ThingHub, hub.native)
        shown = pipeline.from_hub(type(hub)(hub.kind, made), hub.kind.spokes[0])
        assert pipeline.dump(shown)["spec"] == expected
        assert hub.value == before
        assert (made is hub.native) == (given == expected)


def test_names_that_the_server_makes_are_judged(client: httpx.Client) -> None:
    wanted = cronjob("x")
    wanted["metadata"] = {"generateName": "x" * 60}
    response = client.post(CRONJOBS, json=wanted)
    assert response.status_code == 422, response.text
    assert [each["field"] for each in response.json()["details"]["causes"]] == ["metadata.name"]
