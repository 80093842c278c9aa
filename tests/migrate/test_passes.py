"""Passes over what is left: failures that settle, rows that come late, how a run ends."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from kconv._errors import Conflict
from kconv._pipeline import Pipeline
from kconv._store import Server, SqlStore
from kconv_migrations._migration import Outcome, Progress, Settings, migrate, plan
from kconv_migrations._migration.settings import PATIENCE
from migrate.samples import NEW, OLD, encoded, key, placed, rows, seed


def run(store: SqlStore, pipeline: Pipeline, progress: object = None) -> Outcome:
    targets = plan(placed(store), ["cronjobs.batch"], ["batch=v1"])
    given = progress or (lambda _: None)
    (outcome,) = migrate(placed(store), pipeline, targets, Settings(), given)  # type: ignore[arg-type]  # any callable
    return outcome


@pytest.mark.parametrize("deleted", [False, True])
def test_a_failure_that_a_writer_settles_is_none(
    store: SqlStore, pipeline: Pipeline, deleted: bool
) -> None:
    seeded = seed(store, pipeline, 4)
    broken = seeded[2]
    store.compact(0)
    store.rewrite([(broken, OLD, b"{")])
    settled: list[bool] = []

    def settle(_: Progress) -> None:
        if settled or not store.quarantined():
            return
        settled.append(True)
        name = broken.key.name
        if deleted:
            store.delete(
                broken.key, expected=broken.resource_version, api_version=NEW,
                data=encoded(pipeline, name, NEW),
            )  # fmt: skip
        else:
            store.update(
                broken.key, expected=broken.resource_version, api_version=NEW,
                data=encoded(pipeline, name, NEW),
            )  # fmt: skip

    outcome = run(store, pipeline, settle)
    assert settled
    assert (outcome.done, outcome.failures) == (True, [])
    assert OLD not in rows(store)
    assert store.runs()[0].state == "done"


def test_a_run_that_leaves_rows_ends_as_failed(store: SqlStore, pipeline: Pipeline) -> None:
    broken = seed(store, pipeline, 3)[1]
    store.compact(0)
    store.rewrite([(broken, OLD, b"{")])
    assert not run(store, pipeline).done
    assert store.runs()[0].state == "failed"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time in the run, which sleeping advances."""
    now = [0.0]
    pause = PATIENCE * 0.7

    def sleep(_: float) -> None:
        now[0] += pause

    faked = SimpleNamespace(monotonic=lambda: now[0], sleep=sleep)
    monkeypatch.setattr("kconv_migrations._migration.run.time", faked)
    return now


class LateWriter:
    """Puts a row back into the old version so many times, each time that all rows are done."""

    def __init__(self, store: SqlStore, pipeline: Pipeline, times: int) -> None:
        self.store = store
        self.pipeline = pipeline
        self.left = times

    def __call__(self, progress: Progress) -> None:
        name = "cron-0001"
        stored = self.store.get(key(name))
        if self.left and progress.done >= 8 and stored.api_version == NEW:
            self.left -= 1
            self.store.rewrite([(stored, OLD, encoded(self.pipeline, name))])


def test_a_run_goes_on_while_it_makes_progress(
    store: SqlStore, pipeline: Pipeline, clock: list[float]
) -> None:
    seed(store, pipeline, 4)
    late = LateWriter(store, pipeline, 4)
    outcome = run(store, pipeline, late)
    assert late.left == 0
    assert clock[0] > 2 * PATIENCE
    assert (outcome.done, outcome.kept) == (True, {})
    assert rows(store) == {NEW: (4, 4)}


def test_a_run_does_not_wait_for_failures_alone(
    store: SqlStore, pipeline: Pipeline, clock: list[float]
) -> None:
    broken = seed(store, pipeline, 3)[1]
    store.compact(0)
    store.rewrite([(broken, OLD, b"{")])
    outcome = run(store, pipeline)
    assert outcome.kept == {OLD: 1}
    assert clock[0] == 0


@pytest.mark.parametrize("blocked", [0, 1])
def test_either_all_resources_are_flipped_or_none(
    store: SqlStore, pipeline: Pipeline, blocked: int
) -> None:
    resources = [("autoscaling", "horizontalpodautoscalers"), ("batch", "cronjobs")]
    versions = [("autoscaling/v1", "autoscaling/v2"), (OLD, NEW)]
    store.ensure((*resource, old) for resource, (old, _) in zip(resources, versions, strict=True))
    decodes = [
        (*resource, version)
        for at, (resource, known) in enumerate(zip(resources, versions, strict=True))
        for version in known[: 1 if at == blocked else 2]
    ]
    store.register(Server("old", "1.0", "host", 1, tuple(decodes)))
    names = [f"{resource}.{group}" for group, resource in resources]
    targets = plan(placed(store), names, ["autoscaling=v2", "batch=v1"])
    assert len(targets) == 2
    with pytest.raises(Conflict, match="nothing was changed"):
        list(migrate(placed(store), pipeline, targets))
    assert [store.storage_version(*each) for each in resources] == [old for old, _ in versions]
