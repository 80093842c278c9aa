"""What goes wrong with a column of its own for what documents keep."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import update

from fixtures.long import LONG
from kconv._errors import UsageError
from kconv.place import NewData, Where
from kconv.sqlalchemy import collection
from kconv.sqlalchemy._digests import Contents
from kconv.sqlalchemy._versions import Unreadable, put_kept, take_kept
from kconv.testing import PlaceTests, notes_scheme
from kconv.testing._notes import NoteV1
from kconv_migrations._migration import hold, migrate, plan, undo
from places.kept_ground import KeptGround
from places.shop import V1, V3, VERSIONS, register

SORTS = ["text+text-sqlite", "json+jsonb-postgresql"]
if LONG:
    SORTS += ["json+blob-sqlite", "text+json-postgresql", "blob+text-postgresql"]


class TestTablesWithAColumnForWhatIsKept(PlaceTests):
    """Every promise, to the version that keeps something and away from it."""

    @pytest.fixture(params=SORTS)
    def ground(
        self, request: pytest.FixtureRequest, make_database: Callable[[str], str]
    ) -> Iterator[KeptGround]:
        sort, _, kind = request.param.partition("-")
        found = KeptGround(make_database(kind), sort, keeping=kind == "postgresql")
        yield found
        found.engine.dispose()


@pytest.fixture
def ground(make_database: Callable[[str], str]) -> KeptGround:
    """Orders in the version that keeps labels."""
    return KeptGround(make_database("sqlite"), "text+text", keeping=False)


def keep(ground: KeptGround, at: int, kept: str | None) -> None:
    table = ground.table
    with ground.engine.begin() as connection:
        connection.execute(update(table).where(table.c.id == at).values(other=kept))


def test_a_row_whose_kept_values_were_changed_is_not_written(ground: KeptGround) -> None:
    ground.seed(2)
    place = ground.open()
    place.prefer([("orders", V3)], live=None)
    where = Where("orders")
    rows = place.page(where, other_than=V3, after=None, until=None, limit=9)
    keep(ground, 1, '{"labels": {"gift": "for somebody else"}}')
    items = [NewData(row, V3, ground.document("name-0000", V3)) for row in rows]
    with hold(place, []) as run:
        assert place.write(where, items, run=run.id, keep_before_images=True) == 1
        run.ending = "done"
    assert ground.versions() == {V3: 1, V1: 1}
    place.close()


def test_a_row_whose_kept_values_were_changed_since_is_not_undone(ground: KeptGround) -> None:
    ground.seed(2)
    place = ground.open()
    (outcome,) = migrate(place, _pipeline(place), plan(place, ["orders"], ["shop.example.com=v3"]))
    keep(ground, 1, '{"labels": {"late": "one"}}')
    done = undo(place, outcome.run)
    assert (done.restored, [each.key for each in done.written]) == (1, [(1,)])
    place.close()


def test_what_is_kept_in_the_document_goes_to_the_column_when_it_is_written(
    make_database: Callable[[str], str],
) -> None:
    """Rows that were written before there was the column; what is in both is put together."""
    ground = KeptGround(make_database("sqlite"), "text+text", keeping=False)
    ground.seed(2)
    table = ground.table
    with ground.engine.begin() as connection:
        for at, kept in ((0, None), (1, '{"other": 1}')):
            whole = ground.document(f"name-{at:04}", V1).decode()
            values = {"document": whole, "other": kept}
            connection.execute(update(table).where(table.c.id == at).values(values))
    place = ground.open()
    (outcome,) = migrate(place, _pipeline(place), plan(place, ["orders"], ["shop.example.com=v3"]))
    assert (outcome.objects, outcome.failures) == (2, [])
    with ground.engine.connect() as connection:
        found = connection.execute(table.select().order_by(table.c.id)).all()
    assert [json.loads(row.document)["labels"] for row in found] == [
        {"gift": "for name-0000: ä"},
        {"gift": "for name-0001: ä"},
    ]
    assert [row.other and json.loads(row.other) for row in found] == [None, {"other": 1}]
    place.close()


@pytest.mark.parametrize("kept", ["[1]", "{", '{"a":1},"customer":"eve"', "1"])
def test_rows_whose_column_holds_no_object_are_quarantined(ground: KeptGround, kept: str) -> None:
    ground.seed(2)
    keep(ground, 1, kept)
    place = ground.open()
    (outcome,) = migrate(place, _pipeline(place), plan(place, ["orders"], ["shop.example.com=v3"]))
    assert (outcome.objects, [each.key for each in outcome.failures]) == (1, [(1,)])
    assert ground.versions() == {V3: 1, V1: 1}
    place.close()


def _pipeline(place: Any) -> Any:
    from kconv._pipeline import Pipeline

    return Pipeline(place.scheme)


@pytest.mark.parametrize(
    ("raw", "kept", "whole"),
    [
        (b'{"a":1}', None, b'{"a":1}'),
        (b'{"a":1}', b"null", b'{"a":1}'),
        (b'{"a":1}', b"{}", b'{"a":1}'),
        (b'{"a":1}', b" { } ", b'{"a":1}'),
        (b"{}", b'{"x":1}', b'{"_kept":{"x":1}}'),
        (b'{"a" : 1.0, "a" : 2 }\n', b' {"x": 1}', b'{"a" : 1.0, "a" : 2,"_kept":{"x": 1}}'),
        (b'{"_kept":{"x":1,"y":1},"a":1}', b'{"x":2}', b'{"_kept":{"x":2,"y":1},"a":1}'),
        (b'{"a":{"_kept":1}}', b'{"x":2}', b'{"a":{"_kept":1},"_kept":{"x":2}}'),
    ],
)
def test_putting_together(raw: bytes, kept: bytes | None, whole: bytes) -> None:
    assert put_kept(raw, "_kept", kept) == whole


@pytest.mark.parametrize("raw", [b'{"_kept":1}', b'{"_kept":[]}'])
def test_what_cannot_be_put_together(raw: bytes) -> None:
    with pytest.raises(Unreadable):
        put_kept(raw, "_kept", b'{"x":2}')


@pytest.mark.parametrize(
    ("whole", "raw", "kept"),
    [
        (b'{"a":1}', b'{"a":1}', None),
        (b'{"a":{"_kept":1.50}}', b'{"a":{"_kept":1.50}}', None),
        (b'{"a":1.50,"_kept":{"x":1e3}}', b'{"a":1.50}', b'{"x":1e3}'),
        (b'{"_kept":{}}', b"{}", b"{}"),
    ],
)
def test_taking_apart(whole: bytes, raw: bytes, kept: bytes | None) -> None:
    assert take_kept(whole, "_kept") == (raw, kept)


def test_before_images_hold_both() -> None:
    apart = Contents(apart=True, by_value=(False, True))
    for raw, kept in ((b'{"a":1}', None), (b'{"a":1}', b'{"b":2}'), (b"{}", b""), (b"", None)):
        assert apart.of_image(apart.image(raw, kept)) == (raw, kept)
    # One that was kept before there was the column.
    assert apart.of_image(b'{"a":1}') == (b'{"a":1}', None)
    digests = {apart.digest(b"{}", kept) for kept in (b'{"b":2}', b'{ "b":2 }', b'{"b":3}', None)}
    assert len(digests) == 3


def test_what_cannot_be_declared(ground: KeptGround) -> None:
    said: Any = {
        "key": "id", "document": "document", "versions": VERSIONS, "stored": 3,
        "version": "version", "table": ground.table, "scheme": register,
    }  # fmt: skip
    for column in ("document", "version", "id"):
        with pytest.raises(UsageError, match=f'kept="{column}" is a column that holds something'):
            collection("orders", **said, kept=column)
    with pytest.raises(UsageError, match="the table orders has no column missing"):
        collection("orders", **said, kept="missing")
    notes = collection(
        "notes", key="id", document="document", version="version", versions={1: NoteV1}, stored=1,
        table=ground.table, kept="other", scheme=notes_scheme(),
    )  # fmt: skip
    with pytest.raises(UsageError, match=r'Note.* keeps nothing: hub_of\(…, kept="_kept"\)'):
        notes.open_all([notes], ground.url, lambda: None)  # type: ignore[arg-type,return-value]  # never called


def test_a_column_that_may_not_be_null(ground: KeptGround) -> None:
    ground.table.c.other.nullable = False
    composed = ground.declared.compose(V3, b'{"a":1}')
    assert composed == (b'{"a":1}', 3, b"{}")
