"""The tests of every place over documents under keys, and what only those have."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from kconv._pipeline import Pipeline
from kconv.place import NewData, Where
from kconv.places import Entry
from kconv.testing import PlaceGround, PlaceTests
from kconv_migrations._migration import Settings, hold, migrate, plan, undo
from places.keyed_grounds import DictGround, DictPlace, FilesGround, RedisGround


class TestKeyedPlaces(PlaceTests):
    """Every promise, over a dict, a folder and Redis."""

    @pytest.fixture(params=[DictGround, FilesGround, RedisGround])
    def ground(self, request: pytest.FixtureRequest, tmp_path: Path) -> PlaceGround:
        ground: PlaceGround = request.param(tmp_path)
        return ground


@pytest.fixture
def ground(tmp_path: Path) -> DictGround:
    return DictGround(tmp_path)


@pytest.mark.parametrize("done", [0, 3, 5])
def test_run_that_was_cut_off_between_keeping_and_replacing_is_undone(
    ground: DictGround, done: int
) -> None:
    names = ground.seed(5)
    before = ground.rows()
    place = ground.open()

    class Killed(BaseException):
        pass

    replace = DictPlace.replace
    count = 0

    def cut_off(collection: str, old: Entry, new: Entry) -> bool:
        nonlocal count
        if count >= done:
            raise Killed
        count += 1
        return replace(place, collection, old, new)

    place.replace = cut_off  # type: ignore[method-assign]  # which is watched
    with hold(place, []) as run:
        rows = place.page(Where("notes"), other_than="", after=None, until=None, limit=9)
        items = [
            NewData(row, ground.new, ground.document(name, ground.new))
            for name, row in zip(names, rows, strict=True)
        ]
        try:
            place.write(Where("notes"), items, run=run.id, keep_before_images=True)
        except Killed:
            assert done < 5
    assert ground.versions().get(ground.new, 0) == done
    assert place.undo_size(run.id).rows == 5
    again = ground.open()
    ground.write(names[4], ground.old)  # somebody has written it since
    with hold(again, []) as other:
        restored = again.restore(run.id, after=None, limit=9, live=None, held=other.id)
    assert restored.restored == 4
    assert [each.key for each in restored.written] == [(names[4],)]
    after = ground.rows()
    assert {name: after[name] for name in names[:4]} == {name: before[name] for name in names[:4]}


def test_before_images_of_writes_that_were_refused_are_forgotten(ground: DictGround) -> None:
    names = ground.seed(3)
    place = ground.open()
    replace = place.replace_many

    def late(collection: str, pairs: Sequence[tuple[Entry, Entry]]) -> list[bool]:
        ground.write(names[1], ground.new)
        return replace(collection, pairs)

    place.replace_many = late  # type: ignore[method-assign]  # watched from here on
    targets = plan(place, ["notes"], ["notes.kconv.test=v2"])
    (outcome,) = migrate(place, Pipeline(place.scheme), targets, Settings())
    assert (outcome.objects, outcome.raced, outcome.done) == (2, 1, True)
    assert place.undo_size(outcome.run).rows == 2
    done = undo(place, outcome.run)
    assert (done.restored, done.written) == (2, [])
