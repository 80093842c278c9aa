"""Before-images, and putting them back."""

from collections.abc import Callable

import pytest

from kconv._errors import Conflict, UsageError, VersionNotOnRecord
from kconv._store import BeforeImage, Restored, SqlStore, Stored, UndoSize, scan, sql_operations
from store.samples import GROUP, RESOURCE, TARGETS, V1, V1BETA1, create, cronjob, server


def migrate(store: SqlStore, items: list[Stored], data: bytes = b"new") -> str:
    """Rewrite what of ``items`` is as read, keep before-images, and drop V1 if that is all."""
    run = store.begin_run("me", TARGETS, 60)
    store.prefer(GROUP, RESOURCE, V1BETA1)
    store.rewrite([(each, V1BETA1, data) for each in items], run=run.id, keep_undo=True)
    store.end_run(run.id, "done")
    store.compact(0)
    store.drop(GROUP, RESOURCE, V1)
    return run.id


def undo(store: SqlStore, run: str) -> Restored:
    return store.restore(run, store.undo_page(run, after=None, limit=1000))


def test_undo_brings_back_rows_and_their_version(store: SqlStore) -> None:
    made = [create(store, f"n{index}", data=b"old%d" % index) for index in range(5)]
    run = migrate(store, made)
    head = store.head()
    assert [each.api_version for each in store.storage_versions()] == [V1BETA1]
    assert store.undo_size(run) == UndoSize(5, 20)
    result = undo(store, run)
    assert [each.key for each in result.restored] == [each.key for each in made]
    assert (result.written, result.deleted) == ((), ())
    assert store.list(GROUP, RESOURCE).items == made
    assert store.head() == head
    assert store.changes(head) == []
    assert store.storage_version(GROUP, RESOURCE) == V1BETA1
    assert len(store.storage_versions()) == 2
    assert store.undo_size(run) == UndoSize(0, 0)
    assert undo(store, run) == Restored()


def test_undo_leaves_what_was_written_or_deleted_since(store: SqlStore) -> None:
    made = [create(store, f"n{index}", data=b"old") for index in range(4)]
    run = migrate(store, made)
    updated = store.update(
        made[0].key, expected=made[0].resource_version, api_version=V1BETA1, data=b"by a writer"
    )
    store.delete(made[1].key, expected=made[1].resource_version, api_version=V1BETA1, data=b"")
    again = store.get(made[2].key)
    assert store.rewrite([(again, V1BETA1, b"by another run")]) == 1
    result = undo(store, run)
    assert [each.key.name for each in result.restored] == ["n3"]
    assert [each.key.name for each in result.written] == ["n0", "n2"]
    assert [each.key.name for each in result.deleted] == ["n1"]
    assert store.get(made[0].key) == updated
    assert store.get(made[2].key).data == b"by another run"
    assert store.get(made[3].key) == made[3]
    assert store.undo_size(run).rows == 3, "of those not restored"


def test_undo_leaves_the_same_bytes_in_another_version(store: SqlStore) -> None:
    made = create(store, "a", data=b"old")
    run = migrate(store, [made])
    written = store.get(made.key)
    store.prefer(GROUP, RESOURCE, V1)
    assert store.rewrite([(written, V1, written.data)]) == 1
    result = undo(store, run)
    assert (result.restored, [each.key for each in result.written]) == ((), [made.key])
    assert store.get(made.key).data == written.data


def test_before_images_are_only_of_rows_rewritten(store: SqlStore) -> None:
    read = [create(store, f"n{index}", data=b"old") for index in range(3)]
    store.update(read[1].key, expected=read[1].resource_version, api_version=V1, data=b"newer")
    store.delete(read[2].key, expected=read[2].resource_version, api_version=V1, data=b"")
    run = migrate(store, read)
    (image,) = store.undo_page(run, after=None, limit=10)
    assert (image.key, image.data, image.api_version) == (read[0].key, b"old", V1)
    assert (image.resource_version, image.written_api_version) == (
        read[0].resource_version,
        V1BETA1,
    )


