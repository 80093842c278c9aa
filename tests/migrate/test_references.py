"""References that name versions which give way: reported, rewritten, and what else holds one."""

import json
import time
from collections.abc import Callable
from typing import Any

from cli.samples import Ended
from kconv._gvk import GroupResource, GroupVersion
from kconv._pipeline import Pipeline
from kconv._resource import Hub, Resource
from kconv._schema import Type
from kconv._scheme import Scheme
from kconv._store import Key, Quarantined, Server, SqlStore
from kconv.edges import Edge
from kconv.fields import List, Map, Object, String
from kconv_migrations._executors.executor import InProcessExecutor
from kconv_migrations._migration import (
    References,
    Settings,
    find_references,
    may_drop,
    migrate,
    outdated_references,
    plan,
    rewrite_references,
    undo,
    verify,
)
from migrate.samples import NEW, OLD, encoded, key, manifest, rows, seed

Run = Callable[..., Ended]


class Target(Type):
    apiVersion = String()
    kind = String()
    name = String()


class Spec(Type):
    target = Object(Target, metadata={"reference": True})
    others = List(Object(Target, metadata={"reference": True}))
    named = Map(Object(lambda: Spec))
    plain = Object(Target)


class Pointer(Resource):
    spec = Object(Spec)

    class Meta:
        group, version, plural = "example.com", "v2", "pointers"


class PointerHub(Hub):
    spec = Object(Spec)

    class Meta:
        group, kind, plural = "example.com", "Pointer", "pointers"


def owned(pipeline: Pipeline, name: str, api_version: str, stored_in: str = NEW) -> bytes:
    value = manifest(name)
    owner = {"apiVersion": api_version, "kind": "CronJob", "name": "o", "uid": "u"}
    other = {"apiVersion": "example.com/v1", "kind": "Thing", "name": "t", "uid": "v"}
    value["metadata"]["ownerReferences"] = [other, owner]
    value["metadata"]["managedFields"] = [
        {"apiVersion": api_version, "manager": "kubectl", "operation": "Update"}
    ]
    return pipeline.convert(json.dumps(value).encode(), GroupVersion.parse(stored_in))


def stored(store: SqlStore, pipeline: Pipeline) -> None:
    store.prefer("batch", "cronjobs", NEW)
    for name, version in (("a", OLD), ("b", NEW), ("c", "batch/v1alpha9")):
        data = owned(pipeline, name, version)
        store.create(key(name), uid=name, api_version=NEW, data=data)


def versions_named(store: SqlStore, name: str) -> list[str]:
    metadata = json.loads(store.get(key(name)).data)["metadata"]
    return [
        each["apiVersion"] for each in (*metadata["ownerReferences"], *metadata["managedFields"])
    ]


def test_what_is_repaired_is_a_copy(store: SqlStore, pipeline: Pipeline) -> None:
    references = outdated_references(store, pipeline)
    decoded = pipeline.decode(owned(pipeline, "a", "batch/v1alpha9"))
    repaired = references.repair(decoded.value, decoded.spoke)
    assert not references.find(repaired, decoded.spoke)
    assert len(references.find(decoded.value, decoded.spoke)) == 2


def test_the_version_that_an_object_is_in_is_no_reference(
    store: SqlStore, pipeline: Pipeline
) -> None:
    """Nor is the object decoded to find that out."""
    store.prefer("batch", "cronjobs", OLD)
    targets = plan(store, pipeline.scheme, ["cronjobs.batch"], ["batch=v1"])
    references = outdated_references(store, pipeline, targets)
    assert not references.may_hold(encoded(pipeline, "a", OLD))
    assert references.may_hold(owned(pipeline, "a", OLD, OLD))


def test_unregistered_and_dropped_versions_are_found(store: SqlStore, pipeline: Pipeline) -> None:
    stored(store, pipeline)
    (found,) = find_references(store, pipeline, outdated_references(store, pipeline))
    assert found.objects == 1
    assert found.references == {("CronJob", "batch/v1alpha9", NEW): 2}
    targets = plan(store, pipeline.scheme, ["cronjobs.batch"], ["batch=v1"])
    (found,) = find_references(store, pipeline, outdated_references(store, pipeline, targets))
    assert found.references[("CronJob", OLD, NEW)] == 2
    assert found.objects == 2


