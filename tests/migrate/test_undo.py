"""The way back: before-images restored, what was written since left alone and reported."""

import importlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from cli.samples import Ended
from kconv._errors import Conflict, NotFound, UsageError
from kconv._pipeline import Pipeline
from kconv._store import RunTarget, Server, SqlStore
from kconv_migrations._migration import Settings, drop_undo, hold, migrate, plan, undo
from migrate.samples import NAMESPACE, NEW, OLD, encoded, everything, key, placed, rows, seed

Run = Callable[..., Ended]
undo_module = importlib.import_module("kconv_migrations._migration.undo")


def run(store: SqlStore, pipeline: Pipeline, to: str = "batch=v1", **settings: Any) -> str:
    targets = plan(placed(store), ["cronjobs.batch"], [to])
    (outcome,) = migrate(placed(store), pipeline, targets, Settings(**settings))
    assert outcome.done
    return outcome.run


def test_everything_is_as_before(store: SqlStore, pipeline: Pipeline) -> None:
    stored = seed(store, pipeline, 20)
    store.compact(0)
    before, head = everything(store), store.head()
    done = undo(placed(store), run(store, pipeline))
    assert (done.restored, done.written, done.deleted) == (20, [], [])
    assert (done.preferred, done.left) == ({"cronjobs.batch": OLD}, {})
    assert store.list("batch", "cronjobs").items == stored
    assert rows(store) == {OLD: (20, 0)}
    assert (everything(store), store.head()) == (before, head)
    assert store.storage_version("batch", "cronjobs") == OLD


def test_what_was_written_since_stays(store: SqlStore, pipeline: Pipeline) -> None:
    seed(store, pipeline, 6)
    run_id = run(store, pipeline)
    newer = encoded(pipeline, "cron-0002", NEW, suspend=True)
    written = store.get(key("cron-0002"))
    store.update(written.key, expected=written.resource_version, api_version=NEW, data=newer)
    gone = store.get(key("cron-0004"))
    store.delete(gone.key, expected=gone.resource_version, api_version=NEW, data=gone.data)
    done = undo(placed(store), run_id)
    assert done.restored == 4
    assert done.written == [("cronjobs.batch", (NAMESPACE, "cron-0002"))]
    assert done.deleted == [("cronjobs.batch", (NAMESPACE, "cron-0004"))]
    assert done.left == {("cronjobs.batch", NEW): 9}
    assert store.get(key("cron-0002")).data == newer
    assert store.undo_size(run_id).rows == 2
    (outcome,) = migrate(placed(store), pipeline, plan(placed(store)))
    assert outcome.done
    assert rows(store) == {OLD: (5, 8)}
    assert drop_undo(placed(store), run_id) == 2


def test_two_runs_are_undone_one_by_one(store: SqlStore, pipeline: Pipeline) -> None:
    stored = seed(store, pipeline, 4)
    first = run(store, pipeline)
    second = run(store, pipeline, "batch=v2alpha1")
    assert undo(placed(store), second).preferred == {"cronjobs.batch": NEW}
    assert undo(placed(store), first).preferred == {"cronjobs.batch": OLD}
    assert store.list("batch", "cronjobs").items == stored


def test_not_before_a_later_run(store: SqlStore, pipeline: Pipeline) -> None:
    seed(store, pipeline, 4)
    first = run(store, pipeline)
    run(store, pipeline, "batch=v2alpha1")
    with pytest.raises(Conflict, match="has been migrated to batch/v2alpha1 since: undo that run"):
        undo(placed(store), first)
    assert store.storage_version("batch", "cronjobs") == "batch/v2alpha1"
    assert rows(store) == {"batch/v2alpha1": (4, 4)}


def test_that_was_taken_over_writes_nothing_more(
    store: SqlStore, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed(store, pipeline, 6)
    run_id = run(store, pipeline)
    monkeypatch.setattr(undo_module, "BATCH", 2)

    def take_over(done: int, total: int) -> None:
        for each in store.runs():
            store.end_run(each.id, "interrupted")

    with pytest.raises(Conflict, match="no longer held"):
        undo(placed(store), run_id, progress=take_over)
    assert store.undo_size(run_id).rows == 4
    assert {version: objects for version, (objects, _) in rows(store).items()} == {OLD: 2, NEW: 4}


def test_before_images_are_not_dropped_under_it(
    store: SqlStore, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed(store, pipeline, 6)
    run_id = run(store, pipeline)
    monkeypatch.setattr(undo_module, "BATCH", 2)
    refusals = []

    def drop(done: int, total: int) -> None:
        with pytest.raises(Conflict, match="is going on: wait for its end") as caught:
            drop_undo(placed(store), run_id)
        refusals.append(caught.value)
        if len(refusals) == 2:
            store.drop_undo(run_id)  # as a drop that began just before would

    with pytest.raises(Conflict, match=r"2 before-images of run .* were dropped while"):
        undo(placed(store), run_id, progress=drop)
    assert len(refusals) == 2


def test_not_without_before_images(store: SqlStore, pipeline: Pipeline) -> None:
    seed(store, pipeline, 2)
    run_id = run(store, pipeline, undo=False)
    with pytest.raises(UsageError, match="no before-images"):
        undo(placed(store), run_id)
    with pytest.raises(NotFound):
        undo(placed(store), "nope")
    assert rows(store) == {NEW: (2, 2)}


def test_not_under_a_server_that_cannot_decode_it(store: SqlStore, pipeline: Pipeline) -> None:
    seed(store, pipeline, 2)
    run_id = run(store, pipeline)
    store.register(Server("new", "2.0", "host", 1, (("batch", "cronjobs", NEW),)))
    with pytest.raises(Conflict, match=r"new \(release 2\.0"):
        undo(placed(store), run_id)
    assert rows(store) == {NEW: (2, 2)}


def test_by_command(kconv: Run, store: SqlStore, pipeline: Pipeline) -> None:
    seed(store, pipeline, 3)
    assert kconv("migrate", "cronjobs.batch", "--to", "batch=v1").code == 0
    (each,) = json.loads(kconv("migrate", "runs", "-o", "json").out)["runs"]
    assert (each["state"], each["beforeImages"]) == ("done", 3)
    assert each["targets"] == [
        {"group": "batch", "resource": "cronjobs", "before": [OLD], "version": NEW}
    ]
    assert f"{each['id']}" in kconv("migrate", "status").out
    ended = kconv("migrate", "undo", each["id"])
    assert (ended.code, ended.out) == (
        0,
        f"cronjobs.batch: {OLD} is preferred again\n3 objects restored\n",
    )
    assert "3 rows left in batch/v1; `kconv migrate` rewrites them" in ended.err
    assert kconv("migrate").code == 0
    assert rows(store) == {OLD: (3, 3)}
    again = kconv("migrate", "undo", each["id"])
    assert (again.code, "no before-images" in again.err) == (2, True)
    assert kconv("migrate", "drop-undo", each["id"]).out == "0 before-images dropped\n"


def test_not_to_a_version_that_the_code_has_no_more(
    kconv: Run, store: SqlStore, pipeline: Pipeline
) -> None:
    seed(store, pipeline, 2)
    with store_run(store, RunTarget("cronjobs.batch", ("batch/v1alpha9",), NEW)) as run_id:
        pass
    ended = kconv("migrate", "undo", run_id)
    assert (ended.code, ended.out) == (2, "")
    assert "this code no longer has batch/v1alpha9" in ended.err


@contextmanager
def store_run(store: SqlStore, target: RunTarget) -> Iterator[str]:
    with hold(placed(store), [target]) as held:
        yield held.id
        held.ending = "done"
