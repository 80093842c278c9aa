"""Null, numbers, texts, lists and objects in place of any field or element, through every verb.

Whatever a document holds, the answer is a Status that says what is wrong, or a success; never a
500. What is tried comes from a seed. ``KCONV_FUZZ_SECONDS`` says how long to go on, and
``KCONV_FUZZ_SEED`` where to begin.
"""

import asyncio
import copy
import json
import os
import random
import time
from collections.abc import Coroutine, Iterator
from typing import Any

import pytest
from starlette.applications import Starlette

from fixtures.long import LONG
from kconv._pipeline import Pipeline
from kconv._scheme import Scheme
from kconv._serve import create_app
from kconv._store import SqlStore
from serve.asgi import Reply, ask
from serve.conftest import BOTH
from serve.samples import JSON_PATCH, MERGE, STRATEGIC, configmap, cronjob

SECONDS = float(os.environ.get("KCONV_FUZZ_SECONDS", "6" if LONG else "3"))
SEED = int(os.environ.get("KCONV_FUZZ_SEED", "1"))

LEAST = 300
"""Requests that a slow machine makes as well."""

Path = tuple[str | int, ...]

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
VERSIONS = (
    ("batch/v1/", "batch/v1beta1/"),
    ("batch/v1beta1/", "batch/v1/"),
    ("autoscaling/v1/", "autoscaling/v2/"),
    ("autoscaling/v2/", "autoscaling/v1/"),
)

VALUES: tuple[Any, ...] = (
    None, 0, -1, 1.5, 2**63, True, "", "x", "a/b", [], [None], [1], ["x"], [[]], [{}], {},
    {"a": None}, {"a": 1}, {"": ""}, {"name": None}, [{"name": None}], [{"name": 1}],
    [{"name": "x"}, None], [{"$patch": "delete"}], {"$patch": None}, {"$patch": "replace"},
)  # fmt: skip

METADATA: dict[str, Any] = {
    "labels": {"app": "a"},
    "annotations": {"note": "n"},
    "finalizers": ["example.com/hold"],
    "ownerReferences": [
        {"apiVersion": "v1", "kind": "ConfigMap", "name": "o", "uid": "u", "controller": True}
    ],
    "managedFields": [
        {
            "manager": "m",
            "operation": "Update",
            "apiVersion": "v1",
            "time": "2024-01-01T00:00:00Z",
            "fieldsType": "FieldsV1",
            "fieldsV1": {"f:data": {}},
        }
    ],
}
CONTAINER: dict[str, Any] = {
    "name": "c",
    "image": "i",
    "command": ["sh"],
    "env": [
        {"name": "A", "value": "1"},
        {"name": "B", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
    ],
    "ports": [{"containerPort": 80, "protocol": "TCP"}],
    "resources": {"limits": {"cpu": "1"}, "requests": {"memory": "1Gi"}},
    "volumeMounts": [{"name": "v", "mountPath": "/v"}],
    "livenessProbe": {
        "httpGet": {"path": "/", "port": 80, "httpHeaders": [{"name": "a", "value": "b"}]}
    },
}
METRIC = {
    "type": "Resource",
    "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}},
}


def documents() -> Iterator[tuple[str, dict[str, Any]]]:
    """A path of a collection, and an object for it that has lists of objects in it."""
    job = cronjob("one")
    pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    pod["containers"] = [copy.deepcopy(CONTAINER)]
    pod["volumes"] = [{"name": "v", "projected": {"sources": [{"secret": {"name": "s"}}]}}]
    pod["tolerations"] = [{"key": "k", "operator": "Exists"}]
    for version in ("v1", "v1beta1"):
        path = f"/apis/batch/{version}/namespaces/default/cronjobs"
        yield path, job | {"apiVersion": f"batch/{version}"}
    for version, spec in (
        ("v1", {"targetCPUUtilizationPercentage": 50}),
        (
            "v2",
            {
                "metrics": [METRIC],
                "behavior": {
                    "scaleUp": {"policies": [{"type": "Pods", "value": 1, "periodSeconds": 9}]}
                },
            },
        ),
    ):
        yield (
            f"/apis/autoscaling/{version}/namespaces/default/horizontalpodautoscalers",
            {
                "apiVersion": f"autoscaling/{version}",
                "kind": "HorizontalPodAutoscaler",
                "metadata": {"name": "one"},
                "spec": {
                    "maxReplicas": 3,
                    "scaleTargetRef": {"kind": "D", "name": "d", "apiVersion": "apps/v1"},
                    **spec,
                },
                "status": {"conditions": [{"type": "A", "status": "True"}], "desiredReplicas": 1},
            },
        )
    yield "/api/v1/namespaces/default/configmaps", configmap("one")
    yield (
        "/api/v1/namespaces/default/secrets",
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "one"},
            "data": {"a": "YQ=="},
            "stringData": {"b": "b"},
        },
    )
    yield (
        "/api/v1/namespaces/default/events",
        {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": "one"},
            "involvedObject": {"kind": "ConfigMap", "namespace": "default", "name": "one"},
            "series": {"count": 1, "lastObservedTime": "2024-01-01T00:00:00.000000Z"},
            "source": {"component": "c"},
        },
    )
    yield (
        "/api/v1/namespaces",
        {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": "one"},
            "spec": {"finalizers": ["kubernetes"]},
            "status": {"conditions": [{"type": "A", "status": "True"}]},
        },
    )


