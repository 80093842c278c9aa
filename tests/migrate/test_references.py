"""References that name versions which give way: found, reported and rewritten."""

import json
import time
from collections.abc import Callable
from typing import Any

from cli.samples import Ended
from kconv._gvk import GroupVersion
from kconv._pipeline import Pipeline
from kconv._resource import Hub, Resource
from kconv._schema import Type
from kconv._scheme import Scheme
from kconv._store import Key, SqlStore
from kconv.edges import Edge
from kconv.fields import List, Map, Object, String
from kconv_migrations._executors.executor import InProcessExecutor
from kconv_migrations._migration import (
    References,
    Settings,
    find_references,
    outdated_references,
    plan,
    rewrite_references,
    undo,
    verify,
)
from migrate.references import owned, put, scaling, stored, versions_named
from migrate.samples import NEW, OLD, encoded, manifest, placed, seed

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


def test_what_is_repaired_is_a_copy(store: SqlStore, pipeline: Pipeline) -> None:
    references = outdated_references(placed(store), pipeline)
    decoded = pipeline.decode(owned(pipeline, "a", "batch/v1alpha9"))
    repaired = references.repair(decoded.value, decoded.spoke)
    assert not references.find(repaired, decoded.spoke)
    assert len(references.find(decoded.value, decoded.spoke)) == 2


def test_the_version_that_an_object_is_in_is_no_reference(
    store: SqlStore, pipeline: Pipeline
) -> None:
    """Nor is the object decoded to find that out."""
    store.prefer("batch", "cronjobs", OLD)
    targets = plan(placed(store), ["cronjobs.batch"], ["batch=v1"])
    references = outdated_references(placed(store), pipeline, targets)
    assert not references.may_hold(encoded(pipeline, "a", OLD))
    assert references.may_hold(owned(pipeline, "a", OLD, OLD))


def test_unregistered_and_dropped_versions_are_found(store: SqlStore, pipeline: Pipeline) -> None:
    stored(store, pipeline)
    (found,) = find_references(
        placed(store), pipeline, outdated_references(placed(store), pipeline)
    )
    assert found.objects == 1
    assert found.references == {("CronJob", "batch/v1alpha9", NEW): 2}
    targets = plan(placed(store), ["cronjobs.batch"], ["batch=v1"])
    (found,) = find_references(
        placed(store),
        pipeline,
        outdated_references(placed(store), pipeline, targets),
    )
    assert found.references[("CronJob", OLD, NEW)] == 2
    assert found.objects == 2


def test_rewritten_and_undone(store: SqlStore, pipeline: Pipeline) -> None:
    stored(store, pipeline)
    before, head = store.list("batch", "cronjobs").items, store.head()
    targets = plan(placed(store), ["cronjobs.batch"], ["batch=v1"])
    references = outdated_references(placed(store), pipeline, targets)
    (found,) = rewrite_references(placed(store), pipeline, references, Settings())
    assert (found.objects, found.rewritten) == (2, 2)
    for name in ("a", "b", "c"):
        assert versions_named(store, name) == ["example.com/v1", NEW, NEW]
    assert store.head() == head
    assert list(find_references(placed(store), pipeline, references)) == []
    (verified,) = verify(placed(store), InProcessExecutor(placed(store), pipeline))
    assert (verified.sound, verified.compared) == (True, 2)
    assert undo(placed(store), store.runs()[0].id).restored == 2
    assert store.list("batch", "cronjobs").items == before


def test_rewritten_at_a_rate(store: SqlStore, pipeline: Pipeline) -> None:
    stored(store, pipeline)
    references = outdated_references(placed(store), pipeline, (), GroupVersion.parse(OLD))
    began = time.monotonic()
    (found,) = rewrite_references(placed(store), pipeline, references, Settings(rate=4))
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
    targets = plan(placed(store), ["cronjobs.batch"], ["batch=v1"])
    references = outdated_references(placed(store), pipeline, targets)
    list(rewrite_references(placed(store), pipeline, references, Settings()))
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
    assert list(find_references(placed(store), pipeline, references)) == []


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
    assert undo(placed(store), run.id).restored == 2
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
