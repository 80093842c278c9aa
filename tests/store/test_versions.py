"""The record of storage versions."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection, insert

from kconv._errors import VersionNotOnRecord
from kconv._store import Count, SqlStore, StorageVersion, version_record
from kconv._store.database import Database, parse_url
from kconv._store.tables import objects
from store.samples import GROUP, RESOURCE, V1, V1BETA1, create


def test_ensure_records_only_what_has_no_record(store: SqlStore) -> None:
    store.ensure([(GROUP, RESOURCE, V1BETA1), ("", "configmaps", "v1"), ("", "configmaps", "v2")])
    assert store.storage_versions() == [
        StorageVersion("", "configmaps", "v1", preferred=True),
        StorageVersion(GROUP, RESOURCE, V1, preferred=True),
    ]
    assert store.storage_version(GROUP, RESOURCE) == V1


def test_resource_without_a_record_has_no_storage_version(store: SqlStore) -> None:
    with pytest.raises(VersionNotOnRecord, match=r"deployments\.apps"):
        store.storage_version("apps", "deployments")


def test_prefer_flips_and_flips_back(store: SqlStore) -> None:
    store.prefer(GROUP, RESOURCE, V1BETA1)
    assert store.storage_version(GROUP, RESOURCE) == V1BETA1
    store.prefer(GROUP, RESOURCE, V1BETA1)
    store.prefer(GROUP, RESOURCE, V1)
    assert store.storage_versions() == [
        StorageVersion(GROUP, RESOURCE, V1, preferred=True),
        StorageVersion(GROUP, RESOURCE, V1BETA1, preferred=False),
    ]


def test_write_in_a_version_not_on_record_is_refused(store: SqlStore) -> None:
    made = create(store, "a")
    with pytest.raises(VersionNotOnRecord, match=r'cronjobs\.batch "b".* batch/v1beta1'):
        create(store, "b", version=V1BETA1)
    with pytest.raises(VersionNotOnRecord):
        store.update(made.key, expected=made.resource_version, api_version=V1BETA1, data=b"")
    with pytest.raises(VersionNotOnRecord):
        store.delete(made.key, expected=made.resource_version, api_version=V1BETA1, data=b"")
    assert store.list(GROUP, RESOURCE).items == [made]
    assert store.head() == made.resource_version


def test_tables_refuse_a_row_in_a_version_not_on_record(upgraded_url: str) -> None:
    database = Database(parse_url(upgraded_url))

    def sneak(connection: Connection) -> None:
        row: dict[str, object] = {
            "grp": GROUP,
            "resource": RESOURCE,
            "namespace": "",
            "name": "a",
            "uid": "",
        }
        row |= {"api_version": V1, "resource_version": 5, "data": b""}
        connection.execute(insert(objects), row)

    with pytest.raises(VersionNotOnRecord):
        database.write(sneak)
    database.close()


def test_the_proof_is_looked_up_whatever_the_statistics_say(upgraded_url: str) -> None:
    """Those of before a migration say that the old version is most of the table."""
    database = Database(parse_url(upgraded_url))
    if database.sqlite:
        pytest.skip("SQLite keeps no statistics unless told to")

    def plans(connection: Connection) -> list[str]:
        names = ("enable_seqscan", "enable_bitmapscan")
        return [connection.exec_driver_sql(f"SHOW {name}").scalar_one() for name in names]

    def proof(connection: Connection) -> list[str]:
        assert not version_record.has_rows(connection, GROUP, RESOURCE, V1)
        return plans(connection)

    assert database.write(proof) == ["off", "off"]
    assert database.write(plans) == ["on", "on"]
    database.close()


def test_drop_wants_proof_that_no_row_is_left(store: SqlStore) -> None:
    made = create(store, "a")
    assert not store.drop(GROUP, RESOURCE, V1), "it is preferred"
    store.prefer(GROUP, RESOURCE, V1BETA1)
    assert not store.drop(GROUP, RESOURCE, V1), "an object is in it"
    gone = store.delete(made.key, expected=made.resource_version, api_version=V1BETA1, data=b"")
    assert not store.drop(GROUP, RESOURCE, V1), "a change is in it"
    store.compact(1)
    assert store.changes(store.oldest())[0].stored == gone
    assert store.drop(GROUP, RESOURCE, V1)
    assert store.drop(GROUP, RESOURCE, V1), "it is off the record already"
    with pytest.raises(VersionNotOnRecord):
        create(store, "b")


def test_counts_name_every_version_on_record(store: SqlStore) -> None:
    made = create(store, "a")
    create(store, "b")
    store.prefer(GROUP, RESOURCE, V1BETA1)
    store.update(made.key, expected=made.resource_version, api_version=V1BETA1, data=b"")
    store.ensure([("", "configmaps", "v1")])
    assert store.counts() == [
        Count("", "configmaps", "v1", 0, 0),
        Count(GROUP, RESOURCE, V1, 1, 2),
        Count(GROUP, RESOURCE, V1BETA1, 1, 1),
    ]


def test_ensure_in_two_servers_at_once(reopen: Callable[[], SqlStore]) -> None:
    stores = [reopen() for _ in range(4)]
    kinds = [(GROUP, f"kind{index}", V1) for index in range(20)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda each: each.ensure(kinds), stores))
    assert len(stores[0].storage_versions()) == 20
