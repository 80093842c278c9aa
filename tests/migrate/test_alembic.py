"""A user's own Alembic environment, with storage migrations among its revisions."""

from collections.abc import Callable
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, inspect

from kconv._errors import Conflict, UsageError
from kconv._pipeline import Pipeline
from kconv._store import SqlStore
from migrate.samples import NEW, OLD, key, rows, seed

ENV = """
from alembic import context
from sqlalchemy import create_engine

import kconv_migrations.op

url = context.config.get_main_option("sqlalchemy.url")
if context.is_offline_mode():
    context.configure(url=url, literal_binds=True, version_table="app_version")
    with context.begin_transaction():
        context.run_migrations()
else:
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            context.configure(connection=connection, version_table="app_version")
            with context.begin_transaction():
                context.run_migrations()
    finally:
        engine.dispose()
"""

REVISION = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "{revision}", {down}


def upgrade():
    {upgrade}


def downgrade():
    {downgrade}
"""

TABLE = 'op.create_table("reports", sa.Column("id", sa.Integer, primary_key=True))'
MIGRATE = 'op.migrate_storage("batch", "v1", resources=["cronjobs.batch"])'
BACK = 'op.migrate_storage("batch", "v1beta1")'
REQUIRE = 'op.migrate_storage("batch", "v1", require=True)'
COLUMN = 'op.add_column("reports", sa.Column("note", sa.Text))'

Environment = Callable[..., Config]


@pytest.fixture
def environment(tmp_path: Path, database_url: str) -> Environment:
    """An Alembic environment whose revisions do what is given, two statements each."""

    def make(*revisions: tuple[str, str]) -> Config:
        folder = tmp_path / "alembic"
        (folder / "versions").mkdir(parents=True)
        (folder / "env.py").write_text(ENV)
        down = None
        for number, (upgrade, downgrade) in enumerate(revisions, 1):
            text = REVISION.format(
                revision=number, down=repr(down), upgrade=upgrade, downgrade=downgrade
            )
            (folder / "versions" / f"{number}.py").write_text(text)
            down = str(number)
        config = Config()
        config.set_main_option("script_location", str(folder))
        config.set_main_option("path_separator", "os")
        config.set_main_option("sqlalchemy.url", database_url.replace("%", "%%"))
        return config

    return make


@pytest.fixture(autouse=True)
def _clean(database_url: str, store: SqlStore) -> None:
    """The tests share one PostgreSQL database."""
    engine = create_engine(database_url)
    with engine.begin() as connection:
        for table in ("reports", "app_version"):
            connection.exec_driver_sql(f"DROP TABLE IF EXISTS {table}")
    engine.dispose()


def columns(url: str) -> list[str]:
    engine = create_engine(url)
    names = [each["name"] for each in inspect(engine).get_columns("reports")]
    engine.dispose()
    return names


def test_schema_and_data_steps_keep_their_order(
    environment: Environment, store: SqlStore, pipeline: Pipeline, database_url: str
) -> None:
    seed(store, pipeline, 5)
    config = environment((TABLE, "pass"), (MIGRATE, BACK), (f"{REQUIRE}; {COLUMN}", "pass"))
    command.upgrade(config, "head")
    assert rows(store) == {NEW: (5, 5)}
    assert columns(database_url) == ["id", "note"]
    command.downgrade(config, "1")
    assert rows(store) == {OLD: (5, 5)}
    assert [run.state for run in store.runs()] == ["done", "done"]


def test_in_one_revision(
    environment: Environment, store: SqlStore, pipeline: Pipeline, database_url: str
) -> None:
    seed(store, pipeline, 3)
    command.upgrade(environment((f"{TABLE}; {MIGRATE}; {COLUMN}", "pass")), "head")
    assert rows(store) == {NEW: (3, 3)}
    assert columns(database_url) == ["id", "note"]


def test_require_where_rows_are_in_another_version(
    environment: Environment, store: SqlStore, pipeline: Pipeline
) -> None:
    seed(store, pipeline, 2)
    with pytest.raises(Conflict, match=r"cronjobs\.batch \(stored in batch/v1beta1\): run `kconv"):
        command.upgrade(environment((REQUIRE, "pass")), "head")
    assert rows(store) == {OLD: (2, 2)}


def test_rows_that_are_left_fail_the_revision(
    environment: Environment, store: SqlStore, pipeline: Pipeline
) -> None:
    seed(store, pipeline, 2)
    store.create(key("bad"), uid="bad", api_version=OLD, data=b"{")
    config = environment((MIGRATE, "pass"))
    with pytest.raises(Conflict, match=r"left rows of cronjobs\.batch"):
        command.upgrade(config, "head")
    bad = store.get(key("bad"))
    store.delete(key("bad"), expected=bad.resource_version, api_version=NEW, data=b"{}")
    store.compact(0)
    command.upgrade(config, "head")
    assert rows(store) == {NEW: (2, 0)}


def test_offline(environment: Environment, store: SqlStore) -> None:
    with pytest.raises(UsageError, match="cannot be written as SQL"):
        command.upgrade(environment((MIGRATE, "pass")), "head", sql=True)
