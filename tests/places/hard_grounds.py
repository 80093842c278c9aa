"""Grounds whose medium can be made to fail, for the tests of every place under what goes wrong."""

from __future__ import annotations

import errno
import json
import os
import sqlite3
from abc import abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from sqlalchemy import create_engine, select, update

from fixtures.outage import Outage
from fixtures.postgres import PostgresServer
from kconv._errors import Conflict, VersionNotOnRecord
from kconv._pipeline import Pipeline
from kconv._store import SqlStore
from kconv.testing import PlaceGround
from kconv_migrations._migration import Progress
from migrate import samples
from migrate.samples import everything
from places.grounds import StoreGround, TableGround
from places.keyed_grounds import FilesGround

Follow = Callable[[Progress], None]


class HardGround(PlaceGround):
    """A place whose medium fails when a test wants it to."""

    locks = True
    """Whether a writer can change a document so that nobody else does in between."""

    @abstractmethod
    def release(self) -> None:
        """Close connections, which neither a fork nor a restart of the server may meet."""

    def surroundings(self) -> Any:
        """Whatever else is there, and stays as it is while documents are converted."""
        return None

    def check_surroundings(self, count: int) -> None:
        """That what was converted beside so many documents is, too."""

    def write_number(self, name: str, number: int) -> None:
        """Change one field of a document in whatever version it is, as one transaction."""
        raise NotImplementedError

    @contextmanager
    @abstractmethod
    def full_disk(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
        """A disk that is full after about half of the writes; what the run is to say of it."""
        yield ""

    @contextmanager
    @abstractmethod
    def outage(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[Follow]:
        """A medium that goes away once a run has written, and comes back."""
        yield lambda _: None


class _InDatabase(HardGround):
    """What databases have in common; ``pages`` is for how many more SQLite has room."""

    url: str
    pages: int
    server: PostgresServer | None = None

    @contextmanager
    def outage(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[Follow]:
        if self.server is None:
            pytest.skip("a file does not go away and come back")
        outage = Outage(self.server)
        yield outage.follow
        outage.end()
        assert outage.said

    @contextmanager
    def full_disk(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
        if not self.url.startswith("sqlite"):
            pytest.skip("only SQLite's size can be bounded here")
        with sqlite3.connect(self.url.removeprefix("sqlite:///")) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            most = connection.execute("PRAGMA page_count").fetchone()[0] + self.pages
        connection.close()
        connect = sqlite3.connect

        def bounded(*arguments: object, **named: object) -> sqlite3.Connection:
            made: sqlite3.Connection = connect(*arguments, **named)  # type: ignore[call-overload]  # passed on
            made.execute(f"PRAGMA max_page_count = {most}")
            return made

        with monkeypatch.context() as patch:
            patch.setattr(sqlite3, "connect", bounded)
            patch.setattr("sqlite3.dbapi2.connect", bounded)
            yield "cannot grow: the disk is full"


class HardStore(_InDatabase, StoreGround):
    """kconv's own store, with entries in its log."""

    pages = 20

    def __init__(
        self, url: str, store: SqlStore, pipeline: Pipeline, server: PostgresServer | None
    ) -> None:
        super().__init__(store, pipeline)
        self.url, self.server = url, server

    def put(self, name: str, version: str, data: bytes) -> None:
        self.store.create(samples.key(name), uid=name, api_version=version, data=data)

    def release(self) -> None:
        self.store.close()

    def surroundings(self) -> Any:
        return everything(self.store), self.store.head()

    def check_surroundings(self, count: int) -> None:
        assert samples.rows(self.store) == {self.new: (count, count)}
        log = self.store.changes(0, limit=10_000)
        expected = {name: self.document(name, self.new) for name in self.rows()}
        assert {each.stored.key.name: each.stored.data for each in log} == expected

    def write_number(self, name: str, number: int) -> None:
        while True:
            row = self.store.get(samples.key(name))
            with suppress(Conflict, VersionNotOnRecord):
                self.store.update(
                    row.key,
                    expected=row.resource_version,
                    api_version=row.api_version,
                    data=_numbered(row.data, number),
                )
                return


class HardTable(_InDatabase, TableGround):
    """A table of a user's own."""

    pages = 12

    def __init__(
        self, url: str, pipeline: Pipeline, sort: str, server: PostgresServer | None
    ) -> None:
        super().__init__(url, pipeline, sort)
        self.server = server
        patience = {"timeout": 60} if url.startswith("sqlite") else {}
        self._writers = create_engine(url, connect_args=patience)

    def release(self) -> None:
        self.engine.dispose()
        self._writers.dispose()

    def write_number(self, name: str, number: int) -> None:
        this = self.table.c.name == name
        with self._writers.connect() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            found = connection.execute(select(self.table).where(this).with_for_update()).one()
            document = self.held(_numbered(self.bytes_of(found.document), number))
            connection.execute(
                update(self.table)
                .where(this)
                .values(document=document, schema_version=found.schema_version, touched=1)
            )
            connection.commit()


class HardFolder(HardGround, FilesGround):
    """A folder of files: nothing keeps other programs from writing them at any moment."""

    locks = False

    def release(self) -> None:
        pass

    @contextmanager
    def full_disk(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
        fsync, left = os.fsync, [None] * (len(self.rows()) // 2)

        def full(handle: int) -> None:
            if not left:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "notes")
            left.pop()
            fsync(handle)

        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", full)
            yield "cannot write notes: No space left on device"
        assert not list(self.folder.glob(".name-*")), "no half file is left"

    @contextmanager
    def outage(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[Follow]:
        """As a folder on another machine may be away for a while."""
        fsync, failing = os.fsync, [None] * 5

        def away(handle: int) -> None:
            if failing:
                failing.pop()
                raise OSError(errno.EIO, os.strerror(errno.EIO), "notes")
            fsync(handle)

        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", away)
            yield lambda _: None
        assert not failing


def _numbered(data: bytes, number: int) -> bytes:
    document = json.loads(data)
    document["spec"]["startingDeadlineSeconds"] = number
    return json.dumps(document).encode()


def number_of(data: bytes) -> int | None:
    """What `HardGround.write_number` wrote last."""
    found: int | None = json.loads(data)["spec"].get("startingDeadlineSeconds")
    return found
