"""`kconv check --stored`: what code that was changed makes of rows that are there."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from check.project import EDGE, Project
from cli.samples import Kconv
from kconv._check import stored as stored_module
from kconv._check.stored import Progress, check_stored
from kconv._pipeline import Pipeline
from kconv._scheme import load_scheme
from kconv._store import Key, SqlStore, open_store
from kconv_migrations import _tables as db

GROUP = "shop.example.com"
V1 = f"{GROUP}/v1"


@pytest.fixture
def url(database_url: str) -> str:
    db.upgrade(database_url)
    return database_url


@pytest.fixture
def store(url: str) -> Iterator[SqlStore]:
    store = open_store(url)
    store.ensure([(GROUP, "orders", V1)])
    yield store
    store.close()


def put(store: SqlStore, name: str, **spec: object) -> None:
    value = {
        "apiVersion": V1,
        "kind": "Order",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"customer": "ann", "express": False, **spec},
    }
    key = Key(GROUP, "orders", "shop", name)
    data = json.dumps(value).encode()
    store.create(key, uid=f"uid-{name}", api_version=V1, data=data)


def test_code_that_reads_every_row(
    kconv: Kconv, project: Project, store: SqlStore, url: str
) -> None:
    put(store, "one", size="Large")
    ended = kconv("check", "--stored", "--db", url, *project.apis)
    assert ended.code == 0
    last = "2 rows read: 0 would fail, 0 break a rule of today and stay readable"
    assert ended.out.splitlines() == [last]


def test_a_field_that_went_would_be_lost(
    kconv: Kconv, project: Project, store: SqlStore, url: str
) -> None:
    put(store, "one", size="Large")
    put(store, "two")
    project.edit('    size = String(enum=("Large", "Small"))\n', "")
    project.edit('            Preserve("spec.size"),\n', "")
    ended = kconv("check", "--stored", "--db", url, *project.apis)
    assert ended.code == 1
    place = "orders.shop.example.com (shop.example.com/v1) spec.size"
    assert ended.out.splitlines() == [
        f'breaking: {place}: unknown field "spec.size": it would be lost',
        "  2 rows: shop/one, shop/one",
        "4 rows read: 2 would fail, 0 break a rule of today and stay readable",
    ]


def test_wrong_types_are_told_by_path_with_elements_together(
    kconv: Kconv, project: Project, store: SqlStore, url: str
) -> None:
    put(store, "one", items=["a", "b"])
    project.edit("items = List(String()", "items = List(Int32()")
    project.edit("items = List(String()", "items = List(Int32()")
    ended = kconv("check", "--stored", "--db", url, "-o", "json", *project.apis)
    assert ended.code == 1
    report = json.loads(ended.out)
    (problem,) = report["problems"]
    assert (problem["path"], problem["rows"]) == ("spec.items[*]", 2)
    assert (report["rows"], report["failing"]) == (2, 2)


def test_rules_that_a_row_breaks_are_warnings(
    kconv: Kconv, project: Project, store: SqlStore, url: str
) -> None:
    put(store, "one", size="Small")
    project.edit('("Large", "Small")', '("Large",)')
    ended = kconv("check", "--stored", "--db", url, *project.apis)
    assert ended.code == 0
    assert ended.out.startswith("warning: orders.shop.example.com (shop.example.com/v1) spec.size")
    assert "0 would fail, 2 break a rule" in ended.out


def test_a_version_that_went_but_is_on_record(
    kconv: Kconv, project: Project, store: SqlStore, url: str
) -> None:
    store.prefer(GROUP, "orders", f"{GROUP}/v1beta1")
    store.prefer(GROUP, "orders", V1)
    project.edit(EDGE, "")
    ended = kconv("check", "--stored", "--db", url, *project.apis)
    assert ended.code == 1
    assert "(shop.example.com/v1beta1): on record, and this code does not have it" in ended.out


def test_rules_that_fail_on_a_row_are_told_by_version(
    kconv: Kconv, project: Project, store: SqlStore, url: str
) -> None:
    put(store, "one", size="Large")
    project.edit(
        'Preserve("spec.size")',
        '__import__("kconv").Functions(hub=["spec.size"], to_hub=lambda spoke, hub: None, '
        'to_spoke=lambda hub, spoke: hub["nothing"])',
    )
    ended = kconv("check", "--stored", "--db", url, *project.apis)
    assert ended.code == 1
    assert "to shop.example.com/v1beta1: " in ended.out


def test_bytes_that_are_no_json_are_a_row_that_fails(
    kconv: Kconv, project: Project, store: SqlStore, url: str
) -> None:
    key = Key(GROUP, "orders", "shop", "bad")
    store.create(key, uid="uid-bad", api_version=V1, data=b"{")
    put(store, "good")
    ended = kconv("check", "--stored", "--db", url, *project.apis)
    assert ended.code == 1
    assert "4 rows read: 2 would fail" in ended.out


def test_pages_and_progress(
    project: Project, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored_module, "PAGE", 3)
    for number in range(10):
        put(store, f"order-{number}")
    pipeline = Pipeline(load_scheme((), [project.apis[1]]))
    seen: list[Progress] = []
    report = check_stored(store, pipeline, seen.append)
    assert (report.rows, report.failing) == (20, 0)
    assert [(each.done, each.total) for each in seen] == [(n, 20) for n in (3, 6, 9, 12, 15, 18)]


def test_problems_beyond_the_limit_are_counted_together(
    project: Project, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored_module, "LIMIT", 2)
    put(store, "one", **{f"unknown{number}": 1 for number in range(5)})
    report = check_stored(store, Pipeline(load_scheme((), [project.apis[1]])))
    assert sorted(each.path for each in report.problems.values()) == [
        "spec.unknown0",
        "spec.unknown1",
        "…",
    ]
    assert report.failing == 2


def test_a_database_without_tables(kconv: Kconv, project: Project, tmp_path: Path) -> None:
    ended = kconv("check", "--stored", "--db", f"sqlite:///{tmp_path / 'no.db'}", *project.apis)
    assert ended.code == 3
    assert "kconv db upgrade" in ended.err
