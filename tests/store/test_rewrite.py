"""Re-encoding what is stored in another version."""

import pytest

from kconv.errors import VersionNotOnRecord
from kconv.store import SqlStore
from store.samples import GROUP, RESOURCE, V1, V1BETA1, create


def test_rewrite_changes_the_bytes_and_nothing_else(store: SqlStore) -> None:
    made = [create(store, f"n{index}") for index in range(5)]
    head = store.head()
    store.prefer(GROUP, RESOURCE, V1BETA1)
    found = store.encoded(GROUP, RESOURCE, other_than=V1BETA1, after=None, limit=100)
    assert found == made
    assert store.rewrite([(each, V1BETA1, b"new") for each in found]) == 5
    assert store.encoded(GROUP, RESOURCE, other_than=V1BETA1, after=None, limit=100) == []
    for before, now in zip(made, store.list(GROUP, RESOURCE).items, strict=True):
        assert (now.key, now.uid) == (before.key, before.uid)
        assert now.resource_version == before.resource_version
        assert (now.api_version, now.data) == (V1BETA1, b"new")
    assert store.head() == head
    assert len(store.changes(0)) == 5


def test_rewrite_leaves_what_was_written_or_rewritten_since(store: SqlStore) -> None:
    store.prefer(GROUP, RESOURCE, V1BETA1)
    read = [create(store, f"n{index}", data=b"old") for index in range(4)]
    updated = store.update(
        read[1].key, expected=read[1].resource_version, api_version=V1, data=b"by a writer"
    )
    store.delete(read[2].key, expected=read[2].resource_version, api_version=V1BETA1, data=b"")
    assert store.rewrite([(read[3], V1BETA1, b"by another run")]) == 1
    assert store.rewrite([(each, V1BETA1, b"new") for each in read]) == 1
    assert store.get(read[0].key).data == b"new"
    assert store.get(read[1].key) == updated
    assert store.get(read[3].key).data == b"by another run"


def test_rewrite_into_a_version_not_on_record_is_refused_whole(store: SqlStore) -> None:
    made = [create(store, f"n{index}") for index in range(3)]
    items = [(made[0], V1, b"new"), (made[1], V1BETA1, b"new"), (made[2], V1, b"new")]
    with pytest.raises(VersionNotOnRecord):
        store.rewrite(items)
    assert store.list(GROUP, RESOURCE).items == made


def test_nothing_to_rewrite(store: SqlStore) -> None:
    assert store.rewrite([]) == 0
    assert store.rewrite_changes([]) == 0


def test_encoded_goes_on_after_a_key(store: SqlStore) -> None:
    made = [create(store, "x", namespace=namespace) for namespace in "abcd"]
    first = store.encoded(GROUP, RESOURCE, other_than=V1BETA1, after=None, limit=3)
    assert first == made[:3]
    last = (first[-1].key.namespace, first[-1].key.name)
    assert store.encoded(GROUP, RESOURCE, other_than=V1BETA1, after=last, limit=3) == made[3:]


def test_rewrite_of_the_change_log(store: SqlStore) -> None:
    made = create(store, "a")
    new = store.update(
        made.key, expected=made.resource_version, api_version=V1, data=b"2", before=b"{}"
    )
    store.prefer(GROUP, RESOURCE, V1BETA1)
    found = store.encoded_changes(GROUP, RESOURCE, other_than=V1BETA1, after=0, limit=1)
    found += store.encoded_changes(
        GROUP, RESOURCE, other_than=V1BETA1, after=made.resource_version, limit=10
    )
    assert [each.stored for each in found] == [made, new]
    assert store.rewrite_changes([(each, V1BETA1, b"new") for each in found]) == 2
    assert store.rewrite_changes([(each, V1BETA1, b"newer") for each in found]) == 0
    log = store.changes(0)
    assert [(each.type, each.before) for each in log] == [("ADDED", None), ("MODIFIED", b"{}")]
    assert {each.stored.data for each in log} == {b"new"}
    assert [each.stored.resource_version for each in log] == [
        made.resource_version,
        new.resource_version,
    ]
    with pytest.raises(VersionNotOnRecord):
        store.rewrite_changes([(log[0], "batch/v9", b"")])