def test_rewritten_and_undone(store: SqlStore, pipeline: Pipeline) -> None:
    stored(store, pipeline)
    before, head = store.list("batch", "cronjobs").items, store.head()
    targets = plan(store, pipeline.scheme, ["cronjobs.batch"], ["batch=v1"])
    references = outdated_references(store, pipeline, targets)
    (found,) = rewrite_references(store, pipeline, references, Settings())
    assert (found.objects, found.rewritten) == (2, 2)
    for name in ("a", "b", "c"):
        assert versions_named(store, name) == ["example.com/v1", NEW, NEW]
    assert store.head() == head
    assert list(find_references(store, pipeline, references)) == []
    (verified,) = verify(store, InProcessExecutor(store, pipeline))
    assert (verified.sound, verified.compared) == (True, 2)
    assert undo(store, store.runs()[0].id).restored == 2
    assert store.list("batch", "cronjobs").items == before


def test_rewritten_at_a_rate(store: SqlStore, pipeline: Pipeline) -> None:
    stored(store, pipeline)
    references = outdated_references(store, pipeline, (), GroupVersion.parse(OLD))
    began = time.monotonic()
    (found,) = rewrite_references(store, pipeline, references, Settings(rate=4))
    assert found.rewritten == 2
    assert time.monotonic() - began > 0.4


def test_by_command(kconv: Run, store: SqlStore, pipeline: Pipeline) -> None:
    stored(store, pipeline)
    said = kconv("migrate", "plan", "cronjobs.batch", "--to", "batch=v1")
    assert said.code == 0, said.err
    line = "cronjobs.batch: 2 references to CronJob in batch/v1beta1: batch/v1, can be rewritten"
    assert line in said.out
    ended = kconv("migrate", "cronjobs.batch", "--to", "batch=v1", "--rewrite-references")
    assert line.replace("can be ", "") in ended.out
    assert versions_named(store, "a") == ["example.com/v1", NEW, NEW]


def test_fields_that_a_schema_declares() -> None:
    scheme = Scheme()
    scheme.add(PointerHub, Edge(Pointer), storage="example.com/v2")
    pipeline = Pipeline(scheme)
    old = {"apiVersion": "example.com/v1", "kind": "Pointer", "name": "x"}
    value: dict[str, Any] = {
        "apiVersion": "example.com/v2",
        "kind": "Pointer",
        "metadata": {"name": "p"},
        "spec": {"target": old, "others": [old], "named": {"k": {"target": old}}, "plain": old},
    }
    decoded = pipeline.load(value)
    references = References(pipeline.scheme, {})
    assert references.may_hold(pipeline.encode(decoded))
    assert [str(each) for each in references.find(decoded.value, decoded.spoke)] == [
        f"spec.{path}.apiVersion: Pointer in example.com/v1, now example.com/v2"
        for path in ("target", "others[0]", "named.k.target")
    ]
    repaired = references.repair(decoded.value, decoded.spoke)
    assert repaired["spec"]["named"]["k"]["target"]["apiVersion"] == "example.com/v2"
    assert repaired["spec"]["plain"]["apiVersion"] == "example.com/v1"


def put(store: SqlStore, pipeline: Pipeline, resource: str, value: dict[str, Any]) -> Key:
    """Store an object in the version that it is written in."""
    version, metadata = value["apiVersion"], value["metadata"]
    group = version.rpartition("/")[0]
    store.prefer(group, resource, version)
    made = Key(group, resource, metadata["namespace"], metadata["name"])
    data = pipeline.convert(json.dumps(value).encode(), GroupVersion.parse(version))
    store.create(made, uid="u", api_version=version, data=data)
    return made


def scaling(name: str, target: dict[str, str], about: dict[str, str]) -> dict[str, Any]:
    """An autoscaler of ``target``, by a metric that is ``about`` an object."""
    goal = {"type": "Value", "value": "1"}
    metric = {"describedObject": about, "metric": {"name": "m"}, "target": goal}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": name, "namespace": "reports"},
        "spec": {
            "scaleTargetRef": target,
            "maxReplicas": 3,
            "metrics": [{"type": "Object", "object": metric}],
        },
    }


