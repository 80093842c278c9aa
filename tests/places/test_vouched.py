"""What an operator says of live code: how much is up, and which versions it reads."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import create_engine, insert, select

from cli.samples import Ended, in_process
from kconv._errors import Conflict, UsageError
from kconv._pipeline import Pipeline
from kconv.sqlalchemy import TablePlace, collection
from kconv_migrations._migration import Settings, Vouched, migrate, parse_vouched, plan, undo
from places.named_place import orders, table
from places.shop import GROUP, V1, V3, VERSIONS, order, register

PLACE = ("--place", "places.named_place:orders")


@pytest.fixture
def url(make_database: Callable[[str], str]) -> str:
    made = make_database("sqlite")
    engine = create_engine(made)
    table.create(engine)
    with engine.begin() as connection:
        document = json.dumps(order(3, "ada"))
        connection.execute(insert(table), {"id": 1, "document": document, "version": 3})
    engine.dispose()
    return made


@pytest.fixture
def kconv(
    url: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., Ended]:
    monkeypatch.setenv("KCONV_DB", url)
    return in_process(capfd)


@pytest.mark.parametrize("said", ["v1", "1", V1, "v2,1", "1, 3"])
def test_code_that_reads_the_version_does_not_block(kconv: Callable[..., Ended], said: str) -> None:
    ended = kconv("migrate", "plan", *PLACE, "--to", "orders=1", "--servers", f"web={said}")
    assert (ended.code, ended.err) == (0, "")
    assert "live: web (as --servers says), decodes orders: " in ended.out
    assert "live code is not known of" not in ended.out


def test_code_that_cannot_read_the_version_blocks(kconv: Callable[..., Ended]) -> None:
    said = ("--to", "orders=1", "--servers", "web=v1,v2,v3", "--servers", "old=2,3")
    planned = kconv("migrate", "plan", *PLACE, *said)
    assert planned.code == 1
    assert "which 1 live server cannot decode: old" in planned.err
    ran = kconv("migrate", *PLACE, *said)
    assert ran.code == 1
    assert "1 live server cannot decode: old (as --servers says)" in ran.err
    # Where nothing is written, nobody is asked.
    for idle in (["--to", "orders=3", "--servers", "old=2"], ["--servers", "4"]):
        assert kconv("migrate", "plan", *PLACE, *idle).code == 0
        assert kconv("migrate", *PLACE, *idle).code == 0


def test_rows_are_not_rewritten_in_what_live_code_cannot_read(
    kconv: Callable[..., Ended], url: str
) -> None:
    """Also where the version wanted is the one preferred, so that nothing flips."""
    engine = create_engine(url)
    with engine.begin() as connection:
        old = {"id": 2, "document": json.dumps(order(1, "bob")), "version": 1}
        connection.execute(insert(table), old)
    said = ("web=2,3", "reports=1")
    servers = [each for one in said for each in ("--servers", one)]
    for refused in (servers, ["--servers", "4"]):
        planned = kconv("migrate", "plan", *PLACE, *refused, "-q")
        assert (planned.code, planned.err.count("blocked: ")) == (1, 1), planned
        assert "nothing is refused for its sake" not in planned.out
        ran = kconv("migrate", *PLACE, *refused, "-q")
        assert (ran.code, ran.out) == (1, ""), ran
        assert "nothing was changed: upgrade or stop them first" in ran.err
    former = collection(
        "orders", key="id", document="document", version="version", versions={1: VERSIONS[1]},
        stored=1, table=table, scheme=register,
    )  # fmt: skip
    with engine.begin() as connection:
        former.heartbeat(connection)
    assert kconv("migrate", *PLACE).code == 1
    with engine.connect() as connection:
        assert connection.execute(select(table.c.version)).scalars().all() == [3, 1]
    engine.dispose()


def test_rows_are_not_put_back_in_what_live_code_cannot_read(url: str) -> None:
    """Though the version is still on record, as another row is left in it."""
    engine = create_engine(url)
    with engine.begin() as connection:
        for at, document in ((2, json.dumps(order(1, "bob"))), (3, '{"unknown": 1}')):
            connection.execute(insert(table), {"id": at, "document": document, "version": 1})
    place = TablePlace(url, [orders])
    (outcome,) = migrate(place, Pipeline(place.scheme), plan(place), Settings())
    assert (outcome.rows, outcome.kept) == (1, {V1: 1})
    newest = collection(
        "orders", key="id", document="document", version="version", versions={3: VERSIONS[3]},
        stored=3, table=table, scheme=register,
    )  # fmt: skip
    with engine.begin() as connection:
        newest.heartbeat(connection)
    with pytest.raises(Conflict, match="cannot be stored as"):
        undo(place, outcome.run)
    with engine.connect() as connection:
        assert connection.execute(select(table.c.version)).scalars().all() == [3, 3, 1]
    place.close()
    engine.dispose()


def test_so_many_heartbeats_are_to_be_seen(kconv: Callable[..., Ended], url: str) -> None:
    said = ("--to", "orders=1", "--servers", "1")
    planned = kconv("migrate", "plan", *PLACE, *said, "-o", "json")
    assert (planned.code, json.loads(planned.out)["blocked"]) == (1, True)
    assert (
        "0 of the 1 servers that are up have been seen"
        in kconv("migrate", "plan", *PLACE, *said).err
    )
    assert "0 of the 1 servers that are up have been seen" in kconv("migrate", *PLACE, *said).err
    engine = create_engine(url)
    with engine.begin() as connection:
        orders.heartbeat(connection)
    engine.dispose()
    assert kconv("migrate", "plan", *PLACE, *said).code == 0
    assert kconv("migrate", *PLACE, *said).code == 0


def test_a_run_is_refused_before_anything_is_written(url: str) -> None:
    place = TablePlace(url, [orders])
    targets = plan(place, ["orders"], [f"{GROUP}=v1"])
    settings = Settings(vouched=Vouched(None, (("web", ("v3",)),)))
    with pytest.raises(Conflict, match="nothing was changed"):
        list(migrate(place, Pipeline(place.scheme), targets, settings))
    assert [each.version for each in place.versions() if each.preferred] == [V3]
    place.close()


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        ([], Vouched()),
        (["3", "web=1,2"], Vouched(3, (("web", ("1", "2")),))),
        (["a=v1", "b= v1 , v2 "], Vouched(None, (("a", ("v1",)), ("b", ("v1", "v2"))))),
    ],
)
def test_what_is_said(texts: list[str], found: Vouched) -> None:
    assert parse_vouched(texts) == found


@pytest.mark.parametrize("texts", [["web"], ["web="], ["=v1"], ["-1"], ["1", "2"], ["web=,"]])
def test_what_says_nothing(texts: list[str]) -> None:
    with pytest.raises(UsageError, match="is no number of servers that are up"):
        parse_vouched(texts)


def test_versions_that_there_are_not(kconv: Callable[..., Ended]) -> None:
    said: Any = ("--to", "orders=1", "--servers", "web=v1,v7")
    ended = kconv("migrate", "plan", *PLACE, *said)
    assert ended.code == 2
    assert f"--servers: web reads v7: there are {V3}, " in ended.err
