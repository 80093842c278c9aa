"""Compaction while rows are migrated or verified: neither misses or miscounts anything."""

from contextlib import closing

import pytest

from kconv._pipeline import Pipeline
from kconv._store import Retention, SqlStore, open_store
from kconv_migrations._migration import (
    InProcessExecutor,
    Progress,
    Settings,
    migrate,
    plan,
    undo,
    verify,
)
from migrate.samples import NEW, everything, key, placed, rows, seed

COUNT = 120


@pytest.mark.parametrize("keep", [0, 30])
def test_a_run_beside_compaction(
    store: SqlStore, pipeline: Pipeline, database_url: str, keep: int
) -> None:
    seed(store, pipeline, COUNT)
    before = everything(store)
    targets = plan(placed(store), ["cronjobs.batch"], ["batch=v1"])
    with closing(open_store(database_url)) as other:

        def compact(progress: Progress) -> None:
            if progress.done in range(1, 2 * COUNT):
                bound = Retention(age=None, rows=max(keep, other.log_size().rows - 10), bytes=None)
                other.tend_log("a server", bound)

        (outcome,) = migrate(placed(store), pipeline, targets, Settings(batch_size=10), compact)
    assert outcome.done
    assert outcome.objects == COUNT
    assert everything(store) == before
    left = rows(store)
    assert set(left) == {NEW}
    assert left[NEW][0] == COUNT
    assert left[NEW][1] < COUNT, "some of the log was compacted meanwhile"
    (checked,) = verify(placed(store), InProcessExecutor(placed(store), pipeline))
    assert (checked.objects, checked.failures) == (COUNT, [])
    assert undo(placed(store), outcome.run).restored == COUNT


def test_what_was_before_is_no_hindrance_to_dropping_a_version(
    store: SqlStore, pipeline: Pipeline
) -> None:
    """States that lists need of before are in the old version; they go with it."""
    made = seed(store, pipeline, 3)
    store.compact(0)
    for each in made:
        store.update(
            each.key,
            expected=each.resource_version,
            api_version=each.api_version,
            data=each.data,
        )
    store.delete(
        key("cron-0002"),
        expected=store.get(key("cron-0002")).resource_version,
        api_version=made[0].api_version,
        data=made[2].data,
    )
    targets = plan(placed(store), ["cronjobs.batch"], ["batch=v1"])
    (outcome,) = migrate(placed(store), pipeline, targets)
    assert outcome.done
    assert set(rows(store)) == {NEW}
