"""What keeps a table as it should be: the constraint that proves, what `plan` finds beforehand."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Column, Engine, Integer, MetaData, Table, Text, create_engine, insert, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from kconv._pipeline import Pipeline
from kconv.sqlalchemy import TableCollection, TablePlace, collection
from kconv_migrations._migration import Outcome, Settings, migrate, plan, survey, undo
from places.shop import GROUP, V1, VERSIONS, order, register, shape


@pytest.fixture
def url(make_database: Callable[[str], str]) -> str:
    return make_database("postgresql")


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    made = create_engine(url)
    yield made
    made.dispose()


def orders(table: Any, **said: Any) -> TableCollection:
    return collection(
        "orders",
        key="id",
        document="document",
        version="version",
        versions=VERSIONS,
        stored=3,
        table=table,
        scheme=register,
        **said,
    )


def table_of(*columns: Column[Any]) -> Table:
    return Table(
        "orders",
        MetaData(),
        Column("id", Integer, primary_key=True),
        Column("document", Text),
        Column("version", Integer),
        *columns,
    )


def filled(engine: Engine, versions: list[int | None], table: Table | None = None) -> Table:
    """A table with an order in each of these versions; None says none, of the first."""
    made = table_of() if table is None else table
    made.metadata.create_all(engine)
    with engine.begin() as connection:
        for at, version in enumerate(versions, 1):
            document = json.dumps(order(version or 1, f"buyer-{at}"))
            connection.execute(insert(made), {"id": at, "document": document, "version": version})
    return made


def run(place: TablePlace, *to: str, **settings: Any) -> Outcome:
    targets = plan(place, ["orders"], to)
    (outcome,) = migrate(place, Pipeline(place.scheme), targets, Settings(**settings))
    return outcome


def execute(engine: Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for each in statements:
            connection.execute(text(each))


def constraint_of(engine: Engine) -> list[tuple[str, bool]]:
    with engine.connect() as connection:
        found = connection.execute(
            text(
                "SELECT pg_get_constraintdef(oid), convalidated FROM pg_constraint "
                "WHERE conname = 'kconv_orders_version'"
            )
        )
        return [(row[0], row[1]) for row in found]


def refuses(engine: Engine, version: str) -> bool:
    try:
        execute(engine, f"INSERT INTO orders VALUES (99, '{{}}', {version})")
    except DBAPIError as error:
        return "kconv_orders_version" in str(error)
    execute(engine, "DELETE FROM orders WHERE id = 99")
    return False


def test_a_version_that_is_gone_cannot_be_written_again(url: str, engine: Engine) -> None:
    table = filled(engine, [1, 2, 3, None])
    place = TablePlace(url, [orders(table, constraint=True, shape=shape)])
    assert [refuses(engine, each) for each in ("1", "2", "3", "NULL")] == [False] * 4
    outcome = run(place)
    assert outcome.done
    ((said, validated),) = constraint_of(engine)
    assert validated, said
    assert [refuses(engine, each) for each in ("1", "2", "3", "NULL")] == [True, True, False, True]
    # What comes back on record can be written again, by undo and by the next flip.
    assert undo(place, outcome.run).restored == 3
    assert [refuses(engine, each) for each in ("1", "2", "3", "NULL")] == [False] * 4
    again = run(place, f"{GROUP}=v2")
    assert again.done
    assert [refuses(engine, each) for each in ("1", "2", "3", "NULL")] == [True, False, True, True]
    assert run(place, f"{GROUP}=v1").done
    assert {each.version for each in place.versions()} == {V1}
    place.close()


def test_a_row_that_comes_during_the_proof_keeps_the_version(
    url: str, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Written after the last look, and before the constraint: the validation finds it."""
    from kconv.sqlalchemy import _constraint

    table = filled(engine, [1, 2])
    place = TablePlace(url, [orders(table, constraint=True)])
    allow, late = _constraint.allow, [True]

    def allowing(connection: Any, declared: Any, labels: Any) -> None:
        if late and V1 not in labels:
            late.clear()
            execute(engine, f"INSERT INTO orders VALUES (9, '{json.dumps(order(1, 'x'))}', 1)")
        allow(connection, declared, labels)

    monkeypatch.setattr(_constraint, "allow", allowing)
    assert place.close_version("orders", V1) is False
    run_first = run(place)
    assert run_first.done
    assert late == []
    assert V1 not in {each.version for each in place.versions()}
    place.close()


