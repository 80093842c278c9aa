"""What a deploy may rely on: finished and proven, or what is left."""

import json
from collections.abc import Callable

import pytest

from cli.samples import Ended
from kconv._pipeline import Pipeline
from kconv._store import SqlStore
from migrate.samples import NEW, OLD, key, seed

Run = Callable[..., Ended]
GATE = ("migrate", "gate", "--to", "batch=v1")


def as_json(kconv: Run) -> tuple[int, dict[str, object], dict[str, object]]:
    ended = kconv(*GATE, "cronjobs.batch", "-o", "json")
    document = json.loads(ended.out)
    (resource,) = document["resources"]
    assert document["proven"] is resource["proven"]
    return ended.code, document, resource


def test_before_and_after(kconv: Run, store: SqlStore, pipeline: Pipeline) -> None:
    seed(store, pipeline, 3)
    code, _, resource = as_json(kconv)
    assert code == 1
    assert resource == {
        "resource": "cronjobs.batch",
        "version": NEW,
        "proven": False,
        "preferred": OLD,
        "left": {OLD: 6},
        "quarantined": 0,
    }
    ended = kconv(*GATE)
    assert ended.code == 1
    assert f"cronjobs.batch: {OLD} is preferred, not {NEW}" in ended.out
    assert f"cronjobs.batch: 6 rows left in {OLD}" in ended.out
    assert "kconv migrate" in ended.err
    assert kconv("migrate", "--to", "batch=v1").code == 0
    code, document, resource = as_json(kconv)
    assert (code, document["run"]) == (0, None)
    assert (resource["left"], resource["preferred"]) == ({}, NEW)
    ended = kconv(*GATE)
    assert (ended.code, ended.err) == (0, "")
    assert f"cronjobs.batch: {NEW}, proven\n" in ended.out


def test_preferred_and_not_proven(kconv: Run, store: SqlStore, pipeline: Pipeline) -> None:
    """No row is left, but one could still be written: nobody has proved anything."""
    store.prefer("batch", "cronjobs", OLD)
    store.prefer("batch", "cronjobs", NEW)
    code, _, resource = as_json(kconv)
    assert (code, resource["left"]) == (1, {OLD: 0})
    assert kconv("migrate").code == 0
    assert as_json(kconv)[0] == 0


def test_rows_in_quarantine(kconv: Run, store: SqlStore, pipeline: Pipeline) -> None:
    seed(store, pipeline, 1)
    store.create(key("bad"), uid="bad", api_version=OLD, data=b"{")
    assert kconv("migrate", "--to", "batch=v1").code == 1
    code, _, resource = as_json(kconv)
    assert (code, resource["quarantined"], resource["left"]) == (1, 2, {OLD: 2})
    assert "2 rows in quarantine" in kconv(*GATE).out


def test_a_version_further_on(kconv: Run, store: SqlStore, pipeline: Pipeline) -> None:
    seed(store, pipeline, 1)
    assert kconv("migrate", "--to", "batch=v2alpha1").code == 0
    code, _, resource = as_json(kconv)
    assert (code, resource["left"]) == (1, {"batch/v2alpha1": 2})


def test_where_nothing_is_stored(kconv: Run, store: SqlStore) -> None:
    ended = kconv(*GATE)
    assert ended.code == 0
    assert f"cronjobs.batch: {NEW}, proven (nothing is stored)" in ended.out


@pytest.mark.parametrize("to", ["batch", "nothing=v1", "batch=v7"])
def test_wrong_calls(kconv: Run, to: str) -> None:
    assert kconv("migrate", "gate", "--to", to).code == 2
    assert kconv("migrate", "gate").code == 2
