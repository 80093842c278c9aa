"""Runs over every place are steered, sliced and stopped in the same way."""

from __future__ import annotations

import pytest

from kconv._pipeline import Pipeline
from kconv.place import Place, Where
from kconv.testing import PlaceGround
from kconv_migrations._migration import (
    FailureLimit,
    Settings,
    gates,
    migrate,
    parse_conditions,
    plan,
)
from kconv_migrations._migration import steering as steering_module
from migrate.samples import NEW, OLD


def run(place: Place, pipeline: Pipeline, ground: PlaceGround, **settings: object) -> list[str]:
    """Migrate; returns what the run said that it waited for."""
    waited: list[str] = []
    targets = plan(place, [ground.collection], ["batch=v1"])
    chosen = Settings(**settings)  # type: ignore[arg-type]  # one of them each time
    list(migrate(place, pipeline, targets, chosen, lambda each: waited.append(each.waiting)))
    return waited


def test_a_slice(ground: PlaceGround, place: Place, pipeline: Pipeline) -> None:
    ground.seed(20)
    run(place, pipeline, ground, most_rows=7)
    assert ground.versions() == {NEW: 7, OLD: 13}
    assert [each.proven for each in gates(place, [ground.collection], ["batch=v1"])[0]] == [False]
    run(place, pipeline, ground)
    assert ground.versions() == {NEW: 20}
    assert [each.proven for each in gates(place, [ground.collection], ["batch=v1"])[0]] == [True]


def test_a_selection(ground: PlaceGround, place: Place, pipeline: Pipeline) -> None:
    names = ground.seed(12)
    chosen = parse_conditions([".metadata.name=*[37]"])
    run(place, pipeline, ground, selection=chosen)
    in_new = {name for name, (version, _) in ground.rows().items() if version == NEW}
    assert in_new == {name for name in names if name[-1] in "37"}


def test_too_many_failures(ground: PlaceGround, place: Place, pipeline: Pipeline) -> None:
    names = ground.seed(30)
    for name in names:
        ground.spoil(name)
    targets = plan(place, [ground.collection], ["batch=v1"])
    settings = Settings(batch_size=10, most_failures=FailureLimit(rows=5))
    (outcome,) = migrate(place, pipeline, targets, settings)
    assert outcome.stopped == "10 of 10 rows failed, more than 5"
    assert place.runs()[0].state == "failed"
    assert len(place.quarantined()) == 10


def test_paused_and_resumed(
    ground: PlaceGround, place: Place, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    ground.seed(5)
    monkeypatch.setattr(steering_module, "LOOK", 0.0)
    said: list[str] = []

    def tell(progress: object) -> None:
        (now,) = (each for each in place.runs() if each.state == "running")
        waiting = getattr(progress, "waiting", "")
        said.append(waiting)
        place.steer_run(now.id, paused=not said[1:] and not waiting, rate=1000)

    targets = plan(place, [ground.collection], ["batch=v1"])
    (outcome,) = migrate(place, pipeline, targets, Settings(), tell)
    assert outcome.done
    assert any(each.startswith("paused") for each in said)
    assert (place.runs()[0].rate, place.runs()[0].paused) == (1000, False)


def test_pressure_is_told_or_said_to_be_none(ground: PlaceGround, place: Place) -> None:
    found = place.pressure(Where(ground.collection), frozenset({"lock_waits", "vacuum"}))
    assert (found.lock_waits == 0) is not ("lock_waits" in found.unknown)
    assert found.vacuumed == ""