def test_fields_of_the_shipped_groups_that_name_objects(
    store: SqlStore, pipeline: Pipeline
) -> None:
    """A HorizontalPodAutoscaler's target, an Event's object, the jobs that a CronJob runs."""
    seed(store, pipeline, 1)
    target = {"apiVersion": OLD, "kind": "CronJob", "name": "n"}
    metadata = {"name": "x", "namespace": "reports"}
    autoscaler = put(store, pipeline, "horizontalpodautoscalers", scaling("x", target, target))
    event = put(
        store,
        pipeline,
        "events",
        {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": metadata,
            "involvedObject": {**target, "namespace": "reports"},
        },
    )
    runs = put(
        store,
        pipeline,
        "cronjobs",
        {**manifest("runs"), "status": {"active": [target]}, "metadata": metadata},
    )
    targets = plan(store, pipeline.scheme, ["cronjobs.batch"], ["batch=v1"])
    references = outdated_references(store, pipeline, targets)
    list(rewrite_references(store, pipeline, references, Settings()))
    for at, paths in (
        (autoscaler, [("spec", "scaleTargetRef"),
                      ("spec", "metrics", 0, "object", "describedObject")]),
        (event, [("involvedObject",)]),
        (runs, [("status", "active", 0)]),
    ):  # fmt: skip
        value = json.loads(store.get(at).data)
        for path in paths:
            found: Any = value
            for step in path:
                found = found[step]
            assert found["apiVersion"] == NEW, (at, path)
    assert list(find_references(store, pipeline, references)) == []


def hiding(store: SqlStore, pipeline: Pipeline) -> tuple[Key, bytes]:
    """An autoscaler stored as v1, whose annotation names the object that a metric is about."""
    about = {"apiVersion": OLD, "kind": "CronJob", "name": "n"}
    value = scaling("hides", {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}, about)
    data = pipeline.convert(json.dumps(value).encode(), GroupVersion.parse("autoscaling/v1"))
    return put(store, pipeline, "horizontalpodautoscalers", json.loads(data)), data


def test_references_that_a_version_hides(kconv: Run, store: SqlStore, pipeline: Pipeline) -> None:
    seed(store, pipeline, 1)
    at, data = hiding(store, pipeline)
    assert b'\\"apiVersion\\":\\"batch/v1beta1\\"' in data
    targets = plan(store, pipeline.scheme, ["cronjobs.batch"], ["batch=v1"])
    assert all(each.done for each in migrate(store, pipeline, targets))
    held = kconv("migrate", "status", "--may-drop", OLD)
    assert held.code == 1
    place = "reports/hides: spec.metrics[0].object.describedObject"
    assert f"1 reference to it, as in {place}" in held.out
    references = outdated_references(store, pipeline, targets)
    (found,) = rewrite_references(store, pipeline, references, Settings())
    assert (found.objects, found.rewritten, found.failures) == (1, 1, [])
    assert store.get(at).data == data.replace(OLD.encode(), NEW.encode())
    assert list(find_references(store, pipeline, references)) == []
    verified = {
        str(each.resource): each for each in verify(store, InProcessExecutor(store, pipeline))
    }
    assert all(each.sound for each in verified.values())
    assert verified["horizontalpodautoscalers.autoscaling"].compared == 1
    assert kconv("migrate", "status", "--may-drop", OLD).code == 0
    assert undo(store, store.runs()[0].id).restored == 1
    assert store.get(at).data == data


def test_an_object_that_cannot_be_looked_into_holds_a_version(
    store: SqlStore, pipeline: Pipeline
) -> None:
    seed(store, pipeline, 1)
    targets = plan(store, pipeline.scheme, ["cronjobs.batch"], ["batch=v1"])
    assert all(each.done for each in migrate(store, pipeline, targets))
    store.prefer("autoscaling", "horizontalpodautoscalers", "autoscaling/v1")
    at = Key("autoscaling", "horizontalpodautoscalers", "reports", "bad")
    store.create(at, uid="u", api_version="autoscaling/v1", data=b'{"apiVersion":')
    (reason,) = may_drop(store, pipeline, GroupVersion.parse(OLD)).reasons
    assert "1 object could not be looked into for references to it" in reason


