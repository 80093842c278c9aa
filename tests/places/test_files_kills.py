"""A folder under what goes wrong: kills, writers that race, a disk that is full."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from fixtures.killing import KILLS, kill_at_random
from kconv import Scheme
from kconv._errors import Unavailable
from kconv._pipeline import Pipeline
from kconv.places import FilesPlace
from kconv_migrations._executors.executor import InProcessExecutor
from kconv_migrations._migration import Outcome, Progress, Settings, migrate, plan, undo, verify
from places.shop import VERSIONS, order, register

FILES, EACH = 60, 3
COUNT = FILES * EACH
ORDERS = "orders.shop.example.com"


def tell(path: PurePosixPath, document: dict[str, Any]) -> type[Any]:
    if "customer" in document:
        return VERSIONS[1]
    return VERSIONS[2] if "total" in document else VERSIONS[3]


def open_place(folder: Path) -> FilesPlace:
    scheme = Scheme()
    register(scheme)
    return FilesPlace(folder, scheme, tell=tell)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Files with some orders each, which are in the first version or in the second."""
    made = tmp_path / "orders"
    made.mkdir()
    for number in range(FILES):
        write(
            made / f"{number:03}.yaml", [order(1 + at % 2, f"{number}-{at}") for at in range(EACH)]
        )
    return made


@pytest.fixture
def place(folder: Path) -> Iterator[FilesPlace]:
    found = open_place(folder)
    yield found
    found.close()


def write(path: Path, documents: list[dict[str, Any]]) -> None:
    """As a program does that lets nobody see half a file."""
    temporary = path.with_suffix(".new")
    temporary.write_text("\n---\n".join(json.dumps(each) for each in documents) + "\n")
    temporary.replace(path)


def documents(folder: Path) -> dict[str, list[Any]]:
    from kconv._codec import yaml as yaml_codec

    return {
        path.name: yaml_codec.decode_all(path.read_bytes())
        for path in sorted(folder.glob("*.yaml"))
    }


def expected(version: int | None) -> dict[str, list[Any]]:
    return {
        f"{number:03}.yaml": [order(version or 1 + at % 2, f"{number}-{at}") for at in range(EACH)]
        for number in range(FILES)
    }


def run(place: FilesPlace, **settings: Any) -> Outcome:
    (outcome,) = migrate(place, Pipeline(place.scheme), plan(place, [ORDERS]), Settings(**settings))
    return outcome


def test_killed_at_random_many_times(folder: Path) -> None:
    """Each kill comes at a random moment of a run in a forked child."""
    place = open_place(folder)
    pipeline = Pipeline(place.scheme)
    run(place, dry_run=True)
    place.close()

    def work(told: Callable[[], object]) -> None:
        def progress(now: Progress) -> None:
            if now.done:
                told()

        own = open_place(folder)
        targets = plan(own, [ORDERS])
        list(migrate(own, pipeline, targets, Settings(batch_size=9, rate=900), progress))

    def look() -> None:
        for name, found in documents(folder).items():
            for at, document in enumerate(found):
                buyer = f"{int(name[:3])}-{at}"
                assert document in (order(1 + at % 2, buyer), order(3, buyer)), name
            assert len(found) == EACH

    kill_at_random(work, seed=17, after=look)
    place = open_place(folder)
    assert run(place).done
    assert documents(folder) == expected(3)
    (verified,) = verify(place, InProcessExecutor(place, pipeline), [ORDERS])
    assert (verified.objects, verified.failures) == (COUNT, [])
    kept = [each for each in place.runs() if place.undo_size(each.id).rows]
    assert len(kept) > min(KILLS, 20) / 5, "most kills came before the first file"
    for each in kept:
        undo(place, each.id)
    assert documents(folder) == expected(None)
    place.close()


def test_a_file_that_is_replaced_while_its_new_one_is_written(
    folder: Path, place: FilesPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What takes long is to write the new file; whoever is faster keeps what they wrote."""
    raced: set[str] = set()
    fsync = os.fsync

    def slowly(handle: int) -> None:
        name = Path(f"/proc/self/fd/{handle}").readlink().name
        number = int(name[1:4])
        if number % 5 == 0 and name[1:4] not in raced:
            raced.add(name[1:4])
            changed = [order(1, f"{number}-{at} changed") for at in range(EACH)]
            write(folder / f"{number:03}.yaml", changed)
        fsync(handle)

    monkeypatch.setattr(os, "fsync", slowly)
    outcome = run(place, batch_size=20)
    assert len(raced) == FILES / 5
    assert (outcome.raced, outcome.done) == (COUNT / 5, True)
    changed = {
        f"{number:03}.yaml": [order(3, f"{number}-{at} changed") for at in range(EACH)]
        for number in range(0, FILES, 5)
    }
    assert documents(folder) == expected(3) | changed
    assert not list(folder.glob(".0*"))
    undone = undo(place, outcome.run)
    assert (undone.restored, undone.written) == (COUNT, [])


def test_a_disk_that_is_full(
    folder: Path, place: FilesPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is written stays; the next run goes on, and all of it can be undone."""
    left = FILES // 2
    fsync = os.fsync

    def full(handle: int) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "orders")
        fsync(handle)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(Unavailable, match="cannot write orders: No space left on device"):
            run(place, batch_size=9)
    halfway = documents(folder)
    done = [name for name, found in halfway.items() if found == expected(3)[name]]
    assert len(done) == FILES // 2
    assert all(halfway[name] == expected(None)[name] for name in halfway if name not in done)
    assert not list(folder.glob(".0*"))
    assert run(place).done
    assert documents(folder) == expected(3)
    for each in place.runs():
        if place.undo_size(each.id).rows:
            undo(place, each.id)
    assert documents(folder) == expected(None)


def test_a_folder_that_comes_back_is_waited_for(
    folder: Path, place: FilesPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one that is on another machine may be away for a while."""
    failing = [*range(5)]
    fsync = os.fsync

    def away(handle: int) -> None:
        if failing:
            failing.pop()
            raise OSError(errno.EIO, os.strerror(errno.EIO), "orders")
        fsync(handle)

    monkeypatch.setattr(os, "fsync", away)
    outcome = run(place, batch_size=9, outage=30)
    assert not failing
    assert outcome.done
    assert documents(folder) == expected(3)
    assert undo(place, outcome.run).restored == COUNT
