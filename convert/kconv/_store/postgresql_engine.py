"""Connecting to PostgreSQL, directly or by way of a pooler such as PgBouncer.

A pooler in transaction mode gives each transaction another session of the server. So there must be
no prepared statements and no settings of the session then; a transaction sets what it needs. That
there is one is found out: it tells its clients another process than the one that serves them.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event

from kconv._errors import UsageError

_REFUSED: Final = "unsupported startup parameter"

IDLE_SECONDS: Final = 60
"""How long a transaction may be open in which nothing is asked, before the server ends the session.

A process that is stopped, or whose machine is gone, in the middle of a transaction would keep its
locks until the server's keepalive finds out, hours later, and hold up the writes of all others.
"""

READ_SECONDS: Final = 60.0
"""How long a store's reading statement may bring nothing before its connection is closed."""

WRITE_SECONDS: Final = 30.0
"""The same of one that writes. Each lock that it may need is waited for for less."""

_NETWORK: Final = {
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}
"""The other way round: a server that is gone without a word is found out within a minute."""


def settings(lock_timeout: int) -> dict[str, int]:
    """What each session has, in milliseconds; behind a pooler, each transaction."""
    return {
        "lock_timeout": lock_timeout,
        "idle_in_transaction_session_timeout": IDLE_SECONDS * 1000,
    }


class PostgresqlEngine:
    """An engine, and whether a pooler stands before the server.

    ``lock_timeout`` is in seconds. ``is_pooled`` is known once there has been a connection.
    """

    def __init__(self, url: URL, lock_timeout: float, **sizes: Any) -> None:
        self._url = url
        self._settings = settings(int(lock_timeout * 1000))
        self._own_options = str(url.query.get("options", "")).strip()
        self._pooled: bool | None = None
        try:
            self.engine: Engine = create_engine(url, connect_args=self.arguments(), **sizes)
        except ImportError:
            raise UsageError(
                'the driver for PostgreSQL is not installed: run pip install "kconv[postgres]"'
            ) from None
        event.listen(self.engine, "do_connect", self._connect)

    def arguments(self) -> dict[str, Any]:
        """What the driver is to connect with, besides what the URL says."""
        found: dict[str, Any] = {"client_encoding": "utf8"}
        if self._pooled:
            found["prepare_threshold"] = None
        else:
            set_by_us = [f"-c {name}={value}" for name, value in self._settings.items()]
            found["options"] = " ".join([*set_by_us, self._own_options]).strip()
        defaults = {"connect_timeout": "10", "application_name": "kconv", **_NETWORK}
        return found | {
            name: value for name, value in defaults.items() if name not in self._url.query
        }

    @property
    def is_pooled(self) -> bool:
        """Whether nothing may be left in the session from one transaction to the next."""
        return bool(self._pooled)

    def wait(self, connection: Connection, seconds: float | None) -> None:
        """Have a connection closed that brings nothing for so long when it is asked something."""
        driver: Any = connection.connection.driver_connection
        driver.patience = seconds

    def begin(self, connection: Connection) -> None:
        """Set, at its beginning, what a transaction needs and the session does not have."""
        if self._pooled:
            for name, value in self._settings.items():
                connection.exec_driver_sql(f"SET LOCAL {name} = {value}")

    def _connect(self, dialect: Any, _record: Any, args: Any, named: dict[str, Any]) -> Any:
        from kconv._store.postgresql_patience import PatientConnection

        driver = dialect.loaded_dbapi
        if self._pooled:
            named.pop("options", None)
        try:
            connection = PatientConnection.connect(*args, **named)
        except driver.OperationalError as error:
            if "options" not in named or _REFUSED not in str(error):
                raise
            if self._own_options:
                raise UsageError(
                    "the pooler before PostgreSQL takes no options from its clients: leave "
                    "`options` out of the URL, and set them for the role or the database"
                ) from error
            self._pooled = True
            named.pop("options")
            connection = PatientConnection.connect(*args, **named)
        if self._pooled is None:
            served_by = connection.execute("SELECT pg_backend_pid()").fetchall()[0][0]
            connection.rollback()
            self._pooled = served_by != connection.info.backend_pid
        if self._pooled:
            connection.prepare_threshold = None
        return connection