def test_bytes_that_begin_otherwise_hide_no_reference(pipeline: Pipeline) -> None:
    references = References(pipeline.scheme, {}, [(GroupResource("batch", "cronjobs"), OLD)])
    owner = b'{"apiVersion":"batch/v1beta1","kind":"CronJob","name":"o","uid":"u"}'
    data = b'{"kind":"Job","metadata":{"ownerReferences":[' + owner + b']},"apiVersion":"batch/v1"}'
    assert references.may_hold(data)


def test_what_holds_a_version(store: SqlStore, pipeline: Pipeline) -> None:
    seed(store, pipeline, 2)
    old = GroupVersion.parse(OLD)
    store.create(key("owned"), uid="o", api_version=OLD, data=owned(pipeline, "owned", OLD, OLD))
    store.quarantine([Quarantined("r", key("cron-0000"), 2, OLD, "objects", "Why", "why")])
    store.register(Server("old", "1.0", "host", 1, (("batch", "cronjobs", OLD),)))
    store.count_requests({("batch", "v1beta1", "cronjobs", "kubectl/1.20"): 3})
    reasons = may_drop(store, pipeline, old).reasons
    for said in (
        "new objects are stored in it",
        "3 objects stored in it",
        "3 changes in the log are in it",
        "1 row in quarantine",
        "the live server old (release 1.0 on host, process 1) cannot decode batch/v1",
        "2 references to it, as in reports/owned: metadata.ownerReferences[1].apiVersion",
        "1 client called it in the last 7 days, most often kubectl/1.20: 3 requests for cronjobs",
    ):
        assert any(said in reason for reason in reasons), (said, reasons)
    assert len(reasons) == 7


def test_the_example_is_of_the_version_asked_about(store: SqlStore, pipeline: Pipeline) -> None:
    stored(store, pipeline)
    other = owned(pipeline, "0", "batch/v1alpha9")
    store.create(key("0"), uid="0", api_version=NEW, data=other)
    (reason,) = may_drop(store, pipeline, GroupVersion.parse(OLD)).reasons
    assert "2 references to it, as in reports/a: metadata.ownerReferences[1].apiVersion" in reason


def test_status_answers(kconv: Run, store: SqlStore, pipeline: Pipeline) -> None:
    seed(store, pipeline, 2)
    held = kconv("migrate", "status", "--may-drop", OLD)
    assert held.code == 1
    assert held.out.startswith(f"{OLD}: no\n  cronjobs.batch: new objects are stored in it")
    assert f"{OLD}  no: " in " ".join(kconv("migrate", "status").out.split()).replace(
        f"{OLD} no: ", f"{OLD}  no: "
    )
    targets = plan(store, pipeline.scheme, ["cronjobs.batch"], ["batch=v1"])
    assert all(each.done for each in migrate(store, pipeline, targets))
    free = kconv("migrate", "status", "--may-drop", OLD)
    assert (free.code, free.out.splitlines()[0]) == (0, f"{OLD}: yes, nothing holds it")
    assert "could no longer be undone" in free.out
    assert json.loads(kconv("migrate", "status", "--may-drop", OLD, "-o", "json").out)["mayDrop"][
        0
    ]["may"]
    assert kconv("migrate", "status", "--may-drop", "batch/v9").code == 2
    assert rows(store) == {NEW: (2, 2)}


def test_plan_names_the_servers_that_block_the_flip(
    kconv: Run, store: SqlStore, pipeline: Pipeline
) -> None:
    seed(store, pipeline, 2)
    encoded(pipeline, "x")
    store.register(Server("old", "1.0", "host", 1, (("batch", "cronjobs", OLD),)))
    arguments = ("cronjobs.batch", "--to", "batch=v1")
    said = kconv("migrate", "plan", *arguments)
    assert said.code == 1
    assert "live: old (release 1.0 on host, process 1), decodes cronjobs.batch: v1beta1" in said.out
    assert "blocked: cronjobs.batch cannot go to batch/v1, which 1 live server" in said.err
    document = json.loads(kconv("migrate", "plan", *arguments, "-o", "json").out)
    assert document["blocked"]
    assert document["resources"][0]["blockedBy"] == ["old"]
    ended = kconv("migrate", *arguments)
    assert ended.code == 1
    assert "old (release 1.0 on host, process 1)" in ended.err
    assert "nothing was flipped" in ended.err
    assert rows(store) == {OLD: (2, 2)}
    store.unregister("old")
    assert kconv("migrate", "plan", *arguments).code == 0


