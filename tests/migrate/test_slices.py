"""A first slice of a migration, and runs that stop by themselves."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from cli.samples import Ended
from kconv._errors import UsageError
from kconv._pipeline import Pipeline
from kconv._store import SqlStore
from kconv.place import Row
from kconv_migrations._executors.selection import parse_conditions
from kconv_migrations._migration.failure_limit import FailureLimit, parse_failure_limit
from migrate.samples import NEW, OLD, encoded, key, rows, seed

Run = Callable[..., Ended]
TO = ("migrate", "--to", "batch=v1")


def in_new(store: SqlStore) -> set[str]:
    items = store.list("batch", "cronjobs").items
    return {each.key.name for each in items if each.api_version == NEW}


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("batch", ["1000", "7"])
def test_limit(kconv: Run, store: SqlStore, pipeline: Pipeline, workers: str, batch: str) -> None:
    seed(store, pipeline, 30)
    options = ["--limit", "20", "--workers", workers, "--batch-size", batch]
    ended = kconv(*TO, *options)
    assert ended.code == 0, ended.err
    assert "20 objects and 0 changes rewritten" in ended.out
    assert "cronjobs.batch: 40 rows left; `kconv migrate` goes on" in ended.err
    assert "older release" not in ended.err
    assert rows(store) == {NEW: (20, 0), OLD: (10, 30)}
    assert [each.state for each in store.runs()] == ["done"]
    assert kconv("migrate", *options).code == 0
    assert rows(store) == {NEW: (30, 10), OLD: (0, 20)}
    assert kconv("migrate").code == 0
    assert rows(store) == {NEW: (30, 30)}


def test_limit_of_a_rehearsal(kconv: Run, store: SqlStore, pipeline: Pipeline) -> None:
    seed(store, pipeline, 30)
    ended = kconv(*TO, "--dry-run", "--limit", "12", "--batch-size", "5")
    assert ended.code == 0
    assert "12 objects and 0 changes would be rewritten" in ended.out
    assert rows(store) == {OLD: (30, 30)}


def test_a_slice_that_is_all_of_it_is_proven(
    kconv: Run, store: SqlStore, pipeline: Pipeline
) -> None:
    seed(store, pipeline, 3)
    ended = kconv(*TO, "--limit", "6")
    assert (ended.code, rows(store)) == (0, {NEW: (3, 3)})
    assert kconv("migrate", "gate", "--to", "batch=v1").code == 0


@pytest.mark.parametrize("workers", ["1", "2"])
def test_where(kconv: Run, store: SqlStore, pipeline: Pipeline, workers: str) -> None:
    seed(store, pipeline, 25)
    ended = kconv(*TO, "--where", "name=cron-001?", "--where", "name!=*5", "--workers", workers)
    assert ended.code == 0, ended.err
    assert in_new(store) == {f"cron-001{n}" for n in range(10) if n != 5}
    assert "left; `kconv migrate` goes on" in ended.err
    assert kconv("migrate").code == 0
    assert rows(store) == {NEW: (25, 25)}


def test_where_a_field_says_so(kconv: Run, store: SqlStore, pipeline: Pipeline) -> None:
    seed(store, pipeline, 2)
    for name in ("a", "b"):
        data = encoded(pipeline, name, suspend=name == "a")
        store.create(key(name), uid=name, api_version=OLD, data=data)
    assert kconv(*TO, "--where", ".spec.suspend=true").code == 0
    assert in_new(store) == {"a"}


def test_where_and_limit(kconv: Run, store: SqlStore, pipeline: Pipeline) -> None:
    seed(store, pipeline, 20)
    ended = kconv(*TO, "--where", "name=*[02468]", "--limit", "3", "--batch-size", "2")
    assert ended.code == 0
    assert in_new(store) == {"cron-0000", "cron-0002", "cron-0004"}


@pytest.mark.parametrize("text", ["", "name", "=x", "a b"])
def test_no_condition(kconv: Run, store: SqlStore, pipeline: Pipeline, text: str) -> None:
    seed(store, pipeline, 1)
    ended = kconv(*TO, f"--where={text}")
    assert ended.code == 2
    assert "is no condition: write NAME=PATTERN" in ended.err
    assert rows(store) == {OLD: (1, 1)}


def test_no_part_of_a_key(kconv: Run, store: SqlStore, pipeline: Pipeline) -> None:
    seed(store, pipeline, 1)
    ended = kconv(*TO, "--where", "spec.suspend=true")
    assert ended.code == 2
    assert "there are namespace, name, key; a field of the document has a dot" in ended.err


DOCUMENT = b'{"a":{"b":"x","n":7,"t":true,"z":null,"l":["p",{"q":"r"}]},"e":""}'


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        (".a.b=x", True),
        (".a.b=?", True),
        (".a.b=X", False),
        (".a.b!=y", True),
        (".a.n=7", True),
        (".a.t=true", True),
        (".a.z=null", True),
        (".a.l.0=p", True),
        (".a.l.1.q=r", True),
        (".a.l.7=p", False),
        (".a=*", False),
        (".a.none=*", False),
        (".a.none!=*", True),
        (".e=", True),
        ("key=7/eu", True),
        ("key=7*", True),
        ("key!=8*", True),
    ],
)
def test_conditions(text: str, holds: bool) -> None:
    (condition,) = parse_conditions([text])
    assert condition.holds(Row((7, "eu"), "shop/v1", 1, DOCUMENT)) is holds


@pytest.mark.parametrize("data", [b"{", b"", b"\xff\xfe", b"[" * 100_000, b"[]", b"3"])
def test_what_does_not_decode_has_no_fields(data: bytes) -> None:
    row = Row((1,), "shop/v1", 1, data)
    yes, no = parse_conditions([".a=*", ".a!=*"])
    assert (yes.holds(row), no.holds(row)) == (False, True)


def _with_bad(store: SqlStore, pipeline: Pipeline, sound: int, bad: int) -> None:
    seed(store, pipeline, sound)
    for number in range(bad):
        name = f"a-bad-{number:03}"
        store.create(key(name), uid=name, api_version=OLD, data=b"{")


@pytest.mark.parametrize("most", ["4", "0", "20%"])
def test_too_many_failures(kconv: Run, store: SqlStore, pipeline: Pipeline, most: str) -> None:
    _with_bad(store, pipeline, 10, 10)
    ended = kconv(*TO, "--max-failures", most, "--batch-size", "10", "--workers", "1")
    assert ended.code == 1
    number = "10 of 10 rows" if most != "20%" else "20 of 40 rows"
    assert f"cronjobs.batch: stopped: {number} failed, more than {most}" in ended.err
    assert "kconv migrate quarantine export" in ended.err
    assert [each.state for each in store.runs()] == ["failed"]
    again = kconv("migrate", "--max-failures", "100%", "-o", "json")
    (resource,) = json.loads(again.out)["resources"]
    assert (again.code, "stopped" in resource) == (1, False)
    assert rows(store) == {NEW: (10, 10), OLD: (10, 10)}


def test_a_rehearsal_stops_too(kconv: Run, store: SqlStore, pipeline: Pipeline) -> None:
    _with_bad(store, pipeline, 5, 5)
    ended = kconv(*TO, "--dry-run", "--max-failures", "3", "-o", "json")
    (resource,) = json.loads(ended.out)["resources"]
    assert (ended.code, resource["stopped"]) == (1, "5 of 10 rows failed, more than 3")
    assert "quarantine" not in ended.err


def test_the_next_resource_is_not_begun(kconv: Run, store: SqlStore, pipeline: Pipeline) -> None:
    _with_bad(store, pipeline, 0, 3)
    store.prefer("batch", "jobs", NEW)
    ended = kconv(*TO, "--max-failures", "1", "-o", "json")
    assert ended.code == 1
    assert [each["resource"] for each in json.loads(ended.out)["resources"]] == ["cronjobs.batch"]


@pytest.mark.parametrize(
    ("limit", "failed", "looked_at", "total", "exceeded"),
    [
        ("5", 5, 10, 10, False),
        ("5", 6, 10, 10, True),
        ("0", 0, 10, 10, False),
        ("10%", 20, 100, 5000, False),
        ("10%", 99, 999, 5000, False),
        ("10%", 101, 1000, 5000, True),
        ("10%", 100, 1000, 5000, False),
        ("10%", 2, 10, 10, True),
        ("100%", 10, 10, 10, False),
        ("0%", 1, 1000, 1000, True),
        ("0.5%", 6, 1000, 1000, True),
    ],
)
def test_failure_limits(
    limit: str, failed: int, looked_at: int, total: int, exceeded: bool
) -> None:
    assert bool(parse_failure_limit(limit).exceeded(failed, looked_at, total)) is exceeded


@pytest.mark.parametrize("text", ["", "five", "-1", "1.5", "101%", "%", "5 %x"])
def test_no_failure_limit(text: str) -> None:
    with pytest.raises(UsageError, match="neither a number of rows nor a share"):
        parse_failure_limit(text)


@pytest.mark.parametrize(
    ("text", "limit"), [("50", FailureLimit(rows=50)), ("2.5%", FailureLimit(share=0.025))]
)
def test_a_failure_limit(text: str, limit: Any) -> None:
    assert parse_failure_limit(text) == limit
    assert str(limit) == text
