"""Rows that a run could not rewrite."""

from dataclasses import replace

import pytest
from sqlalchemy import create_engine, text

from kconv._store import Quarantined, SqlStore, Stored
from kconv._store.database import parse_url
from kconv.place import NEVER
from store.samples import GROUP, RESOURCE, TARGETS, V1, V1BETA1, create


def entry(stored: Stored, *, log: bool = False) -> Quarantined:
    return Quarantined(
        run="20260101-000000-abcd",
        key=stored.key,
        resource_version=stored.resource_version,
        api_version=stored.api_version,
        where="changes" if log else "objects",
        reason="ConversionFailed",
        message="it does \0 not fit",
        findings=(("spec.schedule", "FieldValueInvalid", "no"),),
    )


def names(store: SqlStore) -> list[str]:
    return [each.key.name for each in store.quarantined()]


@pytest.fixture
def made(store: SqlStore) -> list[Stored]:
    return [create(store, f"n{index}") for index in range(5)]


def test_entries_are_listed_as_recorded(store: SqlStore, made: list[Stored]) -> None:
    wanted = [entry(made[0]), entry(made[0], log=True), entry(made[1])]
    store.quarantine(list(reversed(wanted)))
    store.quarantine([])
    listed = store.quarantined()
    assert all(each.since > NEVER for each in listed)
    assert [(each.key.name, each.where) for each in listed] == [
        ("n0", "changes"),
        ("n0", "objects"),
        ("n1", "objects"),
    ]
    expected = replace(entry(made[1]), message=r"it does \0 not fit", since=listed[2].since)
    assert listed[2] == expected
    assert len(store.quarantined(GROUP, RESOURCE)) == 3
    assert store.quarantined("apps") == store.quarantined(resource="jobs") == []
    store.quarantine([replace(entry(made[1]), reason="Invalid"), entry(made[1])])
    assert [each.reason for each in store.quarantined()] == ["ConversionFailed"] * 3


def test_entries_vanish_with_what_they_say(store: SqlStore, made: list[Stored]) -> None:
    store.prefer(GROUP, RESOURCE, V1BETA1)
    store.quarantine([entry(each) for each in made])
    store.update(made[0].key, expected=made[0].resource_version, api_version=V1, data=b"")
    store.delete(made[1].key, expected=made[1].resource_version, api_version=V1, data=b"")
    store.rewrite([(made[2], V1BETA1, b"new")])
    store.rewrite([(made[3], V1, b"mended")])
    assert names(store) == ["n4"]
    assert store.rewrite([(store.get(made[2].key), V1, b"back")]) == 1
    assert names(store) == ["n4"], "what was rewritten once does not come back"
    store.begin_run("me", TARGETS, 60)
    assert names(store) == ["n4"]
    assert store.release(store.quarantined()) == 1
    assert store.release([entry(made[4])]) == 0
    assert names(store) == []


def test_row_recreated_under_the_same_name_is_another(store: SqlStore, made: list[Stored]) -> None:
    store.quarantine([entry(made[0])])
    store.delete(made[0].key, expected=made[0].resource_version, api_version=V1, data=b"")
    create(store, "n0")
    assert names(store) == []


def test_entries_of_the_change_log(store: SqlStore, made: list[Stored]) -> None:
    store.prefer(GROUP, RESOURCE, V1BETA1)
    store.quarantine([entry(each, log=True) for each in made])
    store.rewrite([(made[4], V1BETA1, b"the object, not its log")])
    assert len(names(store)) == 5
    log = store.changes(0)
    store.rewrite_changes([(log[4].stored, V1BETA1, b"new")])
    assert names(store) == ["n0", "n1", "n2", "n3"]
    store.compact(3)
    assert names(store) == ["n2", "n3"]


def test_a_change_that_is_rewritten_in_its_version_leaves(
    store: SqlStore, made: list[Stored]
) -> None:
    store.quarantine([entry(each, log=True) for each in made[:2]])
    assert store.rewrite_changes([(made[0], V1, b"mended")]) == 1
    assert names(store) == ["n1"]


def test_a_run_sweeps_entries_of_rows_that_are_gone(
    store: SqlStore, made: list[Stored], upgraded_url: str
) -> None:
    store.quarantine([entry(made[0]), entry(made[1])])
    store.delete(made[0].key, expected=made[0].resource_version, api_version=V1, data=b"")
    store.begin_run("me", TARGETS, 60)
    engine = create_engine(parse_url(upgraded_url))
    with engine.connect() as connection:
        left = connection.execute(text("SELECT name FROM kconv_quarantine")).scalars().all()
    engine.dispose()
    assert left == ["n1"]
