"""`PlaceTests`: what a migration promises, held against a place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

import pytest

from kconv._errors import Conflict, UsageError
from kconv._pipeline import Pipeline
from kconv._scheme import Scheme
from kconv.place import OBJECTS, Key, NewData, Place, Quarantined, Row, Where
from kconv.testing._place_ground import MANY, PlaceGround
from kconv_migrations._executors.executor import InProcessExecutor, results
from kconv_migrations._executors.row_processor import Task
from kconv_migrations._migration import (
    Outcome,
    Progress,
    Settings,
    check_quarantine,
    drop_undo,
    hold,
    migrate,
    plan,
    status,
    survey,
    undo,
    verify,
)
from kconv_migrations._migration.split import split_into_spans

Documents = dict[str, bytes]


class PlaceTests:
    """Tests of a `kconv.place.Place`: subclass it in a test module, and give a fixture ``ground``.

    ::

        class TestRedisPlace(PlaceTests):
            @pytest.fixture
            def ground(self, tmp_path):
                return RedisGround(tmp_path)     # a PlaceGround

    They cover what a run, its undo, its proof and its quarantine rely on: that each row comes once,
    that a write is refused where somebody was faster, that what was there comes back.
    """

    @pytest.fixture
    def place(self, ground: PlaceGround) -> Iterator[Place]:
        """The place of the ground."""
        found = ground.open()
        yield found
        found.close()

    # Rows, as the place hands them out.

    def test_pages_go_through_all_rows_in_order(self, place: Place, ground: PlaceGround) -> None:
        keys = [ground.key(name) for name in ground.seed(20)]
        for limit in (1, 3, 19, 20, 21):
            found: list[Key] = []
            while rows := _page(place, ground, after=found[-1] if found else None, limit=limit):
                assert len(rows) <= limit
                found += [row.key for row in rows]
            assert found == keys
        assert [each.key for each in _page(place, ground, after=keys[4], until=keys[7])] == keys[
            5:8
        ]

    def test_pages_pass_over_the_version_asked_for(self, place: Place, ground: PlaceGround) -> None:
        names = ground.seed(6)
        place.prefer([(ground.collection, ground.new)], live=None)
        for name in names[::2]:
            ground.write(name, ground.new)
        for version, expected in ((ground.new, names[1::2]), (ground.old, names[::2])):
            found = [row.key for row in _page(place, ground, other_than=version)]
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
        first = _page(place, ground, limit=3)
        ground.delete(names[2])  # where the page ended
        ground.delete(names[5])
        rest = _page(place, ground, after=first[-1].key, until=keys[names[7]])
        assert [row.key for row in rest] == [keys[names[at]] for at in (3, 4, 6, 7)]
        # The end of a page need not be there any more either.
        assert len(_page(place, ground, after=None, until=keys[names[5]])) == 4

    def test_a_row_is_found_by_its_key(self, place: Place, ground: PlaceGround) -> None:
        names = ground.seed(3)
        where, key = Where(ground.collection), ground.key(names[1])
        row = place.row(where, key)
        assert row in _page(place, ground)
        assert row is not None
        assert (row.key, row.version) == (key, ground.old)
        ground.delete(names[1])
        assert place.row(where, key) is None

    def test_marks_tell_whether_a_row_has_changed(self, place: Place, ground: PlaceGround) -> None:
        names = ground.seed(2)
        before = {row.key: row.mark for row in _page(place, ground)}
        assert {row.key: row.mark for row in _page(place, ground)} == before
        ground.write(names[0], ground.old)
        after = {row.key: row.mark for row in _page(place, ground)}
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
            executor = InProcessExecutor(place, _pipeline(place))
            found = [row.key for done in results(executor, spans) for row in done.rows()]
            assert found == keys

    # A run, and the way back.

    def test_all_rows_go_to_the_new_version_and_back(
        self, place: Place, ground: PlaceGround
    ) -> None:
        names = ground.seed(25)
        before = ground.rows()
        outcome = _run(place, ground, to=ground.new, batch_size=7)
        assert (outcome.objects, outcome.raced, outcome.failures) == (25, 0, [])
        assert ground.old in outcome.dropped
        assert outcome.done
        assert ground.versions() == {ground.new: 25}
        assert _held(ground, place) == _documents(ground, place, names)
        recorded = [each for each in place.versions() if each.collection == ground.collection]
        assert [(each.version, each.preferred) for each in recorded] == [(ground.new, True)]
        executor = InProcessExecutor(place, _pipeline(place))
        (verified,) = verify(place, executor, [ground.collection])
        assert (verified.objects, verified.compared, verified.failures) == (25, 25, [])
        done = undo(place, outcome.run)
        assert (done.restored, done.written, done.deleted, done.left) == (25, [], [], {})
        _same_rows(ground, before)
        assert place.undo_size(outcome.run) == (0, 0)

    def test_what_was_written_since_is_compared_with_nothing(
        self, place: Place, ground: PlaceGround
    ) -> None:
        names = ground.seed(3)
        outcome = _run(place, ground, to=ground.new)
        ground.write(names[1], ground.new)
        rows = _page(place, ground)
        images = place.before_images(Where(ground.collection), rows, [outcome.run])
        assert [each is None for each in images] == [False, True, False]
        (verified,) = verify(place, InProcessExecutor(place, _pipeline(place)), [ground.collection])
        assert (verified.objects, verified.compared, verified.failures) == (3, 2, [])

    def test_a_second_run_finds_nothing(self, place: Place, ground: PlaceGround) -> None:
        ground.seed(3)
        _run(place, ground, to=ground.new)
        again = _run(place, ground, to=ground.new)
        assert (again.objects, again.dropped, again.done) == (0, [], True)

    def test_a_rehearsal_writes_nothing(self, place: Place, ground: PlaceGround) -> None:
        names = ground.seed(6)
        ground.spoil(names[2])
        before, recorded = ground.rows(), place.versions()
        outcome = _run(place, ground, to=ground.new, dry_run=True)
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
            _run(place, ground, to=ground.new, batch_size=5, progress=interrupt)
        assert ground.versions() == {ground.new: 10, ground.old: 10}
        outcome = _run(place, ground)
        assert (outcome.objects, outcome.done) == (10, True)
        assert _held(ground, place) == _documents(ground, place, names)
        second, first = place.runs()
        assert [undo(place, each.id).restored for each in (second, first)] == [10, 10]
        _same_rows(ground, before)

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

        _before_first_write(place, late)
        outcome = _run(place, ground, to=ground.new, batch_size=batch_size)
        assert outcome.done
        assert ground.versions() == {ground.new: 7}
        left = [each for each in names if each != gone]
        expected = _documents(ground, place, left, changed=(changed, rewritten))
        assert _held(ground, place) == expected
        back = undo(place, outcome.run)
        assert back.restored == 6, "what the writer wrote in the old version is restored, too"
        found = ground.rows()
        assert found[changed][0] == ground.new
        assert found[rewritten][0] == ground.old
        kept = _canonical(
            ground,
            place,
            ground.old,
            ground.document(rewritten, ground.old, changed=True),
        )
        assert _held(ground, place)[rewritten] == kept

    def test_what_was_written_since_is_not_undone(self, place: Place, ground: PlaceGround) -> None:
        names = ground.seed(6)
        keys = {name: ground.key(name) for name in names}
        outcome = _run(place, ground, to=ground.new)
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
        again = _run(place, ground)
        assert (again.objects, again.done) == (1, True)
        assert ground.versions() == {ground.old: 5}

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
                    for at, (name, row) in enumerate(zip(names, _page(place, ground), strict=True))
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
        assert _held(ground, place) == {
            name: _canonical(ground, place, ground.old, data) for name, data in kept.items()
        }

    # Rows that fail.

    def test_rows_that_cannot_be_converted_stay_and_are_retried(
        self, place: Place, ground: PlaceGround
    ) -> None:
        names = ground.seed(12)
        bad = [names[3], names[8]]
        for name in bad:
            ground.spoil(name)
        spoilt = {name: ground.rows()[name] for name in bad}
        outcome = _run(place, ground, to=ground.new, batch_size=3)
        assert outcome.objects == 10
        assert not outcome.done
        assert outcome.kept == {ground.old: 2}
        keys = [ground.key(name) for name in bad]
        assert [each.key for each in outcome.failures] == keys
        assert [each.key for each in place.quarantined(ground.collection)] == keys
        assert {name: ground.rows()[name] for name in bad} == spoilt
        assert place.runs()[0].state == "failed"
        again = _run(place, ground)
        assert (again.objects, len(again.failures), again.done) == (0, 2, False)
        ground.write(bad[0], ground.new)
        assert [each.key for each in place.quarantined()] == keys[1:]
        ground.write(bad[1], ground.old)
        assert place.quarantined() == []
        last = _run(place, ground)
        assert (last.objects, last.done) == (1, True)
        assert ground.versions() == {ground.new: 12}

    def test_quarantine_is_released_where_rows_are_well(
        self, place: Place, ground: PlaceGround
    ) -> None:
        names = ground.seed(4)
        ground.spoil(names[1])
        outcome = _run(place, ground, to=ground.new)
        undo(place, outcome.run)
        looked = check_quarantine(place, _pipeline(place))
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
        outcome = _run(place, ground, to=ground.new)
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
        outcome = _run(place, ground, to=ground.new)
        assert place.quarantined() == []
        undo(place, outcome.run)
        assert place.quarantined() == []

    # One run at a time.

    def test_a_run_that_was_taken_over_writes_nothing_more(
        self, place: Place, ground: PlaceGround
    ) -> None:
        ground.seed(6)

        def end(_: Progress) -> None:
            for each in place.runs():
                place.end_run(each.id, "interrupted")

        with pytest.raises(Conflict, match="no longer held"):
            _run(place, ground, to=ground.new, progress=end)
        assert ground.versions() == {ground.old: 6}

    def test_one_run_at_a_time(self, place: Place, ground: PlaceGround) -> None:
        ground.seed(2)
        other = ground.open()
        with hold(other, []) as held, pytest.raises(Conflict, match=held.id):
            _run(place, ground, to=ground.new)
        other.close()
        assert ground.versions() == {ground.old: 2}

    def test_an_undo_that_was_taken_over_restores_nothing_more(
        self, place: Place, ground: PlaceGround
    ) -> None:
        ground.seed(3)
        outcome = _run(place, ground, to=ground.new)
        with hold(place, []) as other:
            place.end_run(other.id, "interrupted")
            with pytest.raises(Conflict, match="no longer held"):
                place.restore(outcome.run, after=None, limit=9, live=None, held=other.id)
        assert ground.versions() == {ground.new: 3}
        assert undo(place, outcome.run).restored == 3

    def test_undo_is_refused_without_before_images(self, place: Place, ground: PlaceGround) -> None:
        ground.seed(2)
        outcome = _run(place, ground, to=ground.new, undo=False)
        with pytest.raises(UsageError, match="no before-images"):
            undo(place, outcome.run)

    # What a person is told.

    def test_a_writer_that_keeps_to_the_old_version_is_told_of(
        self, place: Place, ground: PlaceGround
    ) -> None:
        names = ground.seed(3)

        def stale(progress: Progress) -> None:
            if progress.done:
                ground.write(names[0], ground.old)

        outcome = _run(place, ground, to=ground.new, progress=stale, patience=0.0)
        assert (outcome.done, outcome.failures) == (False, [])
        assert outcome.kept == {ground.old: 1}
        assert ground.old in {each.version for each in place.versions()}

    def test_what_is_planned(self, place: Place, ground: PlaceGround) -> None:
        ground.seed(5)
        (target,) = plan(place, [ground.collection], [_target(ground.new)])
        assert (target.name, target.before, target.api_version) == (
            ground.collection,
            ground.old,
            ground.new,
        )
        found = survey(place, _pipeline(place), [target], references=False)
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


def _pipeline(place: Place) -> Pipeline:
    return _pipeline_of(place.scheme)


@cache
def _pipeline_of(scheme: Scheme) -> Pipeline:
    """One for all tests of a scheme: compiling its types takes longer than most of them."""
    return Pipeline(scheme)


def _target(version: str) -> str:
    group, _, name = version.rpartition("/")
    return f"{group or 'core'}={name}"


def _run(
    place: Place,
    ground: PlaceGround,
    *,
    to: str = "",
    progress: Callable[[Progress], None] = lambda _: None,
    **settings: Any,
) -> Outcome:
    targets = plan(place, [ground.collection], [_target(to)] if to else [])
    (outcome,) = migrate(place, _pipeline(place), targets, Settings(**settings), progress)
    return outcome


def _page(
    place: Place,
    ground: PlaceGround,
    *,
    other_than: str = "",
    after: Key | None = None,
    until: Key | None = None,
    limit: int = MANY,
) -> list[Row]:
    where = Where(ground.collection)
    return place.page(where, other_than=other_than, after=after, until=until, limit=limit)


def _before_first_write(place: Place, work: Callable[[], None]) -> None:
    """Have something happen after rows were read and before they are written."""
    write = place.write
    done: list[bool] = []

    def late(where: Where, items: Sequence[NewData], **options: Any) -> int:
        if not done:
            done.append(True)
            work()
        return write(where, items, **options)

    place.write = late  # type: ignore[method-assign]  # watched from here on


def _canonical(ground: PlaceGround, place: Place, version: str, data: bytes) -> bytes:
    """A document as the engine would write it, whatever the place has made of it."""
    pipeline = _pipeline(place)
    spoke = ground.of(place).spoke(version)
    assert spoke is not None, f"{version} is a version of the kind"
    return pipeline.encode(pipeline.decode(data, spoke=spoke, trusted=True))


def _held(ground: PlaceGround, place: Place) -> Documents:
    return {
        name: _canonical(ground, place, version, data)
        for name, (version, data) in ground.rows().items()
    }


def _documents(
    ground: PlaceGround,
    place: Place,
    names: Sequence[str],
    changed: Sequence[str] = (),
) -> Documents:
    """The documents of the new version that should be there."""
    return {
        name: _canonical(
            ground,
            place,
            ground.new,
            ground.document(name, ground.new, changed=name in changed),
        )
        for name in names
    }


def _same_rows(ground: PlaceGround, before: dict[str, tuple[str, bytes]]) -> None:
    """Every document is what it was, to the byte where bytes are kept."""
    after = ground.rows()
    if not ground.by_value:
        assert after == before
    assert {name: version for name, (version, _) in after.items()} == {
        name: version for name, (version, _) in before.items()
    }