def test_failed_rewrite_keeps_no_before_images(store: SqlStore) -> None:
    made = create(store, "a")
    run = store.begin_run("me", TARGETS, 60)
    with pytest.raises(VersionNotOnRecord):
        store.rewrite([(made, "batch/v9", b"")], run=run.id, keep_undo=True)
    assert store.undo_size(run.id).rows == 0
    with pytest.raises(UsageError):
        store.rewrite([(made, V1, b"")], keep_undo=True)


def test_row_that_a_run_writes_twice(store: SqlStore) -> None:
    """It goes back to what it was before the run, or to what a writer made of it in between."""
    first, second = create(store, "a", data=b"a1"), create(store, "b", data=b"b1")
    run = store.begin_run("me", TARGETS, 60).id
    store.prefer(GROUP, RESOURCE, V1BETA1)
    for data in (b"x", b"y"):
        items = [(store.get(first.key), V1BETA1, data), (store.get(second.key), V1BETA1, data)]
        assert store.rewrite(items, run=run, keep_undo=True) == 2
        if data == b"x":
            written = store.update(
                second.key, expected=second.resource_version, api_version=V1, data=b"b2"
            )
    undo(store, run)
    assert store.get(first.key) == first
    assert store.get(second.key) == written


def test_runs_are_undone_one_after_the_other(store: SqlStore) -> None:
    made = create(store, "a", data=b"one")
    first = migrate(store, [made], b"two")
    back = store.begin_run("me", TARGETS, 60).id
    store.prefer(GROUP, RESOURCE, V1)
    store.rewrite([(store.get(made.key), V1, b"three")], run=back, keep_undo=True)
    assert len(undo(store, first).written) == 1
    assert len(undo(store, back).restored) == 1
    assert store.get(made.key).data == b"two"
    assert len(undo(store, first).restored) == 1
    assert store.get(made.key) == made


def test_version_comes_back_only_where_live_servers_can_decode_it(store: SqlStore) -> None:
    made = create(store, "a")
    run = migrate(store, [made])
    store.register(server("new", V1BETA1))
    images = store.undo_page(run, after=None, limit=10)
    with pytest.raises(Conflict, match="new"):
        store.restore(run, images, live=60)
    assert store.get(made.key).api_version == V1BETA1
    assert len(store.storage_versions()) == 1
    store.unregister("new")
    assert len(store.restore(run, images, live=60).restored) == 1


def test_pages_of_before_images(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [create(store, "x", namespace=namespace, data=b"1234") for namespace in "abcde"]
    run = migrate(store, made)
    pages: list[list[BeforeImage]] = []
    while page := store.undo_page(run, after=pages[-1][-1].key if pages else None, limit=2):
        pages.append(page)
    assert [[each.key.namespace for each in page] for page in pages] == [
        ["a", "b"],
        ["c", "d"],
        ["e"],
    ]
    monkeypatch.setattr(scan, "PAGE_BYTES", 5)
    assert len(store.undo_page(run, after=None, limit=10)) == 2


def test_dropping_before_images(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql_operations, "_DROP_STEP", 2)
    made = [create(store, f"n{index}") for index in range(5)]
    run = migrate(store, made)
    other = migrate(store, [store.get(cronjob("n0"))])
    assert store.drop_undo(run) == 5
    assert store.drop_undo(run) == 0
    assert store.undo_size(other).rows == 1
    assert undo(store, run) == Restored()


def test_before_images_hold_no_version_on_record(
    store: SqlStore, reopen: Callable[[], SqlStore]
) -> None:
    run = migrate(store, [create(store, "a")])
    assert [each.api_version for each in reopen().storage_versions()] == [V1BETA1]
    assert reopen().undo_size(run).rows == 1
