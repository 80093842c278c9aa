"""Before-images go when they have been kept for long enough."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from kconv._errors import UsageError
from kconv._store import SqlStore
from store.samples import TARGETS, V1, V1BETA1, create, cronjob

DAY = 86400.0


def _run(store: SqlStore, name: str, keep_undo: float | None) -> str:
    run = store.begin_run("me", TARGETS, 60, keep_undo=keep_undo).id
    made = store.get(cronjob(name))
    assert store.rewrite([(made, V1BETA1, name.encode())], run=run, keep_undo=True) == 1
    assert store.end_run(run, "done")
    return run


@pytest.fixture
def filled(store: SqlStore) -> SqlStore:
    store.prefer("batch", "cronjobs", V1BETA1)
    for name in "abc":
        create(store, name, version=V1)
    return store


def test_each_run_says_until_when(filled: SqlStore, pass_time: Callable[[float], None]) -> None:
    runs = [_run(filled, "a", 1 * DAY), _run(filled, "b", 3 * DAY), _run(filled, "c", None)]

    def left() -> list[int]:
        return [filled.undo_size(run).rows for run in runs]

    assert filled.expire_undo() == 0
    ended, until = filled.run(runs[0]).ended, filled.run(runs[0]).undo_until
    assert ended is not None
    assert until is not None
    assert abs(until - ended - timedelta(days=1)) < timedelta(seconds=1)
    assert filled.run(runs[2]).undo_until is None
    pass_time(2 * DAY)
    assert (filled.expire_undo(), left()) == (1, [0, 1, 1])
    pass_time(2 * DAY)
    assert (filled.expire_undo(), left()) == (1, [0, 0, 1])
    pass_time(1000 * DAY)
    assert (filled.expire_undo(), left()) == (0, [0, 0, 1])


def test_it_is_counted_from_the_end(filled: SqlStore, pass_time: Callable[[float], None]) -> None:
    run = filled.begin_run("slow", TARGETS, 60 * DAY, keep_undo=DAY).id
    made = filled.get(cronjob("a"))
    filled.rewrite([(made, V1BETA1, b"2")], run=run, keep_undo=True)
    pass_time(10 * DAY)
    assert filled.expire_undo() == 0, "it is going on"
    filled.end_run(run, "done")
    assert filled.expire_undo() == 0
    pass_time(1.1 * DAY)
    assert filled.expire_undo() == 1


def test_nothing_goes_while_a_run_goes_on(
    filled: SqlStore, pass_time: Callable[[float], None]
) -> None:
    """It may be the one that undoes what is due."""
    run = _run(filled, "a", DAY)
    pass_time(2 * DAY)
    other = filled.begin_run("undo", TARGETS, 60).id
    assert filled.expire_undo() == 0
    filled.end_run(other, "done")
    assert filled.expire_undo() == 1
    assert filled.undo_size(run).rows == 0


def test_in_steps(
    filled: SqlStore, pass_time: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kconv._store.sql_operations._DROP_STEP", 2)
    run = filled.begin_run("me", TARGETS, 60, keep_undo=DAY).id
    rows = [filled.get(cronjob(name)) for name in "abc"]
    filled.rewrite([(each, V1BETA1, b"2") for each in rows], run=run, keep_undo=True)
    filled.end_run(run, "done")
    pass_time(2 * DAY)
    assert filled.expire_undo() == 3


def test_a_time_that_makes_no_sense(filled: SqlStore) -> None:
    with pytest.raises(UsageError):
        filled.begin_run("me", TARGETS, 60, keep_undo=-1)


def test_room_that_vacuum_gives_back(filled: SqlStore) -> None:
    before = filled.reclaimable().bytes
    for number in range(40):
        name = f"large-{number}"
        made = create(filled, name, data=b"x" * 50_000)
        filled.delete(made.key, expected=made.resource_version, api_version=V1, data=b"")
    filled.compact(0)
    if filled._database.sqlite:
        assert filled.reclaimable().bytes > before + 1_000_000
    else:
        filled._database.write(lambda it: it.exec_driver_sql("SELECT pg_stat_force_next_flush()"))
        assert filled.reclaimable().bytes > before
        assert "kconv_changes" in filled.reclaimable().tables
