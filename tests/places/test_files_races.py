"""Other programs write the files of a folder while it is migrated."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from kconv import Scheme
from kconv._pipeline import Pipeline
from kconv.places import FilesPlace
from kconv_migrations._migration import Outcome, Settings, migrate, plan, undo
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