def test_what_breaks_the_constraint_leaves_things_as_they_were(url: str, engine: Engine) -> None:
    table = filled(engine, [2])
    place = TablePlace(url, [orders(table, constraint=True)])
    # Nobody declared it, and no version that is closed is it: but it would break the constraint.
    execute(engine, "INSERT INTO orders VALUES (8, '{}', 8)")
    assert place.close_version("orders", V1) is False
    assert V1 in {each.version for each in place.versions()}
    assert not refuses(engine, "1")
    assert refuses(engine, "9")
    place.close()


def test_rows_that_the_database_refuses_are_set_aside(url: str, engine: Engine) -> None:
    """By a constraint, and by a trigger: they fail, and all others are migrated."""
    table = filled(engine, [1] * 40)
    execute(
        engine,
        "ALTER TABLE orders ADD CONSTRAINT sane "
        "CHECK (version = 1 OR document NOT LIKE '%buyer-7%')",
        "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF NEW.id = 20 THEN RAISE EXCEPTION 'not this one'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER never BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION no()",
    )
    place = TablePlace(url, [orders(table)])
    outcome = run(place, batch_size=16)
    assert (outcome.objects, outcome.raced, outcome.kept) == (38, 0, {V1: 2})
    failures = {each.key: each for each in outcome.failures}
    assert sorted(failures) == [(7,), (20,)]
    assert "sane" in failures[7,].message
    assert "not this one" in failures[20,].message
    assert {each.reason for each in place.quarantined()} == {"Refused"}
    execute(engine, "ALTER TABLE orders DROP CONSTRAINT sane", "DROP TRIGGER never ON orders")
    again = run(place)
    assert (again.objects, again.done) == (2, True)
    assert undo(place, outcome.run).restored == 38
    place.close()


def test_a_run_says_so_to_triggers(url: str, engine: Engine) -> None:
    table = filled(engine, [1, 2])
    execute(
        engine,
        "CREATE TABLE seen (id int, run text)",
        "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "INSERT INTO seen VALUES (NEW.id, current_setting('kconv.run', true)); RETURN NEW; END $$",
        "CREATE TRIGGER noting BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION note()",
    )
    place = TablePlace(url, [orders(table)])
    outcome = run(place)
    execute(engine, "UPDATE orders SET document = document WHERE id = 1")
    with engine.connect() as connection:
        seen = connection.execute(text("SELECT id, coalesce(run, '') FROM seen")).all()
    assert sorted(map(tuple, seen[:2])) == [(1, outcome.run), (2, outcome.run)]
    assert seen[2:] == [(1, "")]
    undo(place, outcome.run)
    place.close()


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    document: Mapped[str] = mapped_column(Text)
    version: Mapped[int]
    counted: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0, onupdate=1)

    __mapper_args__ = {"version_id_col": counted}


