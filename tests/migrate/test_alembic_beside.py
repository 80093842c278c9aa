"""A user's project with an Alembic of its own, in the database that kconv's tables are in."""

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect

from fixtures.long import only_long
from kconv._pipeline import Pipeline
from kconv._store import open_store
from kconv_migrations import _tables as db
from migrate.samples import NEW, rows, seed
from migrate.samples import OLD as BEFORE

MODELS = """
from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention={"pk": "pk_%(table_name)s", "ix": "ix_%(table_name)s"})


class Client(Base):
    __tablename__ = "clients"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(index=True)


class Object(Base):
    __tablename__ = "objects"
    id: Mapped[int] = mapped_column(primary_key=True)
"""
THEIRS = {"clients", "objects", "alembic_version"}
CONFIGURE = "target_metadata=target_metadata"

Run = Callable[..., subprocess.CompletedProcess[str]]


class Project:
    """What `alembic init` makes, with the user's models in it."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url
        folder.mkdir()
        assert self.alembic("init", "migrations").returncode == 0
        (folder / "models.py").write_text(MODELS)
        self.replace("alembic.ini", "sqlalchemy.url = driver://user:pass@localhost/dbname", "")
        self.replace(
            "migrations/env.py",
            "target_metadata = None",
            "from models import Base\n"
            f"config.set_main_option('sqlalchemy.url', {url.replace('%', '%%')!r})\n"
            "target_metadata = Base.metadata",
        )

    def replace(self, name: str, old: str, new: str) -> None:
        file = self.folder / name
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))

    def leave_out(self) -> None:
        """What the documentation says to write into env.py."""
        self.replace(
            "migrations/env.py",
            "from models import Base",
            "from kconv_migrations.op import include_name\nfrom models import Base",
        )
        self.replace("migrations/env.py", CONFIGURE, f"{CONFIGURE}, include_name=include_name")

    def alembic(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "alembic", *arguments],
            cwd=self.folder,
            env=os.environ | {"PYTHONPATH": str(self.folder), "PYTHONWARNINGS": "default"},
            capture_output=True,
            text=True,
            timeout=60,
        )

    def done(self, *arguments: str) -> str:
        ended = self.alembic(*arguments)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    def generated(self, message: str) -> str:
        """Run `revision --autogenerate`; returns the file that it wrote."""
        self.done("revision", "--autogenerate", "-m", message)
        (file,) = (self.folder / "migrations" / "versions").glob(f"*_{message}.py")
        return file.read_text()


@pytest.fixture
def project(tmp_path: Path, database_url: str) -> Project:
    return Project(tmp_path / "shop", database_url)


@pytest.fixture
def database_url(request: pytest.FixtureRequest, kind: str) -> str:
    url: str = request.getfixturevalue("sqlite_url" if kind == "sqlite" else "postgres_url")
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def tables(url: str) -> set[str]:
    engine = create_engine(url)
    try:
        return set(inspect(engine).get_table_names())
    finally:
        engine.dispose()


def theirs(url: str) -> set[str]:
    return {name for name in tables(url) if not name.startswith("kconv_")}


@pytest.mark.parametrize("first", ["theirs", pytest.param("kconv", marks=only_long)])
def test_neither_sees_the_other(project: Project, first: str) -> None:
    url = project.url
    if first == "kconv":
        db.upgrade(url)
    project.leave_out()
    made = project.generated("first")
    assert "kconv" not in made
    assert made.count("create_table") == 2
    project.done("upgrade", "head")
    assert theirs(url) == THEIRS
    db.upgrade(url)
    ours = tables(url) - THEIRS
    assert len(ours) > 10
    assert theirs(url) == THEIRS
    assert "No new upgrade operations detected" in project.done("check")
    assert "op." not in project.generated("second").partition("def upgrade")[2]
    project.done("upgrade", "head")
    assert db.current(url) == db.history()[-1].id
    assert db.upgrade(url) == db.current(url)
    project.done("downgrade", "base")
    assert tables(url) - {"alembic_version"} == ours
    project.done("upgrade", "head")
    open_store(url).close()


def test_without_it_alembic_would_drop_what_is_ours(project: Project) -> None:
    db.upgrade(project.url)
    assert "op.drop_table('kconv_objects')" in project.generated("first")


def test_storage_migration_from_their_revision(project: Project, pipeline: Pipeline) -> None:
    url = project.url
    db.upgrade(url)
    with closing(open_store(url)) as store:
        seed(store, pipeline, 3)
        assert rows(store) == {BEFORE: (3, 3)}
    project.leave_out()
    project.generated("first")
    project.done("revision", "-m", "stored")
    (file,) = (project.folder / "migrations" / "versions").glob("*_stored.py")
    body = "def upgrade() -> None:\n"
    text = file.read_text()
    assert body in text
    file.write_text(
        text.replace(
            body,
            "import kconv_migrations.op\n\n\n"
            f"{body}    op.migrate_storage('batch', 'v1', resources=['cronjobs.batch'])\n",
        )
    )
    project.done("upgrade", "head")
    with closing(open_store(url)) as store:
        assert rows(store) == {NEW: (3, 3)}
    assert "No new upgrade operations detected" in project.done("check")
