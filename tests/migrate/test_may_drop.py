"""May a version go: what still holds it, references that are hidden included."""

import json
from collections.abc import Callable

from cli.samples import Ended
from kconv._gvk import GroupResource, GroupVersion
from kconv._pipeline import Pipeline
from kconv._store import Key, Quarantined, Server, SqlStore
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
from migrate.references import hiding, owned, stored
from migrate.samples import NEW, OLD, encoded, key, placed, rows, seed

Run = Callable[..., Ended]


def test_references_that_a_version_hides(kconv: Run, store: SqlStore, pipeline: Pipeline) -> None:
    seed(store, pipeline, 1)
    at, data = hiding(store, pipeline)
    assert b'\\"apiVersion\\":\\"batch/v1beta1\\"' in data
    targets = plan(placed(store), ["cronjobs.batch"], ["batch=v1"])
    assert all(each.done for each in migrate(placed(store), pipeline, targets))
    held = kconv("migrate", "status", "--may-drop", OLD)
    assert held.code == 1
    place = "reports/hides: spec.metrics[0].object.describedObject"
    assert f"1 reference to it, as in {place}" in held.out
    references = outdated_references(placed(store), pipeline, targets)
    (found,) = rewrite_references(placed(store), pipeline, references, Settings())
    assert (found.objects, found.rewritten, found.failures) == (1, 1, [])
    assert store.get(at).data == data.replace(OLD.encode(), NEW.encode())
    assert list(find_references(placed(store), pipeline, references)) == []
    verified = {
        each.name: each
        for each in verify(placed(store), InProcessExecutor(placed(store), pipeline))
    }
    assert all(each.sound for each in verified.values())
    assert verified["horizontalpodautoscalers.autoscaling"].compared == 1
    assert kconv("migrate", "status", "--may-drop", OLD).code == 0
    assert undo(placed(store), store.runs()[0].id).restored == 1
    assert store.get(at).data == data


def test_an_object_that_cannot_be_looked_into_holds_a_version(
    store: SqlStore, pipeline: Pipeline
) -> None:
    seed(store, pipeline, 1)
    targets = plan(placed(store), ["cronjobs.batch"], ["batch=v1"])
    assert all(each.done for each in migrate(placed(store), pipeline, targets))
    store.prefer("autoscaling", "horizontalpodautoscalers", "autoscaling/v1")
    at = Key("autoscaling", "horizontalpodautoscalers", "reports", "bad")
    store.create(at, uid="u", api_version="autoscaling/v1", data=b'{"apiVersion":')
    (reason,) = may_drop(placed(store), pipeline, GroupVersion.parse(OLD)).reasons
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
    reasons = may_drop(placed(store), pipeline, old).reasons
    for said in (
        "new objects are stored in it",
        "3 objects stored in it",
        "3 changes stored in it",
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
    (reason,) = may_drop(placed(store), pipeline, GroupVersion.parse(OLD)).reasons
    assert "2 references to it, as in reports/a: metadata.ownerReferences[1].apiVersion" in reason


def test_status_answers(kconv: Run, store: SqlStore, pipeline: Pipeline) -> None:
    seed(store, pipeline, 2)
    held = kconv("migrate", "status", "--may-drop", OLD)
    assert held.code == 1
    assert held.out.startswith(f"{OLD}: no\n  cronjobs.batch: new objects are stored in it")
    assert f"{OLD}  no: " in " ".join(kconv("migrate", "status").out.split()).replace(
        f"{OLD} no: ", f"{OLD}  no: "
    )
    targets = plan(placed(store), ["cronjobs.batch"], ["batch=v1"])
    assert all(each.done for each in migrate(placed(store), pipeline, targets))
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
    assert "nothing was changed" in ended.err
    assert rows(store) == {OLD: (2, 2)}
    store.unregister("old")
    assert kconv("migrate", "plan", *arguments).code == 0


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