def test_the_run_that_rewrites_references_is_named(
    kconv: Run, store: SqlStore, pipeline: Pipeline
) -> None:
    stored(store, pipeline)
    arguments = ("migrate", "cronjobs.batch", "--to", "batch=v1", "--rewrite-references")
    ended = kconv(*arguments)
    (run, *_) = store.runs()
    assert f"references: run {run.id}\n" in ended.out
    line = next(line for line in kconv("migrate", "runs").out.splitlines() if run.id in line)
    assert line.endswith(" references")
    assert undo(store, run.id).restored == 2
    document = json.loads(kconv(*arguments, "-o", "json").out)
    assert document["referencesRun"] == store.runs()[0].id != document["run"]


def test_a_dry_run_reports_references(kconv: Run, store: SqlStore, pipeline: Pipeline) -> None:
    stored(store, pipeline)
    arguments = ("migrate", "--to", "batch=v1", "--rewrite-references", "--dry-run")
    ended = kconv(*arguments)
    assert ended.code == 0, ended.err
    assert "2 references to CronJob in batch/v1beta1: batch/v1, can be rewritten" in ended.out
    (found,) = json.loads(kconv(*arguments, "-o", "json").out)["references"]
    assert (found["objects"], found["rewritten"]) == (2, 0)
    assert versions_named(store, "a") == ["example.com/v1", OLD, OLD]
    assert store.runs() == []


def test_objects_that_cannot_be_looked_into_are_named(
    kconv: Run, store: SqlStore, pipeline: Pipeline
) -> None:
    stored(store, pipeline)
    store.prefer("autoscaling", "horizontalpodautoscalers", "autoscaling/v1")
    at = Key("autoscaling", "horizontalpodautoscalers", "reports", "bad")
    store.create(at, uid="u", api_version="autoscaling/v1", data=b'{"apiVersion":')
    for words, code in ((["plan"], 0), (["--rewrite-references"], 1)):
        ended = kconv("migrate", *words, "--to", "batch=v1")
        assert ended.code == code
        assert "error: 1 row cannot be looked into for references" in ended.err
        assert "horizontalpodautoscalers.autoscaling reports/bad (autoscaling/v1)" in ended.err


def test_the_command_that_may_drop_names_lets_the_version_go(
    kconv: Run, store: SqlStore, pipeline: Pipeline
) -> None:
    stored(store, pipeline)
    held = kconv("migrate", "status", "--may-drop", OLD)
    assert held.code == 1
    assert "`kconv migrate --rewrite-references` rewrites them" in held.out
    said = "2 references to CronJob in batch/v1beta1: batch/v1, "
    assert said + "can be rewritten" in kconv("migrate", "plan").out
    ended = kconv("migrate", "--rewrite-references")
    assert ended.code == 0, ended.err
    assert said + "rewritten" in ended.out
    free = kconv("migrate", "status", "--may-drop", OLD)
    assert (free.code, free.out.splitlines()[0]) == (0, f"{OLD}: yes, nothing holds it")
    again = kconv("migrate", "--rewrite-references")
    assert "references: all of them name versions that stay" in again.out


def test_a_preferred_version_that_may_not_go_is_flipped_by_the_command_named(
    kconv: Run, store: SqlStore, pipeline: Pipeline
) -> None:
    store.prefer("batch", "cronjobs", OLD)
    store.create(key("a"), uid="a", api_version=OLD, data=owned(pipeline, "a", OLD, OLD))
    held = kconv("migrate", "status", "--may-drop", OLD)
    assert "`kconv migrate --to batch=v1 --rewrite-references` rewrites them" in held.out
    ended = kconv("migrate", "--to", "batch=v1", "--rewrite-references")
    assert ended.code == 0, ended.err
    assert kconv("migrate", "status", "--may-drop", OLD).code == 0
