"""Rows, as a place hands them out."""

from __future__ import annotations

from kconv.place import OBJECTS, Key, Place, Where
from kconv.testing._place_checks import (
    page_of,
    pipeline_of,
)
from kconv.testing._place_ground import PlaceGround
from kconv_migrations._executors.executor import InProcessExecutor, results
from kconv_migrations._executors.row_processor import Task
from kconv_migrations._migration.split import split_into_spans


class RowTests:
    """That each row comes once, in order, with what tells whether it has changed."""

    def test_pages_go_through_all_rows_in_order(self, place: Place, ground: PlaceGround) -> None:
        keys = [ground.key(name) for name in ground.seed(20)]
        for limit in (1, 3, 19, 20, 21):
            found: list[Key] = []
            while rows := page_of(place, ground, after=found[-1] if found else None, limit=limit):
                assert len(rows) <= limit
                found += [row.key for row in rows]
            assert found == keys
        assert [each.key for each in page_of(place, ground, after=keys[4], until=keys[7])] == keys[
            5:8
        ]

    def test_pages_pass_over_the_version_asked_for(self, place: Place, ground: PlaceGround) -> None:
        names = ground.seed(6)
        place.prefer([(ground.collection, ground.new)], live=None)
        for name in names[::2]:
            ground.write(name, ground.new)
        for version, expected in ((ground.new, names[1::2]), (ground.old, names[::2])):
            found = [row.key for row in page_of(place, ground, other_than=version)]
            assert found == [ground.key(name) for name in expected]

    def test_boundaries_are_where_pages_end(self, place: Place, ground: PlaceGround) -> None:
        keys = [ground.key(name) for name in ground.seed(9)]
        where = Where(ground.collection)

        def boundary(after: Key | None, until: Key | None, rows: int) -> Key | None:
            return place.boundary(where, other_than=ground.new, after=after, until=until, rows=rows)

        assert boundary(None, None, 10) is None
        assert boundary(None, None, 9) in (None, keys[8])
        assert boundary(None, None, 4) == keys[3]
        assert boundary(keys[3], None, 4) == keys[7]
        assert boundary(keys[7], None, 4) is None

    def test_rows_that_go_and_come_do_not_disturb_pages(
        self, place: Place, ground: PlaceGround
    ) -> None:
        names = ground.seed(8)
        keys = {name: ground.key(name) for name in names}
        first = page_of(place, ground, limit=3)
        ground.delete(names[2])  # where the page ended
        ground.delete(names[5])
        rest = page_of(place, ground, after=first[-1].key, until=keys[names[7]])
        assert [row.key for row in rest] == [keys[names[at]] for at in (3, 4, 6, 7)]
        # The end of a page need not be there any more either.
        assert len(page_of(place, ground, after=None, until=keys[names[5]])) == 4

    def test_a_row_is_found_by_its_key(self, place: Place, ground: PlaceGround) -> None:
        names = ground.seed(3)
        where, key = Where(ground.collection), ground.key(names[1])
        row = place.row(where, key)
        assert row in page_of(place, ground)
        assert row is not None
        assert (row.key, row.version) == (key, ground.old)
        ground.delete(names[1])
        assert place.row(where, key) is None

    def test_marks_tell_whether_a_row_has_changed(self, place: Place, ground: PlaceGround) -> None:
        names = ground.seed(2)
        before = {row.key: row.mark for row in page_of(place, ground)}
        assert {row.key: row.mark for row in page_of(place, ground)} == before
        ground.write(names[0], ground.old)
        after = {row.key: row.mark for row in page_of(place, ground)}
        assert after[ground.key(names[0])] != before[ground.key(names[0])]
        assert after[ground.key(names[1])] == before[ground.key(names[1])]

    def test_counts(self, place: Place, ground: PlaceGround) -> None:
        names = ground.seed(5)
        place.prefer([(ground.collection, ground.new)], live=None)
        ground.write(names[3], ground.new)
        found = {
            each.version: each.rows
            for each in place.counts()
            if (each.collection, each.section) == (ground.collection, OBJECTS)
        }
        assert (found[ground.old], found[ground.new]) == (4, 1)

    def test_every_row_comes_once_in_spans(self, place: Place, ground: PlaceGround) -> None:
        keys = [ground.key(name) for name in ground.seed(20)]
        for limit in (1, 4, 5, 19, 20, 21):
            task = Task("rehearse", ground.collection, ground.new)
            spans = list(split_into_spans(place, task, OBJECTS, limit, ground.new))
            assert len(spans) >= 20 // limit
            executor = InProcessExecutor(place, pipeline_of(place))
            found = [row.key for done in results(executor, spans) for row in done.rows()]
            assert found == keys
