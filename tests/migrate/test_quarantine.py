"""Rows that cannot be rewritten: recorded, left as they were, listed, retried."""

import json
from collections.abc import Callable

import pytest

from cli.samples import Ended
from fixtures.long import LONG
from kconv._pipeline import Pipeline
from kconv._store import SqlStore
from kconv_migrations._migration import Settings, WorkerExecutor, migrate, plan
from migrate.samples import NEW, OLD, encoded, insert, key, placed, put, rows, seed

Run = Callable[..., Ended]


def test_list_show_and_retry(
    kconv: Run, store: SqlStore, pipeline: Pipeline, database_url: str
) -> None:
    seed(store, pipeline, 3)
    data = encoded(pipeline, "typed").replace(b'"suspend":false', b'"suspend":"no"')
    store.create(key("typed"), uid="typed", api_version=OLD, data=data)
    assert kconv("migrate", "cronjobs.batch", "--to", "batch=v1").code == 1
    listed = kconv("migrate", "quarantine")
    assert listed.code == 0
    assert [line.split()[:2] for line in listed.out.splitlines()[1:]] == [
        ["cronjobs.batch", "reports/typed"]
    ] * 2
    assert len(json.loads(kconv("migrate", "quarantine", "-o", "json").out)["rows"]) == 2
    shown = kconv("migrate", "quarantine", "show", "cronjobs.batch/reports/typed", "-o", "json")
    entry = next(row for row in json.loads(shown.out)["rows"] if row["in"] == "objects")
    assert (entry["name"], entry["version"], entry["data"]) == ("typed", OLD, data.decode())
    assert "spec.suspend" in kconv("migrate", "quarantine", "show", "reports/typed").out
    assert kconv("migrate", "quarantine", "retry").code == 1
    assert kconv("migrate", "quarantine", "show", "nope").code == 1
    assert kconv("migrate", "quarantine", "show").code == 2
    # As if code that reads such rows had been installed.
    put(database_url, "typed", encoded(pipeline, "typed"))
    store.compact(0)
    retried = kconv("migrate", "quarantine", "retry")
    assert retried.code == 0, retried.err
    assert rows(store) == {NEW: (4, 0)}
    assert kconv("migrate", "quarantine").out == "nothing is in quarantine\n"


@pytest.mark.parametrize("back", ["undo", "--to"])
def test_retry_where_the_old_version_is_preferred_again(
    kconv: Run, store: SqlStore, pipeline: Pipeline, database_url: str, back: str
) -> None:
    seed(store, pipeline, 3)
    good = encoded(pipeline, "typed")
    bad = good.replace(b'"suspend":false', b'"suspend":"no"')
    store.create(key("typed"), uid="typed", api_version=OLD, data=bad)
    assert kconv("migrate", "cronjobs.batch", "--to", "batch=v1").code == 1
    assert len(store.quarantined()) == 2
    going = ("undo", store.runs()[0].id) if back == "undo" else ("--to", "batch=v1beta1")
    kconv("migrate", *going)
    kconv("migrate")
    assert store.storage_version("batch", "cronjobs") == OLD
    still = kconv("migrate", "quarantine", "retry")
    assert still.code == 1
    assert "2 rows in the preferred version cannot be read" in still.err
    assert "spec.suspend" in still.err
    put(database_url, "typed", good)
    half = kconv("migrate", "quarantine", "retry", "-o", "json")
    assert half.code == 1  # its entry in the change log is as it was
    document = json.loads(half.out)
    assert [each["in"] for each in document["released"]] == ["objects"]
    assert [each["in"] for each in document["left"]] == ["changes"]
    put(database_url, "typed", good, table="changes")
    retried = kconv("migrate", "quarantine", "retry")
    assert (retried.code, retried.err) == (0, "")
    assert retried.out == "cronjobs.batch: 1 row well again, no longer in quarantine\n"
    assert store.quarantined() == []
    assert kconv("migrate", "quarantine").out == "nothing is in quarantine\n"


