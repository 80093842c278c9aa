"""Looking at every row again finds what is not as it should be."""

import json
import os
import signal
from collections.abc import Callable

import pytest
from sqlalchemy import create_engine, text

from cli.samples import Ended
from kconv._pipeline import Pipeline
from kconv._store import SqlStore
from kconv_migrations._executors.spans import Span, SpanResult, SpanRunner
from kconv_migrations._migration import (
    InProcessExecutor,
    Settings,
    Verified,
    WorkerExecutor,
    migrate,
    plan,
    verify,
)
from migrate.samples import NEW, OLD, encoded, key, placed, seed

Run = Callable[..., Ended]


def verified(store: SqlStore, pipeline: Pipeline) -> Verified:
    (found,) = verify(placed(store), InProcessExecutor(placed(store), pipeline))
    return found


def migrated(store: SqlStore, pipeline: Pipeline, count: int) -> None:
    seed(store, pipeline, count)
    targets = plan(placed(store), ["cronjobs.batch"], ["batch=v1"])
    (outcome,) = migrate(placed(store), pipeline, targets, Settings())
    assert outcome.done


def test_after_a_run_all_is_well(store: SqlStore, pipeline: Pipeline) -> None:
    migrated(store, pipeline, 12)
    found = verified(store, pipeline)
    assert found.sound
    assert (found.objects, found.rows["changes"], found.compared) == (12, 12, 12)
    with WorkerExecutor(2, placed(store), pipeline) as executor:
        (again,) = verify(placed(store), executor)
    assert again == found


def test_what_a_row_no_longer_says(store: SqlStore, pipeline: Pipeline) -> None:
    migrated(store, pipeline, 5)
    changed = store.get(key("cron-0001"))
    other = changed.data.replace(b"30 2 * * *", b"0 0 1 1 *")
    assert store.rewrite([(changed, NEW, other)]) == 1
    torn = store.get(key("cron-0003"))
    assert store.rewrite([(torn, NEW, torn.data[:40])]) == 1
    failures = verified(store, pipeline).failures
    assert [(each.key[1], each.reason) for each in failures] == [
        ("cron-0001", "NotAsBefore"),
        ("cron-0003", "BadRequest"),
    ]
    assert failures[0].findings[0][0] == "spec.schedule"


def test_what_somebody_wrote_is_not_compared(store: SqlStore, pipeline: Pipeline) -> None:
    migrated(store, pipeline, 3)
    written = store.get(key("cron-0001"))
    data = encoded(pipeline, "cron-0001", NEW, suspend=True)
    store.update(written.key, expected=written.resource_version, api_version=NEW, data=data)
    found = verified(store, pipeline)
    assert (found.sound, found.compared) == (True, 2)


def test_before_images_in_a_version_that_left_the_code(
    kconv: Run, store: SqlStore, pipeline: Pipeline, database_url: str
) -> None:
    migrated(store, pipeline, 4)
    gone = "batch/v1alpha7"
    _rename_images(database_url, OLD, gone, ["cron-0000", "cron-0001", "cron-0002"])
    found = verified(store, pipeline)
    assert (found.failures, found.compared, found.unread) == ([], 1, {gone: 3})
    ended = kconv("migrate", "verify")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines() == [
        "cronjobs.batch: 4 objects and 4 changes, 0 wrong, 1 compared with before",
        f"cronjobs.batch: 3 before-images in {gone} not compared: this code cannot read them",
    ]
    (resource,) = json.loads(kconv("migrate", "verify", "-o", "json").out)["resources"]
    assert (resource["failures"], resource["compared"]) == ([], 1)
    assert resource["unread"] == {gone: 3}


def test_the_newest_before_image_counts(
    store: SqlStore, pipeline: Pipeline, database_url: str
) -> None:
    migrated(store, pipeline, 3)
    first = store.runs()[0].id
    (back,) = migrate(placed(store), pipeline, plan(placed(store), [], ["batch=v1beta1"]))
    assert back.done
    engine = create_engine(database_url)
    with engine.begin() as connection:
        # Of the two images that each object has, the older is in a version that left the code.
        statement = text("UPDATE kconv_undo SET api_version = 'batch/v1alpha7' WHERE run = :run")
        assert connection.execute(statement, {"run": first}).rowcount == 3
    engine.dispose()
    found = verified(store, pipeline)
    assert (found.failures, found.compared, found.unread) == ([], 3, {})


def _rename_images(url: str, old: str, new: str, names: list[str]) -> None:
    """Have before-images be in another version."""
    engine = create_engine(url)
    with engine.begin() as connection:
        for name in names:
            where = {"name": name}
            found = connection.execute(
                text("SELECT data FROM kconv_undo WHERE name = :name"), where
            )
            data = bytes(found.scalar_one()).replace(old.encode(), new.encode())
            connection.execute(
                text(
                    "UPDATE kconv_undo SET api_version = :version, data = :data WHERE name = :name"
                ),
                {"version": new, "data": data, **where},
            )
    engine.dispose()


def test_ctrl_c_waits_for_the_page(
    kconv: Run, store: SqlStore, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is no statement that is interrupted, of which SQLAlchemy would write a traceback."""
    migrated(store, pipeline, 2)
    handler = signal.getsignal(signal.SIGINT)
    run, ended = SpanRunner.run, list[SpanResult]()

    def interrupted(self: SpanRunner, span: Span) -> SpanResult:
        os.kill(os.getpid(), signal.SIGINT)
        ended.append(run(self, span))
        return ended[-1]

    monkeypatch.setattr(SpanRunner, "run", interrupted)
    called = kconv("migrate", "verify", "--workers", "1")
    assert (called.code, called.out) == (130, "")
    assert called.err == "interrupted: nothing was written; the same command begins anew\n"
    assert len(ended) == 1
    assert signal.getsignal(signal.SIGINT) is handler


def test_by_command(kconv: Run, store: SqlStore, pipeline: Pipeline) -> None:
    migrated(store, pipeline, 2)
    ended = kconv("migrate", "verify")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == "cronjobs.batch: 2 objects and 2 changes, 0 wrong, 2 compared with before\n"
    store.prefer("batch", "cronjobs", OLD)
    ended = kconv("migrate", "verify", "cronjobs.batch", "-o", "json")
    assert ended.code == 1
    (resource,) = json.loads(ended.out)["resources"]
    assert [each["reason"] for each in resource["failures"]] == ["NotPreferred"] * 4
    assert f"is in {NEW}, not in {OLD}" in ended.err
    assert kconv("migrate", "verify", "nope.batch").code == 2
