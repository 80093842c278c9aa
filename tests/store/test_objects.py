"""Objects: create, read, replace, remove and list."""

import pytest

from kconv._errors import AlreadyExists, Conflict, NotFound, UsageError
from kconv._store import Key, SqlStore, Stored
from store.samples import GROUP, RESOURCE, V1, create, cronjob


def test_object_goes_in_and_comes_out(store: SqlStore) -> None:
    data = bytes(range(256)) + "naïve ☃".encode()
    made = create(store, "report", data=data)
    assert store.get(cronjob("report")) == made
    assert (made.uid, made.api_version, made.data) == ("uid-report", V1, data)
    assert made.resource_version == store.head()


def test_largest_object_goes_in_and_comes_out(store: SqlStore) -> None:
    data = b"x" * (3 * 1024 * 1024)
    create(store, "large", data=data)
    assert store.get(cronjob("large")).data == data


def test_update_gets_a_higher_resource_version_and_keeps_the_uid(store: SqlStore) -> None:
    made = create(store, "report")
    new = store.update(made.key, expected=made.resource_version, api_version=V1, data=b'{"a":1}')
    assert new.resource_version > made.resource_version
    assert new.uid == made.uid
    assert store.get(made.key) == new


def test_delete_returns_the_final_state_under_a_new_resource_version(store: SqlStore) -> None:
    made = create(store, "report")
    gone = store.delete(
        made.key, expected=made.resource_version, api_version=V1, data=b'{"final":true}'
    )
    assert gone.resource_version > made.resource_version
    assert (gone.uid, gone.data) == (made.uid, b'{"final":true}')
    with pytest.raises(NotFound):
        store.get(made.key)
    assert create(store, "report").resource_version > gone.resource_version


def test_missing_object_is_named_as_kubernetes_does(store: SqlStore) -> None:
    with pytest.raises(NotFound, match=r'^cronjobs\.batch "x" not found$') as caught:
        store.get(cronjob("x"))
    assert caught.value.about is not None
    assert caught.value.about.name == "x"
    with pytest.raises(NotFound, match=r'^namespaces "x" not found$'):
        store.get(Key("", "namespaces", "", "x"))
    with pytest.raises(NotFound):
        store.update(cronjob("x"), expected=1, api_version=V1, data=b"")
    with pytest.raises(NotFound):
        store.delete(cronjob("x"), expected=1, api_version=V1, data=b"")


def test_refused_writes_change_nothing(store: SqlStore) -> None:
    made = create(store, "report")
    with pytest.raises(AlreadyExists, match=r'^cronjobs\.batch "report" already exists$'):
        create(store, "report", data=b"other")
    with pytest.raises(Conflict, match="the object has been modified; please apply your changes"):
        store.update(made.key, expected=made.resource_version + 1, api_version=V1, data=b"")
    with pytest.raises(Conflict):
        store.delete(made.key, expected=made.resource_version - 1, api_version=V1, data=b"")
    assert store.get(made.key) == made
    assert store.head() == made.resource_version
    assert len(store.changes(0)) == 1


def test_list_is_ordered_byte_by_byte(store: SqlStore) -> None:
    names = ["a", "a-b", "a.b", "a0", "ab", "b", "B", "z", "é"]
    for namespace in ("two", "one"):
        for name in reversed(names):
            create(store, name, namespace=namespace)
    page = store.list(GROUP, RESOURCE)
    found = [(each.key.namespace, each.key.name) for each in page.items]
    expected = sorted(names, key=str.encode)
    assert found == [(namespace, name) for namespace in ("one", "two") for name in expected]
    assert page.resource_version == store.head()
    assert (page.next, page.remaining) == (None, 0)


def test_list_of_a_namespace(store: SqlStore) -> None:
    create(store, "a", namespace="one")
    create(store, "b", namespace="two")
    page = store.list(GROUP, RESOURCE, namespace="two")
    assert [each.key.name for each in page.items] == ["b"]
    assert store.list(GROUP, RESOURCE, namespace="three").items == []
    assert store.list("apps", RESOURCE).items == []


def test_empty_list_has_a_resource_version_that_is_not_zero(store: SqlStore) -> None:
    assert store.list(GROUP, RESOURCE).resource_version == store.head() > 0


def test_pages_cover_the_list(store: SqlStore) -> None:
    for index in range(6):
        create(store, f"n{index}", namespace="one")
        create(store, f"n{index}", namespace="two")
    for namespace in (None, "one"):
        whole = store.list(GROUP, RESOURCE, namespace=namespace).items
        for limit in (1, 2, 3, 6, 7, 12, 100):
            assert _paged(store, namespace, limit, len(whole)) == whole


def _paged(store: SqlStore, namespace: str | None, limit: int, total: int) -> list[Stored]:
    found: list[Stored] = []
    after = None
    while True:
        page = store.list(GROUP, RESOURCE, namespace=namespace, limit=limit, after=after)
        found += page.items
        assert page.remaining == total - len(found)
        if page.next is None:
            return found
        assert len(page.items) == limit
        after = page.next


def test_limit_below_one_is_refused(store: SqlStore) -> None:
    with pytest.raises(UsageError):
        store.list(GROUP, RESOURCE, limit=0)
