"""Rows in quarantine are exported, repaired and taken back, in every kind of place."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, Text, create_engine, insert

from kconv import Document, DocumentHub, Edge, Scheme
from kconv._errors import Conflict
from kconv._pipeline import Pipeline
from kconv._store import SqlStore, records
from kconv.fields import Int64
from kconv.place import NewData, Place, Where
from kconv.sqlalchemy import TablePlace, collection
from kconv.testing import PlaceGround
from kconv_migrations._migration import (
    Repaired,
    Settings,
    exported,
    hold,
    migrate,
    plan,
    repair,
    undo,
)
from migrate import samples
from migrate.samples import NEW, OLD
from places.grounds import StoreGround

Line = dict[str, Any]


@pytest.fixture
def bad(ground: PlaceGround, place: Place, pipeline: Pipeline) -> list[Line]:
    """Three of ten rows that a run has left, as they were exported."""
    names = ground.seed(10)
    for name in names[2:5]:
        ground.spoil(name)
    list(migrate(place, pipeline, plan(place, [ground.collection], ["batch=v1"])))
    assert ground.versions() == {NEW: 7, OLD: 3}
    lines = [json.loads(line) for line in exported(place)]
    assert len(lines) == 3
    return lines


def repaired(line: Line) -> Line:
    """Take the field away that nobody knows."""
    document = json.loads(json.dumps(line["object"]))
    del document["noSuchField"]
    return line | {"object": document}


def take(place: Place, pipeline: Pipeline, lines: list[Line], **settings: bool) -> Repaired:
    texts = ((at, json.dumps(line)) for at, line in enumerate(lines, 1))
    return repair(place, pipeline, texts, Settings(**settings))  # type: ignore[arg-type]  # flags


def test_what_is_exported(ground: PlaceGround, place: Place, bad: list[Line]) -> None:
    first = bad[0]
    assert first["resource"] == ground.collection
    assert (first["in"], first["version"]) == ("objects", OLD)
    names = [each["object"]["metadata"]["name"] for each in bad]
    assert [tuple(each["key"]) for each in bad] == [tuple(ground.key(name)) for name in names]
    assert "noSuchField" in first["message"]
    assert first["object"]["kind"] == "CronJob"
    assert "data" not in first


def test_repaired_and_taken_back(
    ground: PlaceGround, place: Place, pipeline: Pipeline, bad: list[Line]
) -> None:
    done = take(place, pipeline, [repaired(line) for line in bad])
    assert (done.written, done.changed, done.gone, done.invalid) == (3, 0, {}, {})
    assert done.done
    assert ground.versions() == {NEW: 10}
    assert place.quarantined() == []
    (run,) = (each for each in place.runs() if each.id == done.run)
    assert (run.state, run.targets[0].to) == ("done", NEW)
    list(migrate(place, pipeline, plan(place, [ground.collection])))
    assert [each.version for each in place.versions()] == [NEW]
    again = take(place, pipeline, [repaired(line) for line in bad])
    assert (again.written, sorted(again.gone), again.done) == (0, [1, 2, 3], False)


def test_one_of_them(
    ground: PlaceGround, place: Place, pipeline: Pipeline, bad: list[Line]
) -> None:
    assert take(place, pipeline, [repaired(bad[1])]).written == 1
    assert ground.versions() == {NEW: 8, OLD: 2}
    assert len(place.quarantined()) == 2


def test_in_another_version(
    ground: PlaceGround, place: Place, pipeline: Pipeline, bad: list[Line]
) -> None:
    line = repaired(bad[0])
    line["object"]["apiVersion"] = "batch/v1"
    assert take(place, pipeline, [line]).written == 1
    assert ground.versions() == {NEW: 8, OLD: 2}


def test_a_rehearsal(
    ground: PlaceGround, place: Place, pipeline: Pipeline, bad: list[Line]
) -> None:
    before, runs = ground.rows(), len(place.runs())
    done = take(place, pipeline, [repaired(line) for line in bad], dry_run=True)
    assert (done.written, done.run, len(place.runs())) == (3, "", runs)
    assert ground.rows() == before


def _as_it_was(line: Line) -> Line:
    return line


def _no_object(line: Line) -> Line:
    return line | {"object": 7}


def _another_name(line: Line) -> Line:
    new = repaired(line)
    new["object"]["metadata"]["name"] = "cron-9999"
    return new


def _another_uid(line: Line) -> Line:
    new = repaired(line)
    new["object"]["metadata"]["uid"] = "another"
    return new


def _a_rule_is_broken(line: Line) -> Line:
    new = repaired(line)
    new["object"]["spec"]["schedule"] = "whenever"
    return new


def _another_kind(line: Line) -> Line:
    new = repaired(line)
    new["object"]["kind"] = "Job"
    return new


def _no_such_version(line: Line) -> Line:
    new = repaired(line)
    new["object"]["apiVersion"] = "batch/v9"
    return new


def _no_mark(line: Line) -> Line:
    return {name: value for name, value in repaired(line).items() if name != "mark"}


def _text_that_is_none(line: Line) -> Line:
    return line | {"object": None, "data": "{"}


SPOILT = [
    _as_it_was,
    _no_object,
    _another_name,
    _another_uid,
    _a_rule_is_broken,
    _another_kind,
    _no_such_version,
    _no_mark,
    _text_that_is_none,
]


def test_one_bad_line_and_nothing_is_written(
    ground: PlaceGround, place: Place, pipeline: Pipeline, bad: list[Line]
) -> None:
    before = ground.rows()
    for spoil in SPOILT:
        done = take(place, pipeline, [repaired(bad[0]), spoil(bad[1]), repaired(bad[2])])
        assert list(done.invalid) == [2], spoil
        assert done.invalid[2]
        assert (done.written, done.run) == (0, "")
        assert ground.rows() == before
        assert len(place.quarantined()) == 3


def test_the_same_row_twice(
    ground: PlaceGround, place: Place, pipeline: Pipeline, bad: list[Line]
) -> None:
    done = take(place, pipeline, [repaired(bad[0]), repaired(bad[0])])
    assert done.invalid == {2: "is of the same row as line 1"}


def test_a_row_that_was_written_meanwhile(
    ground: PlaceGround, place: Place, pipeline: Pipeline, bad: list[Line]
) -> None:
    name = bad[1]["object"]["metadata"]["name"]
    ground.write(name, NEW)
    mine = ground.rows()[name]
    done = take(place, pipeline, [repaired(line) for line in bad])
    assert (done.written, list(done.gone), done.done) == (2, [2], False)
    assert ground.rows()[name] == mine


def test_a_row_that_is_written_between_check_and_write(
    ground: PlaceGround,
    place: Place,
    pipeline: Pipeline,
    bad: list[Line],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name = bad[1]["object"]["metadata"]["name"]
    held = type(place).repair
    written: list[object] = []

    def late(self: Place, where: Where, items: list[NewData], **options: Any) -> int:
        if not written:
            ground.write(name, NEW)
            written.append(ground.rows()[name])
        return held(self, where, items, **options)

    monkeypatch.setattr(type(place), "repair", late)
    done = take(place, pipeline, [repaired(line) for line in bad])
    assert (done.written, done.changed, done.done) == (2, 1, False)
    assert [ground.rows()[name]] == written


def test_not_beside_another_run(
    ground: PlaceGround, place: Place, pipeline: Pipeline, bad: list[Line]
) -> None:
    with hold(place, []), pytest.raises(Conflict, match="is going on"):
        take(place, pipeline, [repaired(bad[0])])


def test_the_way_back_of_a_table(
    ground: PlaceGround, place: Place, pipeline: Pipeline, bad: list[Line]
) -> None:
    """A repair is undone as any run; in the store the object is another one, as written."""
    before = ground.rows()
    done = take(place, pipeline, [repaired(line) for line in bad])
    if isinstance(ground, StoreGround):
        assert place.undo_size(done.run).rows == 0
        return
    assert undo(place, done.run).restored == 3
    assert ground.rows() == before


def test_watches_see_a_repair(
    ground: PlaceGround, place: Place, pipeline: Pipeline, bad: list[Line]
) -> None:
    if not isinstance(ground, StoreGround):
        pytest.skip("tables tell nobody")
    store: SqlStore = ground.store
    before = store.head()
    take(place, pipeline, [repaired(bad[0])])
    (change,) = store.changes(before)
    assert change.type == "MODIFIED"
    assert change.stored.key.name == bad[0]["object"]["metadata"]["name"]
    assert change.stored.resource_version == before + 1


def test_a_row_that_was_rewritten_meanwhile_is_left_alone(
    ground: PlaceGround,
    place: Place,
    pipeline: Pipeline,
    bad: list[Line],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It keeps its resourceVersion: the object is the same, but for the version of its bytes."""
    if not isinstance(ground, StoreGround):
        pytest.skip("the mark of others is that of the bytes")
    store: SqlStore = ground.store
    name = bad[0]["object"]["metadata"]["name"]
    row = place.row(Where(ground.collection), ground.key(name))
    assert row is not None
    other = ground.document(name, NEW, changed=True)
    put = place.repair

    def late(*arguments: Any, **named: Any) -> int:
        as_read = records.Row(samples.key(name), row.version, row.mark)  # type: ignore[arg-type]  # a number
        assert store.rewrite([(as_read, NEW, other)]) == 1
        return put(*arguments, **named)

    monkeypatch.setattr(place, "repair", late)
    done = take(place, pipeline, [repaired(bad[0])])
    assert (done.written, done.changed) == (0, 1)
    assert ground.rows()[name] == (NEW, other)