@pytest.mark.parametrize(("options", "told"), [((), 2), (("--validate",), 4)])
def test_a_rule_that_was_tightened_keeps_nothing_back(
    kconv: Run, store: SqlStore, pipeline: Pipeline, options: tuple[str, ...], told: int
) -> None:
    """One of a field, and one of the group, each in an object and its change."""
    seed(store, pipeline, 2)
    data = encoded(pipeline, "odd").replace(b'"Allow"', b'"Sometimes"')
    assert b"Sometimes" in data
    store.create(key("odd"), uid="odd", api_version=OLD, data=data)
    store.create(
        key("late"), uid="late", api_version=OLD,
        data=encoded(pipeline, "late").replace(b"30 2 * * *", b"61 2 * * *"),
    )  # fmt: skip
    dry = json.loads(
        kconv("migrate", "cronjobs.batch", "--to", "batch=v1", "--dry-run", "-o", "json").out
    )
    (resource,) = dry["resources"]
    assert resource["failures"] == []
    assert {each["name"] for each in resource["broken"]} == {"odd", "late"}
    ended = kconv("migrate", "cronjobs.batch", "--to", "batch=v1", *options)
    assert ended.code == 0
    said = f"{told} rows are not valid in batch/v1: clients can read them and not write them"
    assert f"{said}; migrated all the same without --strict" in ended.out
    assert rows(store) == {NEW: (4, 4)}
    verified = kconv("migrate", "verify")
    assert verified.code == 0
    assert "0 wrong, 2 not valid, " in verified.out, "rules of fields are looked at"


MANY = 20_000 if LONG else 4_000


@pytest.mark.parametrize("workers", [1, 2])
def test_every_twentieth_row_of_many_is_bad(
    store: SqlStore, pipeline: Pipeline, workers: int, database_url: str
) -> None:
    if (workers == 2) is database_url.startswith("sqlite"):
        pytest.skip("each number of workers on one database is enough")
    store.prefer("batch", "cronjobs", OLD)
    template = encoded(pipeline, "NAME")
    bad = template.replace(b'"suspend":false', b'"suspend":7')
    names = [f"cron-{number:05}" for number in range(MANY)]
    insert(
        database_url,
        [
            (name, (bad if number % 20 == 7 else template).replace(b"NAME", name.encode()))
            for number, name in enumerate(names)
        ],
    )
    wrong = set(names[7::20])
    targets = plan(placed(store), ["cronjobs.batch"], ["batch=v1"])
    with WorkerExecutor(workers, placed(store), pipeline) as executor:
        (outcome,) = migrate(
            placed(store), pipeline, targets, Settings(undo=False), executor=executor
        )
    assert {each.key[1] for each in outcome.failures} == wrong
    assert {each.key.name for each in store.quarantined()} == wrong
    bad_rows, sound = MANY // 20, MANY - MANY // 20
    assert len(wrong) == bad_rows
    assert (outcome.objects, outcome.kept, outcome.dropped) == (sound, {OLD: bad_rows}, [])
    assert rows(store) == {NEW: (sound, 0), OLD: (bad_rows, 0)}


def test_control_characters_of_a_row_do_not_reach_the_terminal(
    kconv: Run, store: SqlStore, pipeline: Pipeline, database_url: str
) -> None:
    seed(store, pipeline, 1)
    put(database_url, "cron-0000", b'{"apiVersion":"batch/v1beta1",\t"\x1b[2J\xc2\x9b2J')
    ended = kconv("migrate", "--to", "batch=v1")
    assert ended.code == 1
    shown = kconv("migrate", "quarantine", "show", "reports/cron-0000")
    assert '\t"\\x1b[2J\\x9b2J' in shown.out
    listed = kconv("migrate", "quarantine")
    for text in (ended.err, shown.out, listed.out):
        assert "\x1b" not in text
        assert "\x9b" not in text
    document = kconv("migrate", "quarantine", "show", "reports/cron-0000", "-o", "json").out
    assert "\x1b[2J\x9b2J" in json.loads(document)["rows"][0]["data"]
