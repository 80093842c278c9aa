"""What migrating the objects of a cluster costs, over a client that lists and writes them back.

The cluster is ``kconv serve --crds``, with a CRD in three versions that differ by name alone.
The bare client lists the objects in pages, and writes each back as it is, as many at a time as
kconv: it looks at nothing, keeps nothing, and does not know afterwards whether anything is left.
`ClusterPlace` compares each object in three versions before and after, and keeps what it was.

`KCONV_BENCH_ROWS` sets how many objects there are, 2,000 by default.
"""

import json
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest.mock import patch

import urllib3

from bench.figure import Figure
from bench.part import LeftOut
from bench.serving.processes import kconv

OBJECTS = min(int(os.environ.get("KCONV_BENCH_ROWS", "2000")), 5000)
ROUNDS = 2
PAGE = 500
GROUP = "bench.example.com"
VERSIONS = ("v1alpha1", "v1beta1", "v1")
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
CRD = f"{CRDS}/gadgets.{GROUP}"
SEEN = 1.5
"""Seconds after which a server has seen that a CRD has changed."""


class Client:
    """A bare client: requests on ``threads`` connections."""

    def __init__(self, url: str, threads: int) -> None:
        self.url = url
        self.threads = ThreadPoolExecutor(threads)
        self.pool = urllib3.PoolManager(maxsize=threads)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        found = self.pool.request(method, self.url + path, body=data, headers=headers)
        assert found.status < 300, found.data
        return json.loads(found.data)

    def fill(self) -> None:
        """Make a CRD that stores v1beta1, and the objects."""
        self.ask("POST", CRDS, definition())
        time.sleep(SEEN)
        path = f"/apis/{GROUP}/v1beta1/namespaces/default/gadgets"
        made = self.threads.map(lambda at: self.ask("POST", path, gadget(at)), range(OBJECTS))
        assert len(list(made)) == OBJECTS

    def store(self, version: str) -> None:
        """Have the CRD store another version."""
        found = self.ask("GET", CRD)
        for each in found["spec"]["versions"]:
            each["storage"] = each["name"] == version
        self.ask("PUT", CRD, found)
        time.sleep(SEEN)

    def write_back(self) -> float:
        """Seconds in which every object is listed and written back."""
        began = time.perf_counter()
        path, token = f"/apis/{GROUP}/v1", ""
        while True:
            page = self.ask("GET", f"{path}/gadgets?limit={PAGE}&continue={token}")
            list(self.threads.map(self._write, page["items"]))
            token = page["metadata"].get("continue", "")
            if not token:
                return time.perf_counter() - began

    def _write(self, item: Mapping[str, Any]) -> None:
        name = item["metadata"]["name"]
        self.ask("PUT", f"/apis/{GROUP}/v1/namespaces/default/gadgets/{name}", item)

    def close(self) -> None:
        self.threads.shutdown()
        self.pool.clear()


def definition() -> dict[str, Any]:
    fields = {
        "width": {"type": "integer"},
        "height": {"type": "integer", "default": 3},
        "note": {"type": "string"},
        "tags": {"type": "array", "items": {"type": "string"}},
    }
    schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": fields}}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"gadgets.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {"plural": "gadgets", "kind": "Gadget"},
            "versions": [
                {
                    "name": each,
                    "served": True,
                    "storage": each == "v1beta1",
                    "schema": {"openAPIV3Schema": schema},
                }
                for each in VERSIONS
            ],
        },
    }


def gadget(at: int) -> dict[str, Any]:
    return {
        "apiVersion": f"{GROUP}/v1beta1",
        "kind": "Gadget",
        "metadata": {"name": f"g-{at:05}"},
        "spec": {"width": at, "note": "n" * 300, "tags": ["a", "b"]},
    }


def migrate(url: str, folder: Path, number: int) -> float:
    """Seconds of a migration, its preflight and proof included, and the start of no process."""
    from kconv._cluster import ClusterPlace, preflight
    from kconv._pipeline import Pipeline
    from kconv_migrations import _migration as storage
    from kconv_migrations._tables import upgrade

    config = folder / "kubeconfig"
    named = {"cluster": {"server": url}, "name": "c"}
    context = {"context": {"cluster": "c", "user": "u"}, "name": "c"}
    config.write_text(json.dumps({
        "apiVersion": "v1", "kind": "Config", "current-context": "c", "clusters": [named],
        "contexts": [context], "users": [{"name": "u", "user": {}}],
    }))  # fmt: skip
    location = "kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION"
    notes = f"sqlite:///{folder}/notes-{number}.db"
    upgrade(notes)
    # The time that other API servers are given to see the CRD is no work.
    with patch(location, str(config)), patch.object(preflight, "SETTLE", 0.0):
        began = time.perf_counter()
        place = ClusterPlace.open("", notes)
        try:
            targets = storage.plan(place, [f"gadgets.{GROUP}"])
            (outcome,) = storage.migrate(place, Pipeline(place.scheme), targets)
        finally:
            place.close()
        seconds = time.perf_counter() - began
    assert outcome.done, outcome.failures[:1]
    assert outcome.objects == OBJECTS, outcome.objects
    return seconds


def figures() -> Iterator[Figure]:
    """Objects a second over those of the bare client, the better of two rounds each."""
    try:
        from kconv._cluster.threads import CONNECTIONS
    except ModuleNotFoundError as error:
        raise LeftOut(f"{error}: pip install '.[cluster]'") from None
    bare, ours = [], []
    with tempfile.TemporaryDirectory(prefix="kconv-bench-") as name:
        folder = Path(name)
        with kconv(f"sqlite:///{folder}/cluster.db", "--crds") as served:
            client = Client(served.url, CONNECTIONS)
            client.fill()
            for number in range(ROUNDS):
                client.store("v1")
                ours.append(migrate(served.url, folder, number))
                client.store("v1beta1")
                bare.append(client.write_back())
            client.close()
    yield Figure("cluster-migration-over-bare-client", min(bare) / min(ours), "x", 1.0, least=True)
    yield Figure(
        "cluster-migration-objects", OBJECTS / min(ours), "objects/s", None, OBJECTS / min(bare)
    )
