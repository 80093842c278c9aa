"""What a migration promises, over every kind of place."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pytest

from kconv._errors import Conflict, UsageError
from kconv._gvk import GroupVersion
from kconv._pipeline import Pipeline
from kconv.place import OBJECTS, Place, Where
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
from migrate.samples import NEW, OLD, encoded
from places.grounds import Ground, versions


def run(
    place: Place,
    pipeline: Pipeline,
    ground: Ground,
    *to: str,
    progress: Any = None,
    **settings: Any,
) -> Outcome:
    targets = plan(place, [ground.name], to)
    given = progress or (lambda _: None)
    (outcome,) = migrate(place, pipeline, targets, Settings(**settings), given)
    return outcome


def documents(pipeline: Pipeline, names: list[str], version: str) -> dict[str, bytes]:
    return {name: encoded(pipeline, name, version) for name in names}


def as_bytes(pipeline: Pipeline, held: Any) -> bytes:
    """A document as the engine would write it, whatever the place has made of it."""
    import json

    if isinstance(held, str):
        held = held.encode()
    data = held if isinstance(held, bytes) else json.dumps(held).encode()
    version = GroupVersion.parse(json.loads(data)["apiVersion"])
    return pipeline.convert(data, version)


def held(pipeline: Pipeline, ground: Ground) -> dict[str, bytes]:
    return {name: as_bytes(pipeline, each) for name, (_, each) in ground.rows().items()}


def test_all_rows_go_to_the_new_version_and_back(
    place: Place, pipeline: Pipeline, ground: Ground
) -> None:
    names = ground.seed(25)
    before = ground.rows()
    outcome = run(place, pipeline, ground, "batch=v1", batch_size=7)
    assert (outcome.objects, outcome.raced, outcome.failures) == (25, 0, [])
    assert OLD in outcome.dropped
    assert outcome.done
    assert versions(ground) == {NEW: 25}
    assert held(pipeline, ground) == documents(pipeline, names, NEW)
    found = {each.version for each in place.versions() if each.collection == ground.name}
    assert found == {NEW}
    (verified,) = verify(place, InProcessExecutor(place, pipeline), [ground.name])
    assert (verified.objects, verified.compared, verified.failures) == (25, 25, [])
    done = undo(place, outcome.run)
    assert (done.restored, done.written, done.deleted, done.left) == (25, [], [], {})
    assert ground.rows() == before
    assert place.undo_size(outcome.run) == (0, 0)


def test_a_second_run_finds_nothing(place: Place, pipeline: Pipeline, ground: Ground) -> None:
    ground.seed(3)
    run(place, pipeline, ground, "batch=v1")
    again = run(place, pipeline, ground, "batch=v1")
    assert (again.objects, again.dropped, again.done) == (0, [], True)


def test_a_rehearsal_writes_nothing(place: Place, pipeline: Pipeline, ground: Ground) -> None:
    names = ground.seed(6)
    ground.spoil(names[2])
    before, recorded = ground.rows(), place.versions()
    outcome = run(place, pipeline, ground, "batch=v1", dry_run=True)
    assert (outcome.objects, len(outcome.failures)) == (5, 1)
    assert (ground.rows(), place.versions()) == (before, recorded)
    assert place.quarantined() == []
    assert place.runs() == []


def test_an_interrupted_run_is_finished_by_the_next(
    place: Place, pipeline: Pipeline, ground: Ground
) -> None:
    names = ground.seed(20)
    before = ground.rows()

    def interrupt(progress: Progress) -> None:
        if progress.done >= 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(place, pipeline, ground, "batch=v1", batch_size=5, progress=interrupt)
    assert versions(ground) == {NEW: 10, OLD: 10}
    outcome = run(place, pipeline, ground)
    assert (outcome.objects, outcome.done) == (10, True)
    assert held(pipeline, ground) == documents(pipeline, names, NEW)
    second, first = place.runs()
    assert [undo(place, each.id).restored for each in (second, first)] == [10, 10]
    assert ground.rows() == before


@pytest.mark.parametrize("batch_size", [1, 4, 100])
def test_writers_between_reading_and_writing_win(
    place: Place, pipeline: Pipeline, ground: Ground, batch_size: int
) -> None:
    """Whatever a writer does to a row after it was read, in whatever version."""
    names = ground.seed(8)
    changed, gone, rewritten = names[1], names[3], names[6]
    write = place.write
    done: list[bool] = []

    def late(where: Where, items: Any, **options: Any) -> int:
        if not done:
            done.append(True)
            ground.write(changed, NEW)
            ground.delete(gone)
            ground.write(rewritten, OLD)
        return write(where, items, **options)

    place.write = late  # type: ignore[method-assign]  # watched from here on
    outcome = run(place, pipeline, ground, "batch=v1", batch_size=batch_size)
    assert outcome.done
    assert versions(ground) == {NEW: 7}
    expected = documents(pipeline, [each for each in names if each != gone], NEW)
    for name in (changed, rewritten):
        expected[name] = encoded(pipeline, name, NEW, suspend=True)
    assert held(pipeline, ground) == expected
    back = undo(place, outcome.run)
    assert back.restored == 6, "what the writer wrote in the old version is restored, too"
    assert ground.rows()[changed][0] == NEW
    kept = encoded(pipeline, rewritten, OLD, suspend=True)
    assert held(pipeline, ground)[rewritten] == kept


def test_what_was_written_since_is_not_undone(
    place: Place, pipeline: Pipeline, ground: Ground
) -> None:
    names = ground.seed(6)
    outcome = run(place, pipeline, ground, "batch=v1")
    at = {name: ground.key(name) for name in names}
    ground.write(names[2], NEW)
    ground.delete(names[4])
    done = undo(place, outcome.run)
    assert done.restored == 4
    assert done.written == [(ground.name, at[names[2]])]
    assert done.deleted == [(ground.name, at[names[4]])]
    assert done.left == {(ground.name, NEW): 1}
    assert versions(ground) == {OLD: 4, NEW: 1}
    assert held(pipeline, ground)[names[2]] == encoded(pipeline, names[2], NEW, suspend=True)
    assert place.undo_size(outcome.run).rows == 2
    assert drop_undo(place, outcome.run) == 2
    again = run(place, pipeline, ground)
    assert (again.objects, again.done) == (1, True)
    assert versions(ground) == {OLD: 5}


def test_a_run_that_writes_a_row_twice_keeps_what_was_there_first(
    place: Place, pipeline: Pipeline, ground: Ground
) -> None:
    names = ground.seed(2)
    before = ground.rows()
    where = Where(ground.name)
    place.prefer([(ground.name, NEW)], live=None)
    with hold(place, []) as held_run:
        for version in (NEW, OLD, NEW):
            rows = place.page(where, other_than="", after=None, until=None, limit=9)
            items = [
                (row, version, pipeline.convert(row.data, GroupVersion.parse(version)))
                for row in rows
            ]
            done = place.write(where, _items(items), run=held_run.id, keep_before_images=True)
            assert done == 2
            if version == OLD:
                ground.write(names[1], OLD)
        held_run.ending = "done"
    with hold(place, []) as other:
        restored = place.restore(held_run.id, after=None, limit=9, live=None, held=other.id)
    assert (restored.restored, restored.written) == (2, ())
    assert ground.rows()[names[0]] == before[names[0]]
    assert held(pipeline, ground)[names[1]] == encoded(pipeline, names[1], OLD, suspend=True)


def _items(items: Any) -> Any:
    from kconv.place import NewData

    return [NewData(*each) for each in items]


def test_rows_that_cannot_be_converted_stay_and_are_retried(
    place: Place, pipeline: Pipeline, ground: Ground
) -> None:
    names = ground.seed(12)
    bad = [names[3], names[8]]
    for name in bad:
        ground.spoil(name)
    spoilt = {name: ground.rows()[name] for name in bad}
    outcome = run(place, pipeline, ground, "batch=v1", batch_size=3)
    assert outcome.objects == 10
    assert not outcome.done
    assert outcome.kept == {OLD: 2}
    keys = sorted(map(ground.key, bad), key=str)
    assert sorted((each.key for each in outcome.failures), key=str) == keys
    assert sorted((each.key for each in place.quarantined(ground.name)), key=str) == keys
    assert {each.reason for each in place.quarantined()} == {"BadRequest"}
    assert {name: ground.rows()[name] for name in bad} == spoilt
    assert place.runs()[0].state == "failed"
    again = run(place, pipeline, ground)
    assert (again.objects, len(again.failures), again.done) == (0, 2, False)
    ground.write(bad[0], NEW)
    (entry,) = place.quarantined()
    assert entry.key == ground.key(bad[1])
    ground.write(bad[1], OLD)
    assert place.quarantined() == []
    last = run(place, pipeline, ground)
    assert (last.objects, last.done, versions(ground)) == (1, True, {NEW: 12})


def test_quarantine_is_released_where_rows_are_well(
    place: Place, pipeline: Pipeline, ground: Ground
) -> None:
    names = ground.seed(4)
    ground.spoil(names[1])
    outcome = run(place, pipeline, ground, "batch=v1")
    undo(place, outcome.run)
    looked = check_quarantine(place, pipeline)
    assert ([each.key for each in looked.wrong], looked.released) == ([ground.key(names[1])], [])
    (entry,) = place.quarantined()
    assert place.release([entry]) == 1
    assert place.quarantined() == []


def test_a_run_that_was_taken_over_writes_nothing_more(
    place: Place, pipeline: Pipeline, ground: Ground
) -> None:
    ground.seed(6)

    def end(_: Progress) -> None:
        for each in place.runs():
            place.end_run(each.id, "interrupted")

    with pytest.raises(Conflict, match="no longer held"):
        run(place, pipeline, ground, "batch=v1", progress=end)
    assert versions(ground) == {OLD: 6}


def test_one_run_at_a_time(place: Place, pipeline: Pipeline, ground: Ground) -> None:
    ground.seed(2)
    with (
        closing(ground.place()) as other,
        hold(other, []) as held_run,
        pytest.raises(Conflict, match=held_run.id),
    ):
        run(place, pipeline, ground, "batch=v1")
    assert versions(ground) == {OLD: 2}


def test_a_writer_that_keeps_to_the_old_version_is_told_of(
    place: Place, pipeline: Pipeline, ground: Ground
) -> None:
    names = ground.seed(3)

    def stale(progress: Progress) -> None:
        if progress.done:
            ground.write(names[0], OLD)

    outcome = run(place, pipeline, ground, "batch=v1", progress=stale, patience=0.0)
    assert (outcome.done, outcome.failures) == (False, [])
    assert outcome.kept == {OLD: 1}
    assert OLD in {each.version for each in place.versions()}


def test_every_row_comes_once(place: Place, pipeline: Pipeline, ground: Ground) -> None:
    names = ground.seed(20)
    keys = [ground.key(name) for name in names]
    for limit in (1, 4, 5, 19, 20, 21):
        task = Task("rehearse", ground.name, NEW)
        spans = list(split_into_spans(place, task, OBJECTS, limit, NEW))
        assert len(spans) >= 20 // limit
        found = [
            row.key
            for result in results(InProcessExecutor(place, pipeline), spans)
            for row in result.rows()
        ]
        assert sorted(found, key=str) == sorted(keys, key=str)


def test_undo_is_refused_after_a_later_run_and_without_images(
    place: Place, pipeline: Pipeline, ground: Ground
) -> None:
    ground.seed(2)
    outcome = run(place, pipeline, ground, "batch=v1", undo=False)
    with pytest.raises(UsageError, match="no before-images"):
        undo(place, outcome.run)


def test_what_is_planned(place: Place, pipeline: Pipeline, ground: Ground) -> None:
    ground.seed(5)
    (target,) = plan(place, [ground.name], ["batch=v1"])
    assert (target.name, target.before, target.api_version) == (ground.name, OLD, NEW)
    found = survey(place, pipeline, [target], references=False)
    assert found.targets[0].sections[OBJECTS] == 5
    assert not found.blocked
    (each,) = (each for each in status(place) if each.name == ground.name)
    assert each.preferred == OLD
    assert {version.api_version: version.objects for version in each.versions}[OLD] == 5
