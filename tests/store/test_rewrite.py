"""Re-encoding what is stored in another version."""

import pytest

from kconv._errors import VersionNotOnRecord
from kconv._store import Change, SqlStore, Stored, scan
from store.samples import GROUP, RESOURCE, V1, V1BETA1, create


def test_rewrite_changes_the_bytes_and_nothing_else(store: SqlStore) -> None:
    made = [create(store, f"n{index}") for index in range(5)]
    head = store.head()
    store.prefer(GROUP, RESOURCE, V1BETA1)
    found = store.scan_objects(GROUP, RESOURCE, other_than=V1BETA1, after=None, limit=100)
    assert found == made
    assert store.rewrite([(each, V1BETA1, b"new") for each in found]) == 5
    assert store.scan_objects(GROUP, RESOURCE, other_than=V1BETA1, after=None, limit=100) == []
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
    first = store.scan_objects(GROUP, RESOURCE, other_than=V1BETA1, after=None, limit=3)
    assert first == made[:3]
    last = (first[-1].key.namespace, first[-1].key.name)
    assert store.scan_objects(GROUP, RESOURCE, other_than=V1BETA1, after=last, limit=3) == made[3:]


def test_rewrite_of_the_change_log(store: SqlStore) -> None:
    made = create(store, "a")
    new = store.update(
        made.key, expected=made.resource_version, api_version=V1, data=b"2", before=b"{}"
    )
    store.prefer(GROUP, RESOURCE, V1BETA1)
    found = store.scan_changes(GROUP, RESOURCE, other_than=V1BETA1, after=0, limit=1)
    found += store.scan_changes(
        GROUP, RESOURCE, other_than=V1BETA1, after=made.resource_version, limit=10
    )
    assert [each.stored for each in found] == [made, new]
    assert store.rewrite_changes([(each.stored, V1BETA1, b"new") for each in found]) == 2
    assert store.rewrite_changes([(each.stored, V1BETA1, b"newer") for each in found]) == 0
    log = store.changes(0)
    assert [(each.type, each.before) for each in log] == [("ADDED", None), ("MODIFIED", b"{}")]
    assert {each.stored.data for each in log} == {b"new"}
    assert [each.stored.resource_version for each in log] == [
        made.resource_version,
        new.resource_version,
    ]
    with pytest.raises(VersionNotOnRecord):
        store.rewrite_changes([(log[0].stored, "batch/v9", b"")])


V2 = "batch/v2"


def all_encoded(store: SqlStore, limit: int) -> list[list[Stored]]:
    pages: list[list[Stored]] = []
    after = None
    while page := store.scan_objects(GROUP, RESOURCE, other_than=V2, after=after, limit=limit):
        pages.append(page)
        after = (page[-1].key.namespace, page[-1].key.name)
    return pages


def all_scan_changes(store: SqlStore, limit: int) -> list[list[Change]]:
    pages: list[list[Change]] = []
    after = 0
    while page := store.scan_changes(GROUP, RESOURCE, other_than=V2, after=after, limit=limit):
        pages.append(page)
        after = page[-1].stored.resource_version
    return pages


def test_rows_of_several_versions_are_read_and_rewritten_together(store: SqlStore) -> None:
    store.prefer(GROUP, RESOURCE, V1BETA1)
    store.prefer(GROUP, RESOURCE, V2)
    versions = [V1, V1BETA1, V2, V1BETA1, V1, V1, V1BETA1]
    made = [
        create(store, f"n{index}", namespace="ab"[index % 2], version=version)
        for index, version in enumerate(versions)
    ]
    others = sorted((each for each in made if each.api_version != V2), key=lambda each: each.key)
    pages = all_encoded(store, 2)
    assert [len(page) for page in pages] == [2, 2, 2]
    assert [each for page in pages for each in page] == others
    log = all_scan_changes(store, 4)
    assert [len(page) for page in log] == [4, 2]
    assert [each.stored for page in log for each in page] == [
        each for each in made if each.api_version != V2
    ]
    assert store.rewrite([(each, V2, each.key.name.encode()) for each in others]) == 6
    assert store.rewrite_changes([(each.stored, V2, b"log") for page in log for each in page]) == 6
    assert {each.data for each in store.list(GROUP, RESOURCE).items} == {
        b"{}",
        *(each.key.name.encode() for each in others),
    }
    assert all_encoded(store, 9) == []
    assert all_scan_changes(store, 9) == []
    assert store.drop(GROUP, RESOURCE, V1)
    assert store.drop(GROUP, RESOURCE, V1BETA1)


@pytest.mark.parametrize("second", [V1, V1BETA1])
def test_pages_end_at_so_many_bytes(
    store: SqlStore, second: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scan, "PAGE_BYTES", 1000)
    store.prefer(GROUP, RESOURCE, V1BETA1)
    store.prefer(GROUP, RESOURCE, V2)
    sizes = [400, 400, 400, 5000, 10, 990, 10]
    for index, size in enumerate(sizes):
        version = second if index % 2 else V1
        create(store, f"n{index}", data=b"x" * size, version=version)
    expected = [[400, 400, 400], [5000], [10, 990], [10]]
    assert [[len(each.data) for each in page] for page in all_encoded(store, 100)] == expected
    assert [
        [len(each.stored.data) for each in page] for page in all_scan_changes(store, 100)
    ] == expected


def test_many_rows_at_once(store: SqlStore) -> None:
    """More than a statement can have parameters, were each value one."""
    store.prefer(GROUP, RESOURCE, V1BETA1)
    made = [create(store, f"n{index:04}") for index in range(30)]
    missing = [Stored(each.key, each.uid, V1BETA1, 10**9, b"") for each in made] * 500
    items = [(each, V1BETA1, bytes([0, 255, 92]) * 9) for each in [*missing, *made]]
    assert store.rewrite(items) == 30
    assert {each.data for each in store.list(GROUP, RESOURCE).items} == {bytes([0, 255, 92]) * 9}