def test_what_only_the_version_preferred_forbids(make_database: Callable[[str], str]) -> None:
    """A repaired document keeps the rules of the version that it is to be in."""
    table = Table(
        "sheets", MetaData(), Column("id", Integer, primary_key=True),
        Column("document", Text), Column("version", Integer),
    )  # fmt: skip
    scheme = Scheme()
    scheme.add(Sheet, Edge(SheetV1), Edge(SheetV2), storage="sheets.example.com/v2")
    sheets = collection(
        "sheets", key="id", document="document", version="version", table=table,
        versions={1: SheetV1, 2: SheetV2}, stored=2, scheme=scheme,
    )  # fmt: skip
    url = make_database("sqlite")
    engine = create_engine(url)
    table.create(engine)
    with engine.begin() as connection:
        values = {"id": 1, "document": '{"pages":0,"colour":"red"}', "version": 1}
        connection.execute(insert(table), values)
    engine.dispose()
    place = TablePlace(url, [sheets])
    pipeline = Pipeline(place.scheme)
    list(migrate(place, pipeline, plan(place, ["sheets"])))
    (line,) = [json.loads(each) for each in exported(place)]
    done = take(place, pipeline, [line | {"object": {"pages": 0}}])
    assert (done.written, list(done.invalid)) == (0, [1])
    assert "pages" in done.invalid[1]
    assert take(place, pipeline, [line | {"object": {"pages": 1}}]).written == 1
    place.close()


class SheetV1(Document):
    class Meta:
        group, version, kind = "sheets.example.com", "v1", "Sheet"

    pages = Int64()


class SheetV2(Document):
    class Meta:
        group, version, kind = "sheets.example.com", "v2", "Sheet"

    pages = Int64(minimum=1)


class Sheet(DocumentHub):
    class Meta:
        group, kind = "sheets.example.com", "Sheet"

    pages = Int64()
