"""Every place under what goes wrong: kills, writers, an outage, a disk that is full.

That rows which cannot be converted stay behind, and stop nothing, is in `kconv.testing.PlaceTests`.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fixtures.killing import KILLS, kill_at_random
from fixtures.postgres import PostgresServer
from kconv._errors import Unavailable
from kconv._pipeline import Pipeline
from kconv._store import open_store
from kconv.place import Place
from kconv.testing._place_checks import (
    canonical,
    check_same_rows,
    documents_in_new,
    held_by,
    migrated,
    pipeline_of,
)
from kconv_migrations._executors.executor import InProcessExecutor
from kconv_migrations._migration import Progress, undo, verify
from places.hard_grounds import HardFolder, HardGround, HardStore, HardTable, number_of


@pytest.fixture(
    params=["store-sqlite", "store-postgresql", "text-sqlite", "jsonb-postgresql", "files"]
)
def ground(
    request: pytest.FixtureRequest,
    make_database: Callable[[str], str],
    pipeline: Pipeline,
    tmp_path: Path,
) -> Iterator[HardGround]:
    """A place of each kind, with nothing in it."""
    if request.param == "files":
        folder = tmp_path / "notes"
        folder.mkdir()
        yield HardFolder(folder)
        return
    sort, _, kind = request.param.partition("-")
    url = make_database(kind)
    server: PostgresServer | None = None
    if kind == "postgresql":
        server = request.getfixturevalue("postgres_server")
    if sort == "store":
        made: HardGround = HardStore(url, open_store(url), pipeline, server)
    else:
        made = HardTable(url, pipeline, sort, server)
    yield made
    made.release()


def undo_all(place: Place) -> int:
    """Undo every run that has something to undo; how many rows are what they were."""
    kept = [each for each in place.runs() if place.undo_size(each.id).rows]
    return sum(undo(place, each.id).restored for each in kept)


def check_migrated(ground: HardGround, place: Place, names: list[str]) -> None:
    assert ground.versions() == {ground.new: len(names)}
    assert held_by(ground, place) == documents_in_new(ground, place, names)
    executor = InProcessExecutor(place, pipeline_of(place))
    (verified,) = verify(place, executor, [ground.collection])
    assert (verified.objects, verified.compared) == (len(names), len(names))
    assert verified.failures == []
    ground.check_surroundings(len(names))


def test_killed_at_random_many_times(ground: HardGround) -> None:
    """Each kill comes at a random moment of a run in a forked child.

    All that is compiled is so before the forks, or most would come before the first row.
    """
    names = ground.seed(30 * KILLS)
    before, surroundings = ground.rows(), ground.surroundings()
    place = ground.open()
    migrated(place, ground, to=ground.new, dry_run=True)
    allowed = {
        version: {
            name: canonical(ground, place, version, ground.document(name, version))
            for name in names
        }
        for version in (ground.old, ground.new)
    }
    place.close()
    ground.release()

    def work(told: Callable[[], object]) -> None:
        def progress(now: Progress) -> None:
            if now.done:
                told()

        own = ground.open()
        migrated(own, ground, to=ground.new, progress=progress, batch_size=10, rate=1000)

    def look() -> None:
        own = ground.open()
        versions = {name: version for name, (version, _) in ground.rows().items()}
        assert [*versions] == names
        for name, document in held_by(ground, own).items():
            assert document == allowed[versions[name]][name], name
        own.close()
        ground.release()

    kill_at_random(work, seed=13, after=look)
    place = ground.open()
    assert ground.surroundings() == surroundings
    assert migrated(place, ground, to=ground.new).done
    check_migrated(ground, place, names)
    assert ground.surroundings() == surroundings
    runs = place.runs()
    assert {run.state for run in runs} == {"done", "interrupted"}
    kept = [each for each in runs if place.undo_size(each.id).rows]
    assert len(kept) > KILLS / 5, "most kills came before the first row or after the last"
    # A kill may come between keeping and replacing: then two runs have kept what a row was.
    assert sum(place.undo_size(each.id).rows for each in kept) >= len(names)
    assert undo_all(place) >= len(names)
    check_same_rows(ground, before)
    place.close()


def test_nothing_that_writers_wrote_is_lost(ground: HardGround) -> None:
    """Writers change documents as they find them, in whatever version, while runs go on."""
    if not ground.locks:
        pytest.skip("another program can write a file at any moment: see test_files_races.py")
    names = ground.seed(150)
    place = ground.open()
    acknowledged: dict[str, int] = {}
    over = threading.Event()

    def write(seed: int) -> None:
        chance, total = random.Random(seed), 1000 * (seed + 1)
        while not over.is_set():
            name, total = chance.choice(names[seed::3]), total + 1
            ground.write_number(name, total)
            acknowledged[name] = total
            time.sleep(0.005)

    writers = [threading.Thread(target=write, args=(seed,)) for seed in range(3)]
    for each in writers:
        each.start()
    try:
        assert migrated(place, ground, to=ground.new, batch_size=20).done
        assert migrated(place, ground, to=ground.old, batch_size=20).done
        outcome = migrated(place, ground, to=ground.new, batch_size=20)
        assert outcome.done
        # More than once where a writer had read a row before it was rewritten.
        assert outcome.objects >= len(names)
        undone = undo(place, outcome.run)
        assert undone.restored + len(undone.written) == len(names)
        assert migrated(place, ground, to=ground.new, batch_size=20).done
    finally:
        over.set()
        for each in writers:
            each.join()
    assert len(acknowledged) > 20
    found = {name: number_of(data) for name, (_, data) in ground.rows().items()}
    assert {name: found[name] for name in acknowledged} == acknowledged
    assert {*found} == {*names}
    place.close()


def test_a_run_waits_for_what_comes_back(
    ground: HardGround, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ground.seed(150)
    before = ground.rows()
    ground.release()
    place = ground.open()
    with ground.outage(monkeypatch) as follow:
        outcome = migrated(place, ground, to=ground.new, progress=follow, batch_size=20, outage=30)
    assert outcome.done
    check_migrated(ground, place, names)
    assert undo(place, outcome.run).restored == len(names)
    check_same_rows(ground, before)
    place.close()


def test_a_disk_that_is_full(ground: HardGround, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written stays; the next run goes on, and all of it can be undone."""
    names = ground.seed(300)
    before = ground.rows()
    ground.open().close()
    ground.release()
    with ground.full_disk(monkeypatch) as told:
        small = ground.open()
        with pytest.raises(Unavailable, match=told) as raised:
            migrated(small, ground, to=ground.new, batch_size=10)
        assert raised.value.exit_code == 3
        small.close()
        ground.release()
    halfway = ground.versions()
    assert sum(halfway.values()) == len(names)
    assert 0 < halfway[ground.new] < len(names)
    place = ground.open()
    assert migrated(place, ground, to=ground.new).done
    check_migrated(ground, place, names)
    assert undo_all(place) >= len(names)
    check_same_rows(ground, before)
    place.close()
