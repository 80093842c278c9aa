"""The change log: order, filters, compaction."""

import pytest

from kconv._errors import Expired, UsageError
from kconv._store import Change, Key, SqlStore
from store.samples import GROUP, RESOURCE, V1, create, cronjob


def test_every_write_is_logged_in_order_with_its_state(store: SqlStore) -> None:
    start = store.head()
    made = create(store, "a", data=b"1")
    new = store.update(
        made.key, expected=made.resource_version, api_version=V1, data=b"2", before=b"{}"
    )
    gone = store.delete(
        made.key, expected=new.resource_version, api_version=V1, data=b"3", before=b"[]"
    )
    log = store.changes(start)
    assert [each.type for each in log] == ["ADDED", "MODIFIED", "DELETED"]
    assert [each.stored for each in log] == [made, new, gone]
    assert [each.before for each in log] == [None, b"{}", b"[]"]
    assert store.changes(new.resource_version) == log[2:]
    assert store.changes(gone.resource_version) == []


def test_changes_of_the_future_are_none(store: SqlStore) -> None:
    assert store.changes(store.head() + 1000) == []
    assert store.changes(2**80) == []


def test_filters_and_limit(store: SqlStore) -> None:
    store.ensure([("", "configmaps", "v1")])
    create(store, "a", namespace="one")
    create(store, "b", namespace="two")
    store.create(Key("", "configmaps", "one", "c"), uid="c", api_version="v1", data=b"")

    def names(found: list[Change]) -> list[str]:
        return [each.stored.key.name for each in found]

    assert names(store.changes(0)) == ["a", "b", "c"]
    assert names(store.changes(0, namespace="one")) == ["a", "c"]
    assert names(store.changes(0, group="")) == ["c"]
    assert names(store.changes(0, group=GROUP, resource=RESOURCE, namespace="two")) == ["b"]
    assert names(store.changes(0, limit=2)) == ["a", "b"]


def test_compaction_keeps_the_newest(store: SqlStore) -> None:
    made = [create(store, f"n{index}") for index in range(5)]
    assert store.oldest() == 0
    assert store.compact(2) == 3
    assert store.oldest() == made[2].resource_version
    assert [each.stored for each in store.changes(made[2].resource_version)] == made[3:]
    with pytest.raises(Expired, match=f"^too old resource version: {made[1].resource_version} "):
        store.changes(made[1].resource_version)
    assert store.compact(2) == 0
    assert store.compact(100) == 0
    assert store.get(made[0].key) == made[0]


def test_compaction_of_everything_is_remembered(store: SqlStore) -> None:
    made = [create(store, f"n{index}") for index in range(3)]
    head = store.head()
    assert store.compact(0) == 3
    assert store.changes(head) == []
    with pytest.raises(Expired):
        store.changes(made[1].resource_version)
    with pytest.raises(Expired):
        store.changes(0, group="apps")
    assert (store.head(), store.oldest()) == (head, head)
    assert create(store, "later").resource_version == head + 1


def test_compaction_goes_in_steps(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kconv._store.sql_change_log.COMPACT_STEP", 2)
    made = [create(store, f"n{index}") for index in range(8)]
    assert store.compact(1) == 7
    assert store.oldest() == made[6].resource_version


def test_negative_keep_is_refused(store: SqlStore) -> None:
    with pytest.raises(UsageError):
        store.compact(-1)


def test_reader_that_starts_from_a_list_misses_nothing(store: SqlStore) -> None:
    create(store, "a")
    page = store.list(GROUP, RESOURCE)
    create(store, "b")
    log = store.changes(page.resource_version)
    assert [each.stored.key for each in log] == [cronjob("b")]
