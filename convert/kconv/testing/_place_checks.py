"""What the tests of places share: running a migration, and looking at what it did."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from kconv._pipeline import Pipeline
from kconv._scheme import Scheme
from kconv.place import Key, NewData, Place, Row, Where
from kconv.testing._place_ground import MANY, PlaceGround
from kconv_migrations._migration import (
    Outcome,
    Progress,
    Settings,
    migrate,
    plan,
)

Documents = dict[str, bytes]


def pipeline_of(place: Place) -> Pipeline:
    """A pipeline of the place's kinds."""
    return _pipeline_of(place.scheme)


@cache
def _pipeline_of(scheme: Scheme) -> Pipeline:
    """One for all tests of a scheme: compiling its types takes longer than most of them."""
    return Pipeline(scheme)


def target_of(version: str) -> str:
    """A version as ``--to`` names it."""
    group, _, name = version.rpartition("/")
    return f"{group or 'core'}={name}"


def migrated(
    place: Place,
    ground: PlaceGround,
    *,
    to: str = "",
    progress: Callable[[Progress], None] = lambda _: None,
    **settings: Any,
) -> Outcome:
    """Migrate the collection, ``to`` a version or to what the record prefers."""
    targets = plan(place, [ground.collection], [target_of(to)] if to else [])
    (outcome,) = migrate(place, pipeline_of(place), targets, Settings(**settings), progress)
    return outcome


def page_of(
    place: Place,
    ground: PlaceGround,
    *,
    other_than: str = "",
    after: Key | None = None,
    until: Key | None = None,
    limit: int = MANY,
) -> list[Row]:
    """A page of the collection; by default all that is there."""
    where = Where(ground.collection)
    return place.page(where, other_than=other_than, after=after, until=until, limit=limit)


def before_first_write(place: Place, work: Callable[[], None]) -> None:
    """Have something happen after rows were read and before they are written."""
    write = place.write
    done: list[bool] = []

    def late(where: Where, items: Sequence[NewData], **options: Any) -> int:
        if not done:
            done.append(True)
            work()
        return write(where, items, **options)

    place.write = late  # type: ignore[method-assign]  # watched from here on


def canonical(ground: PlaceGround, place: Place, version: str, data: bytes) -> bytes:
    """A document as the engine would write it, whatever the place has made of it."""
    pipeline = pipeline_of(place)
    spoke = ground.of(place).spoke(version)
    assert spoke is not None, f"{version} is a version of the kind"
    return pipeline.encode(pipeline.decode(data, spoke=spoke, trusted=True))


def held_by(ground: PlaceGround, place: Place) -> Documents:
    """Every document that is there, by name, as the engine would write it."""
    return {
        name: canonical(ground, place, version, data)
        for name, (version, data) in ground.rows().items()
    }


def documents_in_new(
    ground: PlaceGround,
    place: Place,
    names: Sequence[str],
    changed: Sequence[str] = (),
) -> Documents:
    """The documents of the new version that should be there."""
    return {
        name: canonical(
            ground,
            place,
            ground.new,
            ground.document(name, ground.new, changed=name in changed),
        )
        for name in names
    }


def check_same_rows(ground: PlaceGround, before: dict[str, tuple[str, bytes]]) -> None:
    """Every document is what it was, to the byte where bytes are kept."""
    after = ground.rows()
    if not ground.by_value:
        assert after == before
    assert {name: version for name, (version, _) in after.items()} == {
        name: version for name, (version, _) in before.items()
    }
