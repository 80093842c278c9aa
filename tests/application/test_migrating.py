"""An application that goes on while its table is migrated, proved and put back."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, select, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from application.models import Model, make
from application.test_column import prefer, put, sqlalchemy_url
from cli.samples import Ended, in_process
from kconv.sqlalchemy import TablePlace, _late_writers, _record
from kconv_migrations._tables import upgrade

ROWS = 300
MODELS: dict[str, Model] = {}


def orders_by_column() -> Any:
    return MODELS.setdefault("column", make("column")).orders


def orders_by_field() -> Any:
    return MODELS.setdefault("field", make("field")).orders


def __getattr__(name: str) -> Any:
    """The collections, by the names that the command line has for them."""
    found = {"by_column": orders_by_column, "by_field": orders_by_field}.get(name)
    if found is None:
        raise AttributeError(name)
    return found()


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    found = create_engine(sqlalchemy_url(database_url), poolclass=NullPool)
    yield found
    found.dispose()


@pytest.fixture(params=["column", "field"])
def model(request: pytest.FixtureRequest, engine: Engine) -> Model:
    orders_by_column(), orders_by_field()
    found = MODELS[request.param]
    found.orders.forget_record()
    found.mapped.metadata.create_all(engine)
    return found


@pytest.fixture
def kconv(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., Ended]:
    monkeypatch.setenv("KCONV_DB", database_url)
    return in_process(capfd)


def old(number: int) -> dict[str, Any]:
    return {
        "customer": f"c{number}",
        "item": {"sku": "x", "count": 1},
        "price": f"{number}.00 EUR",
    }


def fill(engine: Engine, model: Model) -> None:
    for number in range(1, ROWS + 1):
        version = None if number % 3 == 0 else 1
        put(engine, model, number, old(number), version)


class Writers(threading.Thread):
    """Change orders through the column type, and remember what each must say at the end."""

    def __init__(self, engine: Engine, model: Model) -> None:
        super().__init__(daemon=True)
        self.engine, self.model = engine, model
        self.stop = threading.Event()
        self.counts: dict[int, int] = {}
        self.failed: list[BaseException] = []

    def run(self) -> None:
        number = 0
        while not self.stop.is_set() and number < 5000:
            number += 1
            try:
                self.write(1 + (number * 7) % ROWS, number)
                # SQLite has no queue: who never pauses leaves nobody else a turn.
                time.sleep(0.005)
            except BaseException as error:  # noqa: BLE001 - it fails the test
                self.failed.append(error)
                return

    def write(self, key: int, count: int) -> None:
        mapped = self.model.mapped
        with Session(self.engine) as session, session.begin():
            order = session.scalars(select(mapped).where(mapped.id == key).with_for_update()).one()
            order.document["items"][0]["count"] = count
            order.note = "written"
        self.counts[key] = count


def test_under_writers_nothing_is_lost(
    engine: Engine, model: Model, kconv: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_record, "RECORD_AGE", 0.05)
    fill(engine, model)
    named = ("--place", f"application.test_migrating:by_{model.kind}")
    writers = Writers(engine, model)
    writers.start()
    try:
        ended = kconv("migrate", *named)
        assert ended.code == 0, ended.out + ended.err
    finally:
        writers.stop.set()
        writers.join()
    assert writers.failed == []
    assert writers.counts
    again = kconv("migrate", *named)
    assert again.code == 0
    assert kconv("migrate", "verify", *named).code == 0
    with Session(engine) as session:
        for order in session.scalars(select(model.mapped)):
            number = order.id
            assert order.document["cents"] == number * 100
            assert order.document["customer"] == f"c{number}"
            assert order.document["items"][0]["count"] == writers.counts.get(number, 1)
    stored = stored_versions(engine, model)
    assert stored == {3: ROWS}


class _Hesitant(threading.Thread):
    """Write a row in the version that it knew to be preferred, and commit long after."""

    def __init__(self, engine: Engine, model: Model) -> None:
        super().__init__(daemon=True)
        self.engine, self.model = engine, model
        self.wrote, self.go = threading.Event(), threading.Event()

    def run(self) -> None:
        with Session(self.engine) as session:
            session.add(self.model.mapped(id=1, document={"customer": "late"}))
            session.flush()
            self.wrote.set()
            self.go.wait(20)
            session.commit()


@pytest.mark.parametrize("resumed", [False, True])
def test_a_version_is_not_closed_while_somebody_may_be_writing_it(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, resumed: bool
) -> None:
    upgrade(postgres_url)
    engine = create_engine(sqlalchemy_url(postgres_url), poolclass=NullPool)
    model = MODELS.setdefault("column", make("column"))
    model.orders.forget_record()
    model.mapped.metadata.create_all(engine)
    prefer(engine, "v1")
    late = _Hesitant(engine, model)
    late.start()
    assert late.wrote.wait(20)
    monkeypatch.setattr(_record, "RECORD_AGE", 0.3)
    monkeypatch.setattr(_late_writers, "PATIENCE", 0.3)
    place = TablePlace(postgres_url, [model.orders])
    began = time.monotonic()
    place.prefer([("orders", "shop.example.com/v3")], live=None)
    if resumed:
        # A run that was killed right after it is finished by another process.
        place.close()
        place = TablePlace(postgres_url, [model.orders])
    assert not place.close_version("orders", "shop.example.com/v1")
    assert time.monotonic() - began >= 0.6
    late.go.set()
    late.join()
    assert not place.close_version("orders", "shop.example.com/v1")
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM orders"))
    assert place.close_version("orders", "shop.example.com/v1")
    place.close()
    engine.dispose()


def stored_versions(engine: Engine, model: Model) -> dict[Any, int]:
    found: dict[Any, int] = {}
    with engine.connect() as connection:
        for row in connection.execute(text("SELECT * FROM orders")).mappings():
            document = row["document"]
            document = json.loads(document) if isinstance(document, str) else document
            version = row["schema_version"] if model.kind == "column" else document.get("v")
            found[version] = found.get(version, 0) + 1
    return found


def test_undone_and_read_all_the_while(
    engine: Engine, model: Model, kconv: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_record, "RECORD_AGE", 0.05)
    fill(engine, model)
    before = stored_versions(engine, model)
    named = ("--place", f"application.test_migrating:by_{model.kind}")
    assert kconv("migrate", *named).code == 0
    runs = json.loads(kconv("migrate", "runs", *named, "-o", "json").out)["runs"]
    undone = kconv("migrate", "undo", runs[0]["id"], *named)
    assert undone.code == 0, undone.out + undone.err
    assert stored_versions(engine, model) == before
    with Session(engine) as session:
        found = session.scalars(select(model.mapped.document)).all()
        assert sorted(each["cents"] for each in found) == [n * 100 for n in range(1, ROWS + 1)]


def test_live_code_that_cannot_read_a_version_keeps_a_run_from_it(
    engine: Engine, kconv: Callable[..., Ended], database_url: str
) -> None:
    from kconv.sqlalchemy import collection
    from shop.versions import OrderV1, OrderV2, register

    orders_by_column()
    model = MODELS["column"]
    model.mapped.metadata.create_all(engine)
    fill(engine, model)
    upgrade(database_url)
    named = ("--place", "application.test_migrating:by_column")
    assert "live code is not known of" in kconv("migrate", "plan", *named).out
    behind = collection(
        "orders", key="id", document="document", version="schema_version",
        versions={1: OrderV1, 2: OrderV2}, stored=1, scheme=register, table=model.orders.table,
    )  # fmt: skip
    prefer(engine, "v1")
    with engine.begin() as connection:
        behind.heartbeat(connection)
        behind.heartbeat(connection)
    place = TablePlace(database_url, [model.orders])
    (server,) = place.servers(30)
    place.close()
    assert {each[2].rpartition("/")[2] for each in server.decodes} == {"v1", "v2"}
    ended = kconv("migrate", "--to", "shop.example.com=v3", *named)
    assert ended.code == 1
    assert "live server cannot decode" in ended.out + ended.err
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM kconv_servers"))
        model.orders.heartbeat(connection)
    planned = kconv("migrate", "plan", *named)
    assert "decodes orders: v1, v2, v3" in planned.out
