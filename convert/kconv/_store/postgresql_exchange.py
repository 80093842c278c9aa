"""A prepared statement on its way to PostgreSQL and back, driven by an event loop.

The loop sends it and goes on with other things; nothing is handed to a thread and back, which
would wait for the interpreter as long as the loop is busy.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

import psycopg
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn, PGresult

from kconv._store.postgresql_input import take
from kconv._store.postgresql_patience import NoAnswer, take_all

DONE: Final = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)
"""How statements that went well end."""


class Exchange:
    """A statement that is sent, until it is answered, over and over.

    ``answered`` is called on the loop when it is, with `results` and `is_broken`.
    """

    def __init__(
        self,
        session: PGconn,
        loop: asyncio.AbstractEventLoop,
        answered: Callable[[], None],
    ) -> None:
        self._session: Final = session
        self._socket: Final = session.socket
        self._loop: Final = loop
        self._answered: Final = answered
        self._reads = self._writes = False
        self.results: list[PGresult] = []
        self.is_broken = False
        """Whether the connection broke before all results were there."""

    def send(self, name: bytes, arguments: list[bytes | None], formats: list[int]) -> None:
        """Send a statement, and wait for nothing.

        Raises `NotImplementedError` where the loop watches no sockets.
        """
        self.results = []
        if not self._reads:
            self._loop.add_reader(self._socket, self._readable)
            self._reads = True
        try:
            self._session.send_query_prepared(name, arguments, formats)
            if self._session.flush():
                self._writes = True
                self._loop.add_writer(self._socket, self._writable)
        except psycopg.Error:
            self.is_broken = True
            self._loop.call_soon(self._answered)
        except BaseException:
            # The answers to what is asked next must not go to a reader of the loop.
            self.leave()
            raise

    @property
    def is_done(self) -> bool:
        """Whether the statement was answered and went well."""
        return not self.is_broken and bool(self.results) and self.results[-1].status in DONE

    def wait(self, patience: float) -> None:
        """Wait for the answer in this thread, in place of a loop that has ended.

        Raises `NoAnswer` where it has not come after so many seconds.
        """
        self.leave()
        try:
            take_all(self._session, self.results, patience)
        except psycopg.Error as error:
            self.is_broken = True
            if isinstance(error, NoAnswer):
                raise

    def _readable(self) -> None:
        if self._read():
            self._answered()

    def _read(self) -> bool:
        """Take what has come; whether that was all."""
        try:
            return take(self._session, self.results)
        except psycopg.Error:
            self.is_broken = True
            return True

    def _writable(self) -> None:
        if self._flush():
            return
        self._loop.remove_writer(self._socket)
        self._writes = False
        if self.is_broken:
            self._answered()

    def _flush(self) -> bool:
        """Send what is left; whether something still is."""
        try:
            return bool(self._session.flush())
        except psycopg.Error:
            self.is_broken = True
            return False

    def leave(self) -> None:
        """Have the loop watch for nothing more."""
        if not self._loop.is_closed():
            if self._reads:
                self._loop.remove_reader(self._socket)
            if self._writes:
                self._loop.remove_writer(self._socket)
        self._reads = self._writes = False
