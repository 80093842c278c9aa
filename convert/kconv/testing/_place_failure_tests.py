"""Rows that a run cannot convert."""

from __future__ import annotations

from kconv.place import OBJECTS, Place, Quarantined, Row, Where
from kconv.testing._place_checks import (
    migrated,
    pipeline_of,
)
from kconv.testing._place_ground import MANY, PlaceGround
from kconv_migrations._migration import (
    check_quarantine,
    undo,
)


class FailureTests:
    """That they stay, are told of, and are retried."""

    def test_rows_that_cannot_be_converted_stay_and_are_retried(
        self, place: Place, ground: PlaceGround
    ) -> None:
        names = ground.seed(12)
        bad = [names[3], names[8]]
        for name in bad:
            ground.spoil(name)
        spoilt = {name: ground.rows()[name] for name in bad}
        outcome = migrated(place, ground, to=ground.new, batch_size=3)
        assert outcome.objects == 10
        assert not outcome.done
        assert outcome.kept == {ground.old: 2}
        keys = [ground.key(name) for name in bad]
        assert [each.key for each in outcome.failures] == keys
        assert [each.key for each in place.quarantined(ground.collection)] == keys
        assert {name: ground.rows()[name] for name in bad} == spoilt
        assert place.runs()[0].state == "failed"
        again = migrated(place, ground)
        assert (again.objects, len(again.failures), again.done) == (0, 2, False)
        ground.write(bad[0], ground.new)
        assert [each.key for each in place.quarantined()] == keys[1:]
        ground.write(bad[1], ground.old)
        assert place.quarantined() == []
        last = migrated(place, ground)
        assert (last.objects, last.done) == (1, True)
        assert ground.versions() == {ground.new: 12}

    def test_quarantine_is_released_where_rows_are_well(
        self, place: Place, ground: PlaceGround
    ) -> None:
        names = ground.seed(4)
        ground.spoil(names[1])
        outcome = migrated(place, ground, to=ground.new)
        undo(place, outcome.run)
        looked = check_quarantine(place, pipeline_of(place))
        assert [each.key for each in looked.wrong] == [ground.key(names[1])]
        assert looked.released == []
        (entry,) = place.quarantined()
        assert place.release([entry]) == 1
        assert place.quarantined() == []
        assert place.release([entry]) == 0

    def test_failed_rows_are_passed_over_in_later_passes(
        self, place: Place, ground: PlaceGround
    ) -> None:
        names = ground.seed(4)
        ground.spoil(names[1])
        outcome = migrated(place, ground, to=ground.new)
        where = Where(ground.collection)

        def page(run: str) -> list[Row]:
            return place.page(
                where, other_than=ground.new, after=None, until=None, limit=MANY, passing_over=run
            )

        assert [row.key for row in page("")] == [ground.key(names[1])]
        assert page(outcome.run) == []
        ground.write(names[1], ground.old)
        assert [row.key for row in page(outcome.run)] == [ground.key(names[1])]

    def test_a_row_that_a_run_wrote_has_left_the_quarantine(
        self, place: Place, ground: PlaceGround
    ) -> None:
        """Also where undoing the run brings back what was there when it was put in quarantine."""
        names = ground.seed(2)
        row = place.row(Where(ground.collection), ground.key(names[0]))
        assert row is not None
        entry = Quarantined(
            "none", ground.collection, OBJECTS, row.key, row.version, row.mark, "Failed", "it did"
        )
        place.quarantine([entry])
        assert [each.key for each in place.quarantined()] == [row.key]
        outcome = migrated(place, ground, to=ground.new)
        assert place.quarantined() == []
        undo(place, outcome.run)
        assert place.quarantined() == []
