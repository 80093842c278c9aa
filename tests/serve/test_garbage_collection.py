"""Objects go with those that they name as owners, by the policy of the delete."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import httpx
import pytest

from fixtures.until import until
from serve.conftest import BOTH
from serve.samples import cronjob, patched, template

TARGET = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "x"}
COLLECTIONS = {
    "ConfigMap": ("/api/v1", "configmaps", {}),
    "Secret": ("/api/v1", "secrets", {}),
    "CronJob": ("/apis/batch/v1", "cronjobs", {"spec": cronjob("x")["spec"]}),
    "Job": ("/apis/batch/v1", "jobs", {"spec": {"template": template()}}),
    "HorizontalPodAutoscaler": (
        "/apis/autoscaling/v1",
        "horizontalpodautoscalers",
        {
            "spec": {
                "maxReplicas": 3,
                "scaleTargetRef": {"kind": "X", "name": "x", "apiVersion": "a/v1"},
            }
        },
    ),
}
VERSIONS = {"ConfigMap": "v1", "Secret": "v1", "CronJob": "batch/v1", "Job": "batch/v1"}
GONE = "00000000-0000-4000-8000-000000000000"


@dataclass
class Owner:
    """An owner that an object names: by its name here, or as ``more`` says."""

    name: str
    blocks: bool = False
    more: dict[str, Any] = field(default_factory=dict)


class Cluster:
    """Objects of one namespace by name, on a server."""

    def __init__(self, client: httpx.Client, namespace: str) -> None:
        self.client = client
        self.namespace = namespace
        self.made: dict[str, tuple[str, dict[str, Any]]] = {}
        assert client.post("/api/v1/namespaces", json={"metadata": {"name": namespace}}).is_success

    def path(self, kind: str) -> str:
        prefix, plural, _ = COLLECTIONS[kind]
        return f"{prefix}/namespaces/{self.namespace}/{plural}"

    def add(
        self, name: str, owners: Sequence[Owner] = (), kind: str = "ConfigMap", **more: Any
    ) -> dict[str, Any]:
        references = [self.reference(each) for each in owners]
        body = {"metadata": {"name": name, "ownerReferences": references, **more}}
        made = self.client.post(self.path(kind), json={**body, **COLLECTIONS[kind][2]})
        assert made.status_code == 201, made.text
        self.made[name] = kind, made.json()
        return self.made[name][1]

    def reference(self, owner: Owner) -> dict[str, Any]:
        kind, document = self.made.get(owner.name, ("ConfigMap", {"metadata": {"uid": GONE}}))
        return {
            "apiVersion": VERSIONS.get(kind, "autoscaling/v2"),
            "kind": kind,
            "name": owner.name,
            "uid": document["metadata"]["uid"],
            "blockOwnerDeletion": owner.blocks,
            **owner.more,
        }

    def own(self, name: str, *owners: Owner) -> None:
        """Give an object other owners."""
        references = [self.reference(each) for each in owners]
        path = f"{self.path(self.made[name][0])}/{name}"
        found = patched(self.client, path, {"metadata": {"ownerReferences": references}})
        assert found.is_success, found.text

    def delete(self, name: str, policy: str = "", **options: Any) -> httpx.Response:
        if policy:
            options["propagationPolicy"] = policy
        path = f"{self.path(self.made[name][0])}/{name}"
        return self.client.request("DELETE", path, json=options)

    def state(self) -> dict[str, list[str]]:
        """The owners that those name which are left."""
        found: dict[str, list[str]] = {}
        for kind in {kind for kind, _ in self.made.values()}:
            for each in self.client.get(self.path(kind)).json()["items"]:
                owners = each["metadata"].get("ownerReferences", ())
                found[each["metadata"]["name"]] = [owner["name"] for owner in owners]
        return found

    def ends_as(self, **expected: list[str]) -> None:
        until(lambda: self.state() == expected, 20)


def is_gone(client: httpx.Client, path: str) -> bool:
    return client.get(path).status_code == 404


def background(it: Cluster) -> dict[str, list[str]]:
    it.add("a")
    it.add("b", [Owner("a", blocks=True)], "Secret")
    it.add("c", [Owner("b")], "CronJob")
    it.add("other")
    answer = it.delete("a", "Background")
    assert answer.json()["kind"] == "Status"
    return {"other": []}


def foreground(it: Cluster) -> dict[str, list[str]]:
    it.add("a")
    it.add("held", [Owner("a", blocks=True)], "Secret", finalizers=["example.com/mine"])
    it.add("free", [Owner("a", blocks=True)], "HorizontalPodAutoscaler")
    answer = it.delete("a", "Foreground").json()
    assert answer["metadata"]["finalizers"] == ["foregroundDeletion"]
    it.ends_as(a=[], held=["a"])
    held = it.client.get(f"{it.path('Secret')}/held").json()
    assert held["metadata"]["deletionTimestamp"]
    patched(it.client, f"{it.path('Secret')}/held", {"metadata": {"finalizers": None}})
    return {}


def foreground_by_levels(it: Cluster) -> dict[str, list[str]]:
    it.add("a", kind="CronJob")
    it.add("b", [Owner("a", blocks=True)], "Job")
    it.add("c", [Owner("b", blocks=True)], finalizers=["example.com/mine"])
    it.add("aside", [Owner("a")])
    it.delete("a", "Foreground")
    it.ends_as(a=[], b=["a"], c=["b"])
    b = it.client.get(f"{it.path('Job')}/b").json()
    assert b["metadata"]["finalizers"] == ["foregroundDeletion"]
    patched(it.client, f"{it.path('ConfigMap')}/c", {"metadata": {"finalizers": None}})
    return {}


def unblocked_later(it: Cluster) -> dict[str, list[str]]:
    it.add("a")
    it.add("b", [Owner("a", blocks=True)], finalizers=["example.com/mine"])
    it.delete("a", "Foreground")
    it.ends_as(a=[], b=["a"])
    it.own("b", Owner("a", blocks=False))
    return {"b": ["a"]}


def not_blocked_by_others(it: Cluster) -> dict[str, list[str]]:
    it.add("a")
    it.add("b", [Owner("a", blocks=False)], finalizers=["example.com/mine"])
    it.delete("a", "Foreground")
    return {"b": ["a"]}


def orphan(it: Cluster) -> dict[str, list[str]]:
    it.add("a")
    it.add("b", [Owner("a", blocks=True)], "Secret")
    it.add("c", [Owner("b"), Owner("a")])
    answer = it.delete("a", "Orphan").json()
    assert answer["metadata"]["finalizers"] == ["orphan"]
    return {"b": [], "c": ["b"]}


def orphan_the_old_way(it: Cluster) -> dict[str, list[str]]:
    it.add("a")
    it.add("b", [Owner("a")])
    it.delete("a", orphanDependents=True)
    it.add("c")
    it.add("d", [Owner("c")])
    it.delete("c", orphanDependents=False)
    return {"b": []}


def jobs_orphan_by_default(it: Cluster) -> dict[str, list[str]]:
    it.add("a", kind="Job")
    it.add("b", [Owner("a")])
    answer = it.delete("a")
    assert answer.json()["metadata"]["finalizers"] == ["orphan"]
    assert "child pods are preserved" in answer.headers["warning"]
    it.add("c", kind="CronJob")
    it.add("d", [Owner("c")])
    assert "warning" not in it.delete("c").headers
    return {"b": []}


def finalizer_says_what_is_wanted(it: Cluster) -> dict[str, list[str]]:
    it.add("a", finalizers=["orphan"])
    it.add("b", [Owner("a")])
    it.add("c", finalizers=["orphan"])
    it.add("d", [Owner("c")])
    it.delete("a")
    it.delete("c", "Background")
    return {"b": []}


def another_policy_later(it: Cluster) -> dict[str, list[str]]:
    it.add("a")
    it.add("b", [Owner("a", blocks=True)], finalizers=["example.com/mine"])
    it.delete("a", "Foreground")
    it.ends_as(a=[], b=["a"])
    assert it.delete("a", "Background").json()["kind"] == "Status"
    return {"b": ["a"]}


def several_owners(it: Cluster) -> dict[str, list[str]]:
    it.add("a")
    it.add("b")
    it.add("c")
    it.add("both", [Owner("a"), Owner("b")])
    it.add("waiting", [Owner("b"), Owner("c", blocks=True)])
    it.add("one", [Owner("a")])
    it.delete("a", "Background")
    it.delete("c", "Foreground")
    return {"b": [], "both": ["b"], "waiting": ["b"]}


def any_version_of_the_owner(it: Cluster) -> dict[str, list[str]]:
    it.add("a", kind="HorizontalPodAutoscaler")
    it.add("v2", [Owner("a", more={"apiVersion": "autoscaling/v2"})])
    it.add("v1", [Owner("a", more={"apiVersion": "autoscaling/v1"})])
    it.add("b", kind="CronJob")
    former = {"apiVersion": "batch/v2alpha1", "kind": "ScheduledJob"}
    it.add("scheduled", [Owner("b", more=former)])
    it.add("beta", [Owner("b", more={"apiVersion": "batch/v1beta1"})])
    it.ends_as(a=[], v2=["a"], v1=["a"], b=[], scheduled=["b"], beta=["b"])
    it.delete("a")
    it.delete("b")
    return {}


def absent_owners(it: Cluster) -> dict[str, list[str]]:
    it.add("a")
    it.add("nobody", [Owner("nobody")])
    it.add("another", [Owner("a", more={"uid": GONE})])
    it.add("elsewhere", [Owner("a", more={"kind": "Secret"})])
    it.add("half", [Owner("nobody"), Owner("a")])
    return {"a": [], "half": ["a"]}


def owners_that_nobody_knows(it: Cluster) -> dict[str, list[str]]:
    """Where their kind, or version, is not served here they may well be there."""
    unknown = {"apiVersion": "example.com/v1", "kind": "Widget"}
    it.add("a", [Owner("w", more=unknown)])
    it.add("b", [Owner("w", more={"apiVersion": "batch/v7", "kind": "Job"})])
    it.add("c", [Owner("w", more=unknown), Owner("nobody")])
    return {"a": ["w"], "b": ["w"], "c": ["w", "nobody"]}


def circle(it: Cluster) -> dict[str, list[str]]:
    for policy in ("Background", "Foreground"):
        it.add(f"{policy[0]}a".lower())
        it.add(f"{policy[0]}b".lower(), [Owner(f"{policy[0]}a".lower(), blocks=True)])
        it.own(f"{policy[0]}a".lower(), Owner(f"{policy[0]}b".lower(), blocks=True))
        it.delete(f"{policy[0]}a".lower(), policy)
    it.add("self")
    it.own("self", Owner("self", blocks=True))
    it.delete("self", "Foreground")
    it.add("left")
    it.add("right", [Owner("left", blocks=True)])
    it.own("left", Owner("right", blocks=True))
    return {"left": ["right"], "right": ["left"]}


def circle_from_both_ends(it: Cluster) -> dict[str, list[str]]:
    it.add("a")
    it.add("b", [Owner("a", blocks=True)])
    it.add("c", [Owner("b", blocks=True)])
    it.own("a", Owner("c", blocks=True))
    for name in "abc":
        it.delete(name, "Foreground")
    return {}


def cluster_scoped(it: Cluster) -> dict[str, list[str]]:
    """What has no namespace owns what has one, and not the other way round."""
    owner = f"{it.namespace}-owner"
    made = it.client.post("/api/v1/namespaces", json={"metadata": {"name": owner}}).json()
    reference = {"kind": "Namespace", "uid": made["metadata"]["uid"], "apiVersion": "v1"}
    it.add("a", [Owner(owner, more=reference)])
    it.add("b")
    owned = {"name": f"{owner}-owned", "ownerReferences": [it.reference(Owner("b", blocks=True))]}
    it.client.post("/api/v1/namespaces", json={"metadata": owned})
    it.ends_as(a=[owner], b=[])
    it.delete("b", "Foreground")
    it.client.delete(f"/api/v1/namespaces/{owner}")
    it.ends_as()
    assert it.client.get(f"/api/v1/namespaces/{owner}-owned").status_code == 200
    return {}


def namespace_as_dependent(it: Cluster) -> dict[str, list[str]]:
    owner, owned = f"{it.namespace}-a", f"{it.namespace}-b"
    made = it.client.post("/api/v1/namespaces", json={"metadata": {"name": owner}}).json()
    reference = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "name": owner,
        "uid": made["metadata"]["uid"],
        "blockOwnerDeletion": True,
    }
    body = {"metadata": {"name": owned, "ownerReferences": [reference]}}
    it.client.post("/api/v1/namespaces", json=body)
    options = {"propagationPolicy": "Foreground"}
    it.client.request("DELETE", f"/api/v1/namespaces/{owner}", json=options)
    for name in (owned, owner):
        path = f"/api/v1/namespaces/{name}"
        until(partial(is_gone, it.client, path), 20)
    return {}


def delete_collection(it: Cluster) -> dict[str, list[str]]:
    it.add("a", kind="Secret")
    it.add("b", [Owner("a")])
    it.add("c", kind="Secret")
    it.add("d", [Owner("c")])
    options = {"propagationPolicy": "Orphan"}
    assert it.client.request("DELETE", it.path("Secret"), json=options).is_success
    return {"b": [], "d": []}


def owner_comes_later(it: Cluster) -> dict[str, list[str]]:
    """An owner that is named in an update counts as one that was there from the beginning."""
    it.add("a")
    it.add("b")
    it.own("b", Owner("a"))
    it.delete("a")
    return {}


def events_have_no_policy(it: Cluster) -> dict[str, list[str]]:
    path = f"/api/v1/namespaces/{it.namespace}/events"
    body = {
        "metadata": {"name": "e"},
        "involvedObject": {"namespace": it.namespace, "kind": "Job", "name": "x"},
    }
    assert it.client.post(path, json=body).is_success
    options = {"propagationPolicy": "Foreground"}
    gone = it.client.request("DELETE", f"{path}/e", json=options).json()
    assert gone["kind"] == "Status"
    return {}


CASES: tuple[Callable[[Cluster], dict[str, list[str]]], ...] = (
    background,
    foreground,
    foreground_by_levels,
    unblocked_later,
    not_blocked_by_others,
    orphan,
    orphan_the_old_way,
    jobs_orphan_by_default,
    finalizer_says_what_is_wanted,
    another_policy_later,
    several_owners,
    any_version_of_the_owner,
    absent_owners,
    owners_that_nobody_knows,
    circle,
    circle_from_both_ends,
    cluster_scoped,
    namespace_as_dependent,
    delete_collection,
    owner_comes_later,
    events_have_no_policy,
)


@BOTH
def test_what_is_collected(client: httpx.Client, backend: str) -> None:
    """Each case in a namespace of its own; none of them undoes what another one ended as."""
    ended: list[tuple[Cluster, dict[str, list[str]]]] = []
    for number, case in enumerate(CASES):
        cluster = Cluster(client, f"n{number}")
        ended.append((cluster, case(cluster)))
    for (cluster, expected), case in zip(ended, CASES, strict=True):
        try:
            cluster.ends_as(**expected)
        except AssertionError:
            pytest.fail(f"{case.__name__}: {cluster.state()}, not {expected}")
    # Another round of the collector, which has nothing left to do.
    last = Cluster(client, "last")
    background(last)
    last.ends_as(other=[])
    assert [cluster.state() for cluster, _ in ended] == [expected for _, expected in ended]