def whole(document: dict[str, Any]) -> dict[str, Any]:
    made = copy.deepcopy(document)
    made["metadata"] = {**copy.deepcopy(METADATA), **made["metadata"]}
    return made


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """Every field and element, and the document itself."""
    yield path
    children = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, child in children:
        yield from places(child, (*path, key))


def put(document: Any, path: Path, value: Any) -> Any:
    """The document with a value at a place."""
    if not path:
        return value
    made = copy.deepcopy(document)
    parent = made
    for step in path[:-1]:
        parent = parent[step]
    parent[path[-1]] = value
    return made


def partial(path: Path, value: Any) -> Any:
    """A merge patch of nothing but the value at a place; of a list it has one element."""
    for step in reversed(path):
        value = [value] if isinstance(step, int) else {step: value}
    return value


def renamed(document: Any) -> Any:
    """The document under a name that is free, if it has one."""
    try:
        return put(document, ("metadata", "name"), "two")
    except (TypeError, KeyError, IndexError):
        return document


def pointer(path: Path) -> str:
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


class Fuzz:
    def __init__(self, app: Starlette, seed: int) -> None:
        self.app = app
        self.random = random.Random(seed)
        self.asked = 0
        self.statuses: dict[int, int] = {}

    async def ask(
        self, method: str, target: str, body: Any, media: str = "application/json"
    ) -> None:
        data = json.dumps(body).encode()
        headers = {"Content-Type": media, "Content-Length": str(len(data))}
        answer = await ask(self.app, method, target, data, headers)
        self.judge(answer, f"{method} {target} ({media}): {data.decode()}")

    async def read(self, path: str) -> None:
        """As a list, as a table, and in every version of the kind."""
        for target in (path, f"{path}/one"):
            for accept in ("application/json", TABLE):
                answer = await ask(self.app, "GET", target, headers={"Accept": accept})
                self.judge(answer, f"GET {target} as {accept}")
        for old, new in VERSIONS:
            if old in path:
                target = path.replace(old, new) + "/one"
                self.judge(await ask(self.app, "GET", target), f"GET {target}")

    def judge(self, answer: Reply, what: str) -> None:
        self.asked += 1
        self.statuses[answer.status] = self.statuses.get(answer.status, 0) + 1
        assert answer.status < 500, f"{what}\n{answer.body.decode()}"
        document = json.loads(answer.body)
        if answer.status >= 400:
            assert document["kind"] == "Status", what
            assert document["message"], what

    async def change(self, path: str, document: dict[str, Any], place: Path, value: Any) -> None:
        """One change, through every verb that takes a body."""
        name = f"{path}/one"
        validation = self.random.choice(("Ignore", "Warn", "Strict"))
        query = f"?fieldValidation={validation}"
        await self.ask("POST", path, whole(document))
        changed = put(whole(document), place, value)
        dry = f"{query}&dryRun=All"
        await self.ask("POST", path + dry, renamed(changed))
        await self.ask("PUT", name + query, changed)
        await self.ask("PUT", f"{name}/status{query}", changed)
        part = partial(place, value)
        for media in (MERGE, STRATEGIC):
            await self.ask("PATCH", name + query, part, media)
            await self.ask("PATCH", f"{name}/status{query}", part, media)
        for operation in ("add", "replace", "test"):
            step = {"op": operation, "path": pointer(place), "value": value}
            await self.ask("PATCH", name + query, [step], JSON_PATCH)
        await self.read(path)
        step = {"op": "copy", "from": pointer(place), "path": "/metadata/annotations"}
        await self.ask("PATCH", name + dry, [step, value], JSON_PATCH)
        await self.ask("DELETE", name, put({"preconditions": {"uid": "x"}}, place[:1], value))
        await self.ask("DELETE", f"{path}?labelSelector=app", value)
        await self.ask("PATCH", name, {"metadata": {"finalizers": None}}, MERGE)
        await self.ask("DELETE", name, None)

    async def run(self, seconds: float) -> None:
        tried = [
            (path, document, place)
            for path, document in documents()
            for place in places(whole(document))
        ]
        end = time.monotonic() + seconds
        while time.monotonic() < end or self.asked < LEAST:
            path, document, place = self.random.choice(tried)
            await self.change(path, document, place, self.random.choice(VALUES))


def application(scheme: Scheme, store: SqlStore, pipeline: Pipeline) -> Starlette:
    return create_app(scheme, store, runtime_config="api/all=true", pipeline=pipeline)


async def served(fuzz: Fuzz, work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    finally:
        await fuzz.app.state.server.stop()


@BOTH
def test_no_document_is_a_failure(
    scheme: Scheme, store: SqlStore, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KCONV_ENGINE_FALLBACK", "raise")
    fuzz = Fuzz(application(scheme, store, pipeline), SEED)
    asyncio.run(served(fuzz, fuzz.run(SECONDS)))
    assert {200, 201, 400, 422} <= set(fuzz.statuses)


@pytest.mark.parametrize("value", [None, 1, "x", [], {}, [None], {"uid": None}])
@pytest.mark.parametrize("field", ["ownerReferences", "finalizers", "managedFields"])
def test_elements_of_lists_in_metadata(
    scheme: Scheme, store: SqlStore, pipeline: Pipeline, field: str, value: Any
) -> None:
    fuzz = Fuzz(application(scheme, store, pipeline), SEED)

    async def run() -> None:
        for path, document in list(documents())[::3]:
            await fuzz.change(path, document, ("metadata", field), [value, METADATA[field][0]])

    asyncio.run(served(fuzz, run()))
