"""Stored CronJobs in batch/v1beta1, and how the tests look at a database."""

import json
from collections.abc import Iterable
from functools import cache
from itertools import islice
from typing import Any

from sqlalchemy import create_engine

from kconv._gvk import GroupVersion
from kconv._pipeline import Pipeline
from kconv._scheme import Scheme, load_scheme
from kconv._store import Key, SqlStore, Stored, StorePlace

OLD, NEW = "batch/v1beta1", "batch/v1"
NAMESPACE = "reports"

Value = dict[str, Any]


@cache
def installed() -> Scheme:
    """The kinds of the installed groups."""
    return load_scheme()


def placed(store: SqlStore, *apis: str) -> StorePlace:
    """The store as a place with the installed kinds; a worker loads those of batch, and of apis."""
    return StorePlace(store, installed(), {"batch"}, apis)


def key(name: str) -> Key:
    return Key("batch", "cronjobs", NAMESPACE, name)


def manifest(name: str, **spec: Any) -> Value:
    container = {"name": "report", "image": "registry.example.com/report:1.7"}
    pod = {"restartPolicy": "OnFailure", "containers": [container]}
    return {
        "apiVersion": OLD,
        "kind": "CronJob",
        "metadata": {"name": name, "namespace": NAMESPACE, "uid": f"uid-{name}", "generation": 3},
        "spec": {
            "schedule": "30 2 * * *",
            "jobTemplate": {"spec": {"template": {"spec": pod}}},
            **spec,
        },
    }


def encoded(pipeline: Pipeline, name: str, api_version: str = OLD, **spec: Any) -> bytes:
    data = json.dumps(manifest(name, **spec)).encode()
    return pipeline.convert(data, GroupVersion.parse(api_version))


def seed(store: SqlStore, pipeline: Pipeline, count: int) -> list[Stored]:
    """Prefer the old version, and store so many objects in it."""
    store.prefer("batch", "cronjobs", OLD)
    template = encoded(pipeline, "NAME")
    return [
        store.create(
            key(name := f"cron-{number:04}"),
            uid=f"uid-{name}",
            api_version=OLD,
            data=template.replace(b"NAME", name.encode()),
        )
        for number in range(count)
    ]


def rows(store: SqlStore) -> dict[str, tuple[int, int]]:
    """Objects and changes of CronJobs by encoded version on record."""
    return {
        row.api_version: (row.objects, row.changes)
        for row in store.counts()
        if row.resource == "cronjobs"
    }


def everything(store: SqlStore) -> list[tuple[Key, str, int]]:
    """Key, uid and resourceVersion of every CronJob."""
    items = store.list("batch", "cronjobs").items
    return [(item.key, item.uid, item.resource_version) for item in items]


def insert(url: str, objects: Iterable[tuple[str, bytes]]) -> None:
    """Store many objects in the old version at once, by name, without entries in the log."""
    engine = create_engine(url)
    rows = (
        ("batch", "cronjobs", NAMESPACE, name, f"uid-{name}", OLD, number, data)
        for number, (name, data) in enumerate(objects, 2)
    )
    with engine.begin() as connection:
        mark = "?" if engine.dialect.name == "sqlite" else "%s"
        statement = f"INSERT INTO kconv_objects VALUES ({', '.join([mark] * 8)})"
        while batch := list(islice(rows, 10_000)):
            connection.exec_driver_sql(statement, batch)
            connection.exec_driver_sql(
                f"UPDATE kconv_revision SET value = {mark}, compacted = {mark}",
                (batch[-1][6], batch[-1][6]),
            )
    engine.dispose()


def put(url: str, name: str, data: bytes, table: str = "objects") -> None:
    """Replace the bytes of an object, or of its changes, behind the store's back."""
    engine = create_engine(url)
    with engine.begin() as connection:
        mark = "?" if engine.dialect.name == "sqlite" else "%s"
        statement = f"UPDATE kconv_{table} SET data = {mark} WHERE name = {mark}"
        connection.exec_driver_sql(statement, (data, name))
    engine.dispose()
