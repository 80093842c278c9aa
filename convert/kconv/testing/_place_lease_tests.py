"""Runs that must not go on, and what people are told."""

from __future__ import annotations

import pytest

from kconv._errors import Conflict, UsageError
from kconv.place import OBJECTS, Place
from kconv.testing._place_checks import (
    migrated,
    pipeline_of,
    target_of,
)
from kconv.testing._place_ground import PlaceGround
from kconv_migrations._migration import (
    Progress,
    hold,
    plan,
    status,
    survey,
    undo,
)


class LeaseTests:
    """That one run goes on at a time, and that what is said of it holds."""

    def test_a_run_that_was_taken_over_writes_nothing_more(
        self, place: Place, ground: PlaceGround
    ) -> None:
        ground.seed(6)

        def end(_: Progress) -> None:
            for each in place.runs():
                place.end_run(each.id, "interrupted")

        with pytest.raises(Conflict, match="no longer held"):
            migrated(place, ground, to=ground.new, progress=end)
        assert ground.versions() == {ground.old: 6}

    def test_one_run_at_a_time(self, place: Place, ground: PlaceGround) -> None:
        ground.seed(2)
        other = ground.open()
        with hold(other, []) as held, pytest.raises(Conflict, match=held.id):
            migrated(place, ground, to=ground.new)
        other.close()
        assert ground.versions() == {ground.old: 2}

    def test_an_undo_that_was_taken_over_restores_nothing_more(
        self, place: Place, ground: PlaceGround
    ) -> None:
        ground.seed(3)
        outcome = migrated(place, ground, to=ground.new)
        with hold(place, []) as other:
            place.end_run(other.id, "interrupted")
            with pytest.raises(Conflict, match="no longer held"):
                place.restore(outcome.run, after=None, limit=9, live=None, held=other.id)
        assert ground.versions() == {ground.new: 3}
        assert undo(place, outcome.run).restored == 3

    def test_undo_is_refused_without_before_images(self, place: Place, ground: PlaceGround) -> None:
        ground.seed(2)
        outcome = migrated(place, ground, to=ground.new, undo=False)
        with pytest.raises(UsageError, match="no before-images"):
            undo(place, outcome.run)

    def test_a_writer_that_keeps_to_the_old_version_is_told_of(
        self, place: Place, ground: PlaceGround
    ) -> None:
        names = ground.seed(3)

        def stale(progress: Progress) -> None:
            if progress.done:
                ground.write(names[0], ground.old)

        outcome = migrated(place, ground, to=ground.new, progress=stale, patience=0.0)
        assert (outcome.done, outcome.failures) == (False, [])
        assert outcome.kept == {ground.old: 1}
        assert ground.old in {each.version for each in place.versions()}

    def test_what_is_planned(self, place: Place, ground: PlaceGround) -> None:
        ground.seed(5)
        (target,) = plan(place, [ground.collection], [target_of(ground.new)])
        assert (target.name, target.before, target.api_version) == (
            ground.collection,
            ground.old,
            ground.new,
        )
        found = survey(place, pipeline_of(place), [target], references=False)
        assert found.targets[0].sections[OBJECTS] == 5
        assert not found.blocked
        (each,) = (each for each in status(place) if each.name == ground.collection)
        assert each.preferred == ground.old
        assert {one.api_version: one.objects for one in each.versions}[ground.old] == 5

    def test_a_version_is_closed_where_no_row_is_in_it(
        self, place: Place, ground: PlaceGround
    ) -> None:
        names = ground.seed(2)
        place.prefer([(ground.collection, ground.new)], live=None)
        assert not place.close_version(ground.collection, ground.new), "it is preferred"
        assert not place.close_version(ground.collection, ground.old)
        for name in names:
            ground.write(name, ground.new)
        assert place.close_version(ground.collection, ground.old)
        assert place.close_version(ground.collection, ground.old), "it was closed before"