FOUND: dict[str, tuple[list[str], str]] = {
    "trigger": (
        ["CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
         "CREATE TRIGGER audited BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION f()"],
        "orders: the trigger audited fires for every row that is written; current_setting('kconv.",
    ),
    "generated": (
        ["ALTER TABLE orders ADD size int GENERATED ALWAYS AS (length(document)) STORED"],
        "orders: the generated column size is computed anew from what is written",
    ),
    "publication": (
        ["CREATE PUBLICATION feed FOR TABLE orders"],
        "orders: the publication feed sends its subscribers every row that is written",
    ),
    "all tables": (
        ["CREATE PUBLICATION everything FOR ALL TABLES"],
        "orders: the publication everything sends its subscribers every row that is written",
    ),
    "foreign key": (
        ["CREATE TABLE known (version int PRIMARY KEY)",
         "ALTER TABLE orders ADD FOREIGN KEY (version) REFERENCES known NOT VALID"],
        "orders: version has a foreign key to known: a version that is not there is refused",
    ),
    "check": (
        ["ALTER TABLE orders ADD CONSTRAINT valid CHECK (document <> '')"],
        "orders: the CHECK constraint valid judges every row that is written",
    ),
    "no index": ([], "orders: no index begins with version: counting and proving reads the whole"),
    "no key": (
        ["ALTER TABLE orders DROP CONSTRAINT orders_pkey"],
        "orders: nothing in the database keeps the key (id) unique",
    ),
    "onupdate": ([], "orders: changed has an onupdate, which a run leaves out: it keeps its value"),
    "version_id_col": ([], "orders: counted is the model's version_id_col, which a run does not"),
    "stale session": ([], "code that has read a row before the run and writes its document"),
}  # fmt: skip


@pytest.mark.parametrize("what", FOUND)
def test_what_plan_finds(url: str, engine: Engine, what: str) -> None:
    statements, said = FOUND[what]
    Base.metadata.create_all(engine)
    place = TablePlace(url, [orders(Order)])
    before = place.findings()
    execute(engine, *statements)
    found = survey(place, Pipeline(place.scheme), plan(place), references=False).findings
    assert any(said in line for line in found), found
    if statements:
        assert not any(said in line for line in before)
    place.close()


def test_an_index_on_the_version_is_seen(url: str, engine: Engine) -> None:
    Base.metadata.create_all(engine)
    execute(engine, "CREATE INDEX by_version ON orders (version, id)")
    place = TablePlace(url, [orders(Order)])
    assert not any("no index" in line for line in place.findings())
    place.close()


def test_row_security_and_missing_rights(url: str, engine: Engine) -> None:
    table = filled(engine, [1])
    declared = orders(table)
    TablePlace(url, [declared]).close()
    execute(
        engine,
        "DROP ROLE IF EXISTS migrator",
        "CREATE ROLE migrator LOGIN",
        "ALTER TABLE orders ENABLE ROW LEVEL SECURITY",
    )
    tables = "SELECT tablename FROM pg_tables WHERE tablename LIKE 'kconv%'"
    with engine.begin() as connection:
        for (name,) in connection.execute(text(tables)).all():
            connection.execute(text(f"GRANT ALL ON {name} TO migrator"))
    place = TablePlace(url.replace("postgres@", "migrator@"), [declared])
    found = "\n".join(place.findings())
    assert "orders: row-level security is active for this user" in found
    assert "orders: this user may not read and update the table" in found
    place.close()
    execute(engine, "DROP OWNED BY migrator", "DROP ROLE migrator")


def test_what_is_found_on_sqlite(make_database: Callable[[str], str]) -> None:
    url = make_database("sqlite")
    engine = create_engine(url)
    Base.metadata.create_all(engine)
    execute(
        engine,
        "CREATE TRIGGER audited AFTER UPDATE ON orders BEGIN SELECT 1; END",
        "CREATE TRIGGER other AFTER INSERT ON orders BEGIN SELECT 1; END",
    )
    place = TablePlace(url, [orders(Order)])
    found = place.findings()
    assert "orders: the trigger audited fires for every row that is written" in found
    assert not any("other" in line for line in found)
    place.close()
    missing = TablePlace(url, [orders(Table("gone", MetaData(), *(
        Column(name, Integer, primary_key=name == "id") for name in ("id", "document", "version")
    )))])  # fmt: skip
    assert missing.findings() == ["orders: the database has no table gone"]
    missing.close()
    engine.dispose()
