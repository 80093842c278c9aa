"""What a server does to objects, both clients do: one suite for the three, on one database."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from client.apis import GVK, Api, Doc, Refused, without
from kconv._store import SqlStore

CRON = GVK("batch", "v1", "CronJob")
OLD_CRON = GVK("batch", "v1beta1", "CronJob")
SCHEDULED = GVK("batch", "v2alpha1", "ScheduledJob")
CONFIG = GVK("", "v1", "ConfigMap")
NAMESPACE = GVK("", "v1", "Namespace")
HPA = GVK("autoscaling", "v2", "HorizontalPodAutoscaler")
OLD_HPA = GVK("autoscaling", "v1", "HorizontalPodAutoscaler")

TEMPLATE: Doc = {
    "spec": {"restartPolicy": "OnFailure", "containers": [{"name": "main", "image": "busybox"}]}
}


def cron(name: str, schedule: str = "*/5 * * * *", **metadata: Any) -> Doc:
    return {
        "metadata": {"name": name, **metadata},
        "spec": {"schedule": schedule, "jobTemplate": {"spec": {"template": TEMPLATE}}},
    }


def config(name: str, data: Any = None, **metadata: Any) -> Doc:
    return {"metadata": {"name": name, **metadata}, "data": data or {"a": "b"}}


def test_create_and_read_in_every_version(api: Api, others: list[Api], namespace: str) -> None:
    made = api.create(OLD_CRON, cron("job", labels={"a": "b"}), namespace)
    meta = made["metadata"]
    assert set(meta) == {
        "name", "namespace", "labels", "uid", "creationTimestamp", "generation", "resourceVersion",
        "managedFields",
    }  # fmt: skip
    assert (made["apiVersion"], meta["generation"]) == ("batch/v1beta1", 1)
    assert made["spec"]["concurrencyPolicy"] == "Allow", "a default"
    assert made["spec"]["successfulJobsHistoryLimit"] == 3
    for gvk in (CRON, OLD_CRON, SCHEDULED):
        read = api.get(gvk, "job", namespace)
        assert (read["apiVersion"], read["kind"]) == (gvk.api_version, gvk.kind)
        assert read["metadata"] == meta
        for other in others:
            assert other.get(gvk, "job", namespace) == read
    assert api.get(OLD_CRON, "job", namespace) == made


NOT_VALID: list[tuple[str, GVK, Doc, str, list[tuple[str, str]]]] = [
    (
        "two fields and a name",
        CRON,
        {
            "metadata": {"name": "Bad_Name"},
            "spec": {"schedule": "nonsense", "jobTemplate": {"spec": {"template": {"spec": {
                "restartPolicy": "Never", "containers": []}}}}},
        },
        "Invalid",
        [
            ("metadata.name", "FieldValueInvalid"),
            ("spec.jobTemplate.spec.template.spec.containers", "FieldValueRequired"),
            ("spec.schedule", "FieldValueInvalid"),
        ],
    ),
    ("a label", CONFIG, config("x", labels={"a b": "c"}), "Invalid",
     [("metadata.labels", "FieldValueInvalid")]),
    ("no name", CONFIG, {"metadata": {}}, "Invalid", [("metadata.name", "FieldValueRequired")]),
    ("a type", CRON, {"metadata": {"name": "x"}, "spec": {"schedule": 5}}, "BadRequest", []),
    ("an unknown field", CONFIG, {"metadata": {"name": "x"}, "dada": {}}, "BadRequest", []),
    ("a rule between fields", HPA,
     {"metadata": {"name": "x"}, "spec": {"minReplicas": 5, "maxReplicas": 2,
      "scaleTargetRef": {"kind": "Deployment", "name": "y", "apiVersion": "apps/v1"}}}, "Invalid",
     [("spec.maxReplicas", "FieldValueInvalid")]),
    ("another namespace", CONFIG, config("x", namespace="other"), "BadRequest", []),
    ("another kind", CONFIG, {**config("x"), "kind": "Secret"}, "BadRequest", []),
]  # fmt: skip


@pytest.mark.parametrize(
    ("gvk", "document", "reason", "fields"),
    [case[1:] for case in NOT_VALID],
    ids=[case[0] for case in NOT_VALID],
)
def test_what_is_refused(
    apis: dict[str, Api],
    namespace: str,
    gvk: GVK,
    document: Doc,
    reason: str,
    fields: list[tuple[str, str]],
) -> None:
    """The refusal is one and the same, to the letter; and nothing is stored."""
    told = []
    for name in ("http", "sync", "async"):
        if document.get("kind") and name != "http":
            continue  # a document says itself what it is
        with pytest.raises(Refused) as refused:
            apis[name].create(gvk, document, namespace)
        told.append(refused.value)
    assert told[0].reason == reason
    assert told[0].fields() == fields
    for each in told:
        assert (each.reason, each.message) == (told[0].reason, told[0].message)
        # Of what cannot be decoded, a Status has no causes.
        assert reason == "BadRequest" or each.causes == told[0].causes
    assert apis["http"].listed(gvk, namespace)["items"] == []


def test_missing_and_existing(api: Api, namespace: str) -> None:
    asked: list[Callable[[], object]] = [
        lambda: api.get(CRON, "none", namespace),
        lambda: api.get(SCHEDULED, "none", namespace),
        lambda: api.update(CRON, cron("none"), namespace),
        lambda: api.patch(CRON, "none", {}, "merge", namespace),
        lambda: api.delete(CRON, "none", namespace),
    ]
    for ask in asked:
        with pytest.raises(Refused, match=r'jobs\.batch "none" not found') as refused:
            ask()
        assert refused.value.reason == "NotFound"
    with pytest.raises(Refused, match='namespaces "nowhere" not found') as refused:
        api.create(CONFIG, config("x"), "nowhere")
    assert refused.value.reason == "NotFound"
    api.create(CRON, cron("job"), namespace)
    with pytest.raises(Refused, match=r'cronjobs\.batch "job" already exists') as refused:
        api.create(CRON, cron("job"), namespace)
    assert refused.value.reason == "AlreadyExists"


def test_an_update_that_was_overtaken(api: Api, others: list[Api], namespace: str) -> None:
    made = api.create(CRON, cron("job"), namespace)
    faster = others[0].patch(CRON, "job", {"spec": {"suspend": True}}, "merge", namespace)
    changed = {**made, "spec": {**made["spec"], "schedule": "0 0 * * *"}}
    with pytest.raises(Refused, match="the object has been modified") as refused:
        api.update(CRON, changed, namespace)
    assert refused.value.reason == "Conflict"
    assert api.get(CRON, "job", namespace) == faster
    meta = faster["metadata"]
    renewed = api.update(CRON, {**changed, "metadata": meta}, namespace)
    assert renewed["metadata"]["generation"] == meta["generation"] + 1
    assert renewed["spec"]["schedule"] == "0 0 * * *"
    again = api.update(CRON, renewed, namespace)
    assert again == renewed, "what changes nothing is not written"
    del changed["metadata"]
    free = api.update(CRON, {**changed, "metadata": {"name": "job"}}, namespace)
    assert free["metadata"]["uid"] == meta["uid"], "without a resourceVersion it is replaced"
    with pytest.raises(Refused, match="UID in precondition") as refused:
        api.update(CRON, {**free, "metadata": {"name": "job", "uid": "another"}}, namespace)
    assert refused.value.reason == "Conflict"


def test_patches(api: Api, namespace: str) -> None:
    api.create(CRON, cron("job", labels={"a": "1", "b": "2"}), namespace)
    merged = api.patch(
        CRON, "job", {"metadata": {"labels": {"a": None, "c": "3"}}}, "merge", namespace
    )
    assert merged["metadata"]["labels"] == {"b": "2", "c": "3"}
    pods = {"containers": [{"name": "second", "image": "x"}]}
    change = {"spec": {"jobTemplate": {"spec": {"template": {"spec": pods}}}}}
    added = api.patch(OLD_CRON, "job", change, "strategic", namespace)
    containers = added["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    assert {each["name"] for each in containers} == {"main", "second"}
    operation = {"op": "replace", "path": "/spec/schedule", "value": "1 1 * * *"}
    assert api.patch(CRON, "job", [operation], "json", namespace)["spec"]["schedule"] == "1 1 * * *"
    before = api.get(CRON, "job", namespace)
    for kind, bad, reason in [
        ("json", [{"op": "test", "path": "/spec/schedule", "value": "no"}], "Invalid"),
        ("json", {"op": "nothing"}, "BadRequest"),
        ("merge", [], "BadRequest"),
        ("merge", {"spec": {"schedule": 5}}, "Invalid"),
        ("merge", {"spec": {"schedule": "none"}}, "Invalid"),
        ("merge", {"spec": {"shedule": "1 1 * * *"}}, "Invalid"),
        ("merge", {"metadata": {"resourceVersion": "1"}, "spec": {"suspend": True}}, "Conflict"),
    ]:
        with pytest.raises(Refused) as refused:
            api.patch(CRON, "job", bad, kind, namespace)
        assert refused.value.reason == reason, (kind, bad)
    assert api.get(CRON, "job", namespace) == before


def test_delete_with_preconditions(api: Api, namespace: str) -> None:
    meta = api.create(CRON, cron("job"), namespace)["metadata"]
    for insists in ({"uid": "another"}, {"resourceVersion": "1"}):
        with pytest.raises(Refused, match="in the precondition") as refused:
            api.delete(CRON, "job", namespace, **insists)
        assert refused.value.reason == "Conflict"
    right = {"uid": meta["uid"], "resourceVersion": meta["resourceVersion"]}
    assert api.delete(SCHEDULED, "job", namespace, **right) is None
    with pytest.raises(Refused):
        api.get(CRON, "job", namespace)


def test_finalizers(api: Api, others: list[Api], namespace: str) -> None:
    api.create(CRON, cron("job", finalizers=["a.example/one", "a.example/two"]), namespace)
    waiting = api.delete(CRON, "job", namespace)
    assert waiting is not None
    assert waiting["metadata"]["deletionTimestamp"]
    assert waiting["metadata"]["generation"] == 2
    assert others[0].delete(CRON, "job", namespace) == waiting, "it waits already"
    more = {"metadata": {"finalizers": ["a.example/one", "a.example/three"]}}
    with pytest.raises(Refused, match="no new finalizers can be added") as refused:
        api.patch(CRON, "job", more, "merge", namespace)
    assert refused.value.fields() == [("metadata.finalizers", "FieldValueForbidden")]
    fewer = {"metadata": {"finalizers": ["a.example/two"]}}
    assert api.patch(OLD_CRON, "job", fewer, "merge", namespace)["metadata"]["deletionTimestamp"]
    last = api.patch(CRON, "job", {"metadata": {"finalizers": None}}, "merge", namespace)
    assert "finalizers" not in last["metadata"]
    with pytest.raises(Refused):
        others[1].get(CRON, "job", namespace)


def test_a_namespace_that_is_being_deleted(
    api: Api, others: list[Api], apis: dict[str, Api], namespace: str
) -> None:
    api.create(CONFIG, config("held", finalizers=["a.example/hold"]), namespace)
    api.create(CONFIG, config("free"), namespace)
    gone = api.delete(NAMESPACE, namespace, "")
    assert gone is not None
    assert gone["status"]["phase"] == "Terminating"
    told = []
    for each in (api, *others):
        with pytest.raises(Refused, match="because it is being terminated") as refused:
            each.create(CONFIG, config("late"), namespace)
        told.append(refused.value)
    for late in told:
        assert late.reason == "Forbidden"
        assert late.fields() == [("metadata.namespace", "NamespaceTerminating")]
        assert (late.message, late.causes) == (told[0].message, told[0].causes)
    eventually(lambda: [names(api.listed(CONFIG, namespace))] == [["held"]])
    held = {"metadata": {"finalizers": None}}
    api.patch(CONFIG, "held", held, "merge", namespace)
    eventually(lambda: is_missing(api, NAMESPACE, namespace))
    with pytest.raises(Refused, match="this namespace may not be deleted") as refused:
        api.delete(NAMESPACE, "default", "")
    assert refused.value.reason == "Forbidden"


def test_dry_runs(api: Api, namespace: str) -> None:
    made = api.create(CRON, cron("tried"), namespace, dryRun="All")
    assert made["metadata"]["uid"]
    assert made["spec"]["concurrencyPolicy"] == "Allow"
    assert is_missing(api, CRON, "tried", namespace)
    with pytest.raises(Refused):
        api.create(CRON, cron("tried", "nonsense"), namespace, dryRun="All")
    there = api.create(CRON, cron("job"), namespace)
    changed = {**there, "spec": {**there["spec"], "suspend": True}}
    assert api.update(CRON, changed, namespace, dryRun="All")["spec"]["suspend"] is True
    suspended = api.patch(
        CRON, "job", {"spec": {"suspend": True}}, "merge", namespace, dryRun="All"
    )
    assert suspended["metadata"]["generation"] == 2
    assert api.delete(CRON, "job", namespace, dryRun="All") is None
    assert api.get(CRON, "job", namespace) == there


def test_a_watch_in_another_version(
    api: Api, others: list[Api], apis: dict[str, Api], namespace: str
) -> None:
    first = api.create(CRON, cron("one", labels={"tier": "a"}), namespace)
    since = api.listed(CRON, namespace)["metadata"]["resourceVersion"]
    others[0].create(CRON, cron("two", labels={"tier": "b"}), namespace)
    others[1].patch(CRON, "one", {"spec": {"suspend": True}}, "merge", namespace)
    moved = {"metadata": {"labels": {"tier": "b"}}}
    others[0].patch(CRON, "one", moved, "merge", namespace)
    others[1].delete(CRON, "two", namespace)
    events = api.watch(OLD_CRON, namespace, since)
    assert [(kind, each["metadata"]["name"]) for kind, each in events] == [
        ("ADDED", "two"), ("MODIFIED", "one"), ("MODIFIED", "one"), ("DELETED", "two"),
    ]  # fmt: skip
    assert {each["apiVersion"] for _, each in events} == {"batch/v1beta1"}
    assert events[1][1]["spec"]["suspend"] is True
    selected = api.watch(CRON, namespace, since, labels="tier=a")
    assert [(kind, each["metadata"]["name"]) for kind, each in selected] == [
        ("MODIFIED", "one"), ("DELETED", "one"),
    ]  # fmt: skip
    halfway = events[1][1]["metadata"]["resourceVersion"]
    assert api.watch(OLD_CRON, namespace, halfway) == events[2:], "it goes on from anywhere"
    (from_nothing,) = api.watch(CRON, namespace, "")
    assert from_nothing == ("ADDED", api.get(CRON, "one", namespace))
    for other in others:
        assert other.watch(OLD_CRON, namespace, since) == events
    assert first["metadata"]["resourceVersion"] == since


def test_a_watch_from_what_is_forgotten(api: Api, namespace: str, shared_store: SqlStore) -> None:
    since = api.create(CONFIG, config("old"), namespace)["metadata"]["resourceVersion"]
    api.create(CONFIG, config("new"), namespace)
    shared_store.compact(0)
    with pytest.raises(Refused, match="too old resource version") as refused:
        api.watch(CONFIG, namespace, since)
    assert refused.value.reason == "Expired"
    with pytest.raises(Refused) as refused:
        api.watch(CONFIG, namespace, str(shared_store.head() + 1_000_000))
    assert refused.value.reason == "Expired"


def test_lists(api: Api, others: list[Api], namespace: str) -> None:
    for at in range(7):
        labels = {"parity": "odd" if at % 2 else "even"}
        api.create(CONFIG, config(f"c{at}", labels=labels), namespace)
    whole = api.listed(CONFIG, namespace)
    assert names(whole) == [f"c{at}" for at in range(7)]
    assert "continue" not in whole["metadata"]
    for other in others:
        assert other.listed(CONFIG, namespace) == whole
    odd = api.listed(CONFIG, namespace, labelSelector="parity in (odd)")
    assert names(odd) == ["c1", "c3", "c5"]
    one = api.listed(CONFIG, namespace, fieldSelector="metadata.name=c4")
    assert names(one) == ["c4"]
    page = api.listed(CONFIG, namespace, limit="3")
    assert page["metadata"]["remainingItemCount"] == 4
    api.create(CONFIG, config("c33"), namespace)
    token = {"limit": "3", "continue": page["metadata"]["continue"]}
    second = others[0].listed(CONFIG, namespace, **token)
    assert names(second) == ["c3", "c4", "c5"], "as of the first page"
    for bad in (
        {"labelSelector": "a b"},
        {"fieldSelector": "spec.nope=1"},
        {"continue": "nonsense"},
    ):
        with pytest.raises(Refused) as refused:
            api.listed(CONFIG, namespace, **bad)
        assert refused.value.reason == "BadRequest"
    assert names(api.listed(CRON, namespace)) == []


def test_the_status_has_an_endpoint_of_its_own(api: Api, namespace: str) -> None:
    given = {**cron("job"), "status": {"lastScheduleTime": "2020-01-01T00:00:00Z"}}
    made = api.create(CRON, given, namespace)
    assert not made.get("status")
    both = {
        **made,
        "spec": {**made["spec"], "suspend": True},
        "status": {"lastScheduleTime": "2021-01-01T00:00:00Z"},
    }
    written = api.update(CRON, both, namespace, "status")
    assert written["status"] == both["status"]
    assert written["spec"] == made["spec"]
    assert written["metadata"]["generation"] == 1
    both["metadata"] = written["metadata"]
    both["status"] = {}
    whole = api.update(CRON, both, namespace)
    assert whole["status"] == written["status"]
    assert whole["spec"]["suspend"] is True
    assert whole["metadata"]["generation"] == 2


def test_unknown_fields_and_made_names(api: Api, namespace: str) -> None:
    odd = {**config("odd"), "dada": 1}
    made = api.create(CONFIG, odd, namespace, fieldValidation="Ignore")
    assert "dada" not in made
    with pytest.raises(Refused, match='unknown field "dada"'):
        api.update(CONFIG, {**odd, "metadata": made["metadata"]}, namespace)
    for _ in range(2):
        each = api.create(CONFIG, {"metadata": {"generateName": "made-"}}, namespace)
        assert each["metadata"]["name"].startswith("made-")
        assert len(each["metadata"]["name"]) == 10
    with pytest.raises(Refused, match="resourceVersion should not be set"):
        api.create(CONFIG, config("x", resourceVersion="5"), namespace)
    immutable = api.create(CONFIG, {**config("fixed"), "immutable": True}, namespace)
    with pytest.raises(Refused) as refused:
        api.update(CONFIG, {**immutable, "data": {"a": "c"}}, namespace)
    assert refused.value.fields() == [("data", "FieldValueForbidden")]


def test_deleting_a_collection(api: Api, namespace: str) -> None:
    for name, tier in (("a", "x"), ("b", "y"), ("c", "x")):
        api.create(CONFIG, config(name, labels={"tier": tier}), namespace)
    assert api.delete_collection(CONFIG, namespace, "tier=x") == ["a", "c"]
    assert names(api.listed(CONFIG, namespace)) == ["b"]


def test_what_a_version_cannot_hold_is_kept(api: Api, others: list[Api], namespace: str) -> None:
    metric = {
        "type": "Object",
        "object": {
            "metric": {"name": "m"},
            "describedObject": {"kind": "K", "name": "n", "apiVersion": "v1"},
            "target": {"type": "Value", "value": "5"},
        },
    }
    spec = {
        "maxReplicas": 3,
        "scaleTargetRef": {"kind": "Deployment", "name": "x", "apiVersion": "apps/v1"},
        "metrics": [metric],
    }
    made = api.create(HPA, {"metadata": {"name": "h"}, "spec": spec}, namespace)
    old = others[0].get(OLD_HPA, "h", namespace)
    old["spec"]["maxReplicas"] = 4
    api.update(OLD_HPA, old, namespace)
    new = others[1].get(HPA, "h", namespace)
    assert new["spec"] == {**made["spec"], "maxReplicas": 4}
    assert (
        without(new, "resourceVersion", "generation", "managedFields")["metadata"]
        == (without(made, "resourceVersion", "generation", "managedFields")["metadata"])
    )


def names(found: Doc) -> list[str]:
    return [each["metadata"]["name"] for each in found["items"]]


def is_missing(api: Api, gvk: GVK, name: str, namespace: str = "") -> bool:
    try:
        api.get(gvk, name, namespace)
    except Refused as refused:
        return refused.reason == "NotFound"
    return False


def eventually(holds: Any) -> None:
    """A server removes what a namespace holds beside its requests."""
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)
