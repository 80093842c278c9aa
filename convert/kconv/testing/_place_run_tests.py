"""A run over a place, and the way back."""

from __future__ import annotations

import pytest

from kconv.place import NewData, Place, Where
from kconv.testing._place_checks import (
    before_first_write,
    canonical,
    check_same_rows,
    documents_in_new,
    held_by,
    migrated,
    page_of,
    pipeline_of,
)
from kconv.testing._place_ground import PlaceGround
from kconv_migrations._executors.executor import InProcessExecutor
from kconv_migrations._migration import (
    Progress,
    drop_undo,
    hold,
    undo,
    verify,
)


class RunTests:
    """That rows go to the new version and back, while others write."""

    def test_all_rows_go_to_the_new_version_and_back(
        self, place: Place, ground: PlaceGround
    ) -> None:
        names = ground.seed(25)
        before = ground.rows()
        outcome = migrated(place, ground, to=ground.new, batch_size=7)
        assert (outcome.objects, outcome.raced, outcome.failures) == (25, 0, [])
        assert ground.old in outcome.dropped
        assert outcome.done
        assert ground.versions() == {ground.new: 25}
        assert held_by(ground, place) == documents_in_new(ground, place, names)
        recorded = [each for each in place.versions() if each.collection == ground.collection]
        assert [(each.version, each.preferred) for each in recorded] == [(ground.new, True)]
        executor = InProcessExecutor(place, pipeline_of(place))
        (verified,) = verify(place, executor, [ground.collection])
        assert (verified.objects, verified.compared, verified.failures) == (25, 25, [])
        done = undo(place, outcome.run)
        assert (done.restored, done.written, done.deleted, done.left) == (25, [], [], {})
        check_same_rows(ground, before)
        assert place.undo_size(outcome.run) == (0, 0)

    def test_what_was_written_since_is_compared_with_nothing(
        self, place: Place, ground: PlaceGround
    ) -> None:
        names = ground.seed(3)
        outcome = migrated(place, ground, to=ground.new)
        ground.write(names[1], ground.new)
        rows = page_of(place, ground)
        images = place.before_images(Where(ground.collection), rows, [outcome.run])
        assert [each is None for each in images] == [False, True, False]
        (verified,) = verify(
            place, InProcessExecutor(place, pipeline_of(place)), [ground.collection]
        )
        assert (verified.objects, verified.compared, verified.failures) == (3, 2, [])

    def test_a_second_run_finds_nothing(self, place: Place, ground: PlaceGround) -> None:
        ground.seed(3)
        migrated(place, ground, to=ground.new)
        again = migrated(place, ground, to=ground.new)
        assert (again.objects, again.dropped, again.done) == (0, [], True)

    def test_a_rehearsal_writes_nothing(self, place: Place, ground: PlaceGround) -> None:
        names = ground.seed(6)
        ground.spoil(names[2])
        before, recorded = ground.rows(), place.versions()
        outcome = migrated(place, ground, to=ground.new, dry_run=True)
        assert (outcome.objects, len(outcome.failures)) == (5, 1)
        assert (ground.rows(), place.versions()) == (before, recorded)
        assert place.quarantined() == []
        assert place.runs() == []

    def test_an_interrupted_run_is_finished_by_the_next(
        self, place: Place, ground: PlaceGround
    ) -> None:
        names = ground.seed(20)
        before = ground.rows()

        def interrupt(progress: Progress) -> None:
            if progress.done >= 10:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            migrated(place, ground, to=ground.new, batch_size=5, progress=interrupt)
        assert ground.versions() == {ground.new: 10, ground.old: 10}
        outcome = migrated(place, ground)
        assert (outcome.objects, outcome.done) == (10, True)
        assert held_by(ground, place) == documents_in_new(ground, place, names)
        second, first = place.runs()
        assert [undo(place, each.id).restored for each in (second, first)] == [10, 10]
        check_same_rows(ground, before)

    @pytest.mark.parametrize("batch_size", [1, 4, 100])
    def test_writers_between_reading_and_writing_win(
        self, place: Place, ground: PlaceGround, batch_size: int
    ) -> None:
        """Whatever a writer does to a row after it was read, in whatever version."""
        names = ground.seed(8)
        changed, gone, rewritten = names[1], names[3], names[6]

        def late() -> None:
            ground.write(changed, ground.new)
            ground.delete(gone)
            ground.write(rewritten, ground.old)

        before_first_write(place, late)
        outcome = migrated(place, ground, to=ground.new, batch_size=batch_size)
        assert outcome.done
        assert ground.versions() == {ground.new: 7}
        left = [each for each in names if each != gone]
        expected = documents_in_new(ground, place, left, changed=(changed, rewritten))
        assert held_by(ground, place) == expected
        back = undo(place, outcome.run)
        assert back.restored == 6, "what the writer wrote in the old version is restored, too"
        found = ground.rows()
        assert found[changed][0] == ground.new
        assert found[rewritten][0] == ground.old
        kept = canonical(
            ground,
            place,
            ground.old,
            ground.document(rewritten, ground.old, changed=True),
        )
        assert held_by(ground, place)[rewritten] == kept

    def test_what_was_written_since_is_not_undone(self, place: Place, ground: PlaceGround) -> None:
        names = ground.seed(6)
        keys = {name: ground.key(name) for name in names}
        outcome = migrated(place, ground, to=ground.new)
        ground.write(names[2], ground.new)
        ground.delete(names[4])
        done = undo(place, outcome.run)
        assert done.restored == 4
        assert done.written == [(ground.collection, keys[names[2]])]
        assert done.deleted == [(ground.collection, keys[names[4]])]
        assert done.left == {(ground.collection, ground.new): 1}
        assert ground.versions() == {ground.old: 4, ground.new: 1}
        assert place.undo_size(outcome.run).rows == 2
        assert drop_undo(place, outcome.run) == 2
        again = migrated(place, ground)
        assert (again.objects, again.done) == (1, True)
        assert ground.versions() == {ground.old: 5}

    def test_undoing_nothing_brings_no_version_back(
        self, place: Place, ground: PlaceGround
    ) -> None:
        """Rows that somebody has written since say nothing of the version they were in."""
        names = ground.seed(3)
        outcome = migrated(place, ground, to=ground.new)
        for name in names[:2]:
            ground.write(name, ground.new)
        ground.delete(names[2])
        recorded = place.versions()
        with hold(place, []) as other:
            done = place.restore(outcome.run, after=None, limit=9, live=None, held=other.id)
        assert (done.restored, len(done.written), len(done.deleted)) == (0, 2, 1)
        assert place.versions() == recorded
        assert ground.old not in {each.version for each in recorded}

    def test_a_run_that_writes_a_row_twice_keeps_what_was_there_first(
        self, place: Place, ground: PlaceGround
    ) -> None:
        names = ground.seed(2)
        place.prefer([(ground.collection, ground.new)], live=None)
        with hold(place, []) as run:
            for step, version in enumerate((ground.new, ground.old, ground.new)):
                # Somebody has changed the second row before the last step.
                items = [
                    NewData(row, version, ground.document(name, version, changed=at + step == 3))
                    for at, (name, row) in enumerate(
                        zip(names, page_of(place, ground), strict=True)
                    )
                ]
                done = place.write(
                    Where(ground.collection), items, run=run.id, keep_before_images=True
                )
                assert done == 2
                if version == ground.old:
                    ground.write(names[1], ground.old)
            run.ending = "done"
        with hold(place, []) as other:
            restored = place.restore(run.id, after=None, limit=9, live=None, held=other.id)
        assert (restored.restored, restored.written) == (2, ())
        after = ground.rows()
        assert after[names[0]][0] == after[names[1]][0] == ground.old
        kept = {
            names[0]: ground.document(names[0], ground.old),
            names[1]: ground.document(names[1], ground.old, changed=True),
        }
        assert held_by(ground, place) == {
            name: canonical(ground, place, ground.old, data) for name, data in kept.items()
        }
