"""From what databases and drivers raise to errors that say what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoFreeConnection

from kconv._errors import (
    Conflict,
    Denied,
    KconvError,
    StoreError,
    TablesOutdated,
    TimedOut,
    Unavailable,
    VersionNotOnRecord,
)
from kconv._store.sqlite_causes import NO_DESCRIPTOR, code_of_cause

# SQLSTATE codes, appendix A of PostgreSQL's manual.
_DEADLOCK: Final = ("40001", "40P01")
_NO_TABLE: Final = ("42P01", "42703")
_READ_ONLY: Final = ("25006",)
_LOCKED: Final = ("55P03",)
_DENIED: Final = ("42501",)
_FOREIGN_KEY: Final = ("23503",)
_UNIQUE: Final = ("23505",)
_FULL: Final = ("53100",)
_NO_MEMORY: Final = ("53200",)
_NO_CONNECTION: Final = ("53300",)
_CUT_SHORT: Final = ("57014",)
_ENVIRONMENT: Final = ("08", "28", "3D", "53", "57", "58", "XX")

_IS_LOCKED: Final = "is locked by another process"
_IS_READ_ONLY: Final = "is read-only"
_IS_FULL: Final = "cannot grow: the disk is full"
_HAS_NO_MEMORY: Final = "needs more memory than there is"
_IS_BUSY: Final = "is busy: no connection is free"
_LETS_NOBODY_IN: Final = "does not let this user in"
_WAS_MOVED: Final = "was moved, replaced or removed"
_PUT_BACK: Final = (
    "it is read-only: put the file back, or restart what has it open to use what is there"
)

_SQLITE_HELP: Final = {
    "SQLITE_BUSY": (_IS_LOCKED, "stop it or try again"),
    "SQLITE_LOCKED": (_IS_LOCKED, "stop it or try again"),
    "SQLITE_READONLY_DBMOVED": (_WAS_MOVED, _PUT_BACK),
    "SQLITE_READONLY": (_IS_READ_ONLY, "the file or its folder cannot be written by this user"),
    "SQLITE_CANTOPEN": ("cannot be opened", "check that its folder exists and may be written"),
    "SQLITE_PERM": ("cannot be opened", "check the permissions of the file and its folder"),
    "SQLITE_FULL": (_IS_FULL, "make room"),
    "SQLITE_IOERR": ("could not be read or written", "check the disk"),
    "SQLITE_CORRUPT": ("is damaged", "restore it from a backup"),
    "SQLITE_NOTADB": ("is not a SQLite database", "name another file"),
    "SQLITE_NOMEM": (_HAS_NO_MEMORY, "give it more"),
    NO_DESCRIPTOR: ("cannot be opened: too many files are open", "raise the limit (ulimit -n)"),
}
"""By the start of the code's name: what the database is, and what to do."""

_POSTGRESQL_HELP: Final = {
    (*_LOCKED, *_DEADLOCK): (_IS_LOCKED, "try again"),
    _READ_ONLY: (_IS_READ_ONLY, "connect to the primary server, or let this user write"),
    _FULL: (_IS_FULL, "make room"),
    _NO_MEMORY: (_HAS_NO_MEMORY, "give it more"),
    _NO_CONNECTION: (_IS_BUSY, "raise max_connections or end some"),
    _CUT_SHORT: ("took too long", "see statement_timeout, and what else goes on"),
}
"""As `_SQLITE_HELP`, by SQLSTATE."""

_REFUSALS: Final = {
    ("too many clients", "connection slots are reserved", "too many connections",
     "no more connections allowed"): (_IS_BUSY, "raise max_connections or end some"),
    ("the database system is",): ("does not serve", "it starts, ends or recovers: try again"),
    ("authentication failed", "no pg_hba.conf entry", "no password supplied", "is not permitted"):
        (_LETS_NOBODY_IN, "see the user and the password, and pg_hba.conf"),
    ('role "',): (_LETS_NOBODY_IN, "create the role, or name another user"),
    ('database "',): ("does not exist on its server", "create it, or name another"),
}  # fmt: skip
"""As the others, by what PostgreSQL or a pooler says to who connects: the driver has no code then.

It says so in English where nobody has set ``lc_messages``; otherwise it counts as out of reach.
"""


def without_password(url: URL) -> str:
    """The URL as it is given to ``--db``, without its driver and with nothing secret in it."""
    public = url.difference_update_query(("password", "sslpassword", "passfile"))
    return public.set(drivername=url.get_backend_name()).render_as_string(hide_password=True)


def lost_connection(error: DBAPIError) -> bool:
    """Whether the connection broke, so that nothing of the open transaction was kept."""
    return error.connection_invalidated


def is_unanswered(error: DBAPIError) -> bool:
    """Whether the connection was closed by us, since nothing came for too long."""
    return getattr(error.orig, "is_unanswered", False)


def may_succeed_again(error: DBAPIError) -> bool:
    """Whether the same transaction may go through when run again.

    That holds after a deadlock and when another process took a key between read and write.
    """
    return _sqlstate(error) in (*_DEADLOCK, *_FOREIGN_KEY, *_UNIQUE) or (
        _sqlite_code(error).startswith("SQLITE_CONSTRAINT")
    )


def fault(error: SQLAlchemyError, url: URL) -> KconvError:
    """The error of kconv for one of SQLAlchemy: what happened and what to do, no secrets."""
    where = f"the database {without_password(url)}"
    if isinstance(error, NoFreeConnection):
        return Unavailable(f"{where} {_IS_BUSY}: none became so in time", cause=_IS_BUSY)
    if not isinstance(error, DBAPIError):
        return StoreError(f"{where}: {_first_line(error, url)}")
    if code := _sqlite_code(error):
        return _sqlite_fault(error, code, where, url)
    return _postgresql_fault(error, where, url)


def is_of_row(error: StoreError) -> bool:
    """Whether a database refused what was to be written, so that other rows may go through."""
    cause = error.__cause__
    return isinstance(cause, DBAPIError) and not isinstance(error, Unavailable | TablesOutdated)


def no_tables(url: URL) -> TablesOutdated:
    """For a database that kconv's tables have not been made in."""
    return TablesOutdated(
        f"the database {without_password(url)} has no tables of kconv: "
        f"run `kconv db upgrade --db {without_password(url)}`"
    )


def moved(url: URL) -> Unavailable:
    """For a SQLite file that is not the one that was opened."""
    where = f"the database {without_password(url)}"
    return Unavailable(f"{where} {_WAS_MOVED}: {_PUT_BACK}", cause=_WAS_MOVED)


def log_removed(url: URL) -> Unavailable:
    """For a SQLite database whose log, or its index, is not the one that was opened."""
    cause = "has lost its write-ahead log (-wal, -shm)"
    return Unavailable(
        f"the database {without_password(url)} {cause}, which was moved, replaced or removed: end "
        "what has it open before anything else opens it; at its end it writes what the log has "
        "into the database",
        cause=cause,
    )


def unknown_tables(url: URL, found: str, known: str) -> TablesOutdated:
    """For tables at a revision that this release does not have; ``known`` is its newest."""
    if not found.isdecimal():
        return TablesOutdated(
            f"the tables in {without_password(url)} are another program's "
            f"(Alembic revision {found}): give kconv a database of its own"
        )
    return TablesOutdated(
        f"the tables in {without_password(url)} were made by a later release of kconv "
        f"(revision {found}, this one knows {known}): upgrade kconv"
    )


def _sqlite_fault(error: DBAPIError, code: str, where: str, url: URL) -> KconvError:
    detail = _first_line(error.orig, url)
    if code == "SQLITE_CONSTRAINT_FOREIGNKEY":
        return _not_on_record()
    if code.startswith("SQLITE_CONSTRAINT"):
        return Conflict(f"{where} refused the write: {detail}")
    if detail.startswith(("no such table", "no such column")):
        return no_tables(url)
    code = code_of_cause(code, Path(url.database) if url.database else None)
    for prefix, (cause, advice) in _SQLITE_HELP.items():
        if code.startswith(prefix):
            return Unavailable(f"{where} {cause}: {advice} ({detail})", cause=cause)
    return StoreError(f"{where}: {detail}")


def _postgresql_fault(error: DBAPIError, where: str, url: URL) -> KconvError:
    code = _sqlstate(error)
    detail = _first_line(error.orig, url)
    if code in _FOREIGN_KEY:
        return _not_on_record()
    if code in _UNIQUE:
        return Conflict(f"{where} refused the write: {detail}")
    if code in _NO_TABLE:
        return no_tables(url)
    for codes, (cause, advice) in _POSTGRESQL_HELP.items():
        if code in codes:
            kind = TimedOut if code in (*_LOCKED, *_CUT_SHORT) else Unavailable
            return kind(f"{where} {cause}: {advice} ({detail})", cause=cause)
    if code in _DENIED:
        return Denied(
            f"{where} denies it: grant this user its tables ({detail})", cause="denies access"
        )
    if is_unanswered(error):
        return Unavailable(f"{where} did not answer in time: {detail}", cause="does not answer")
    if error.connection_invalidated or (not code and _is_of_the_connection(error)):
        said = str(error.orig).partition("FATAL:")[2]
        for signs, (cause, advice) in _REFUSALS.items():
            if any(each in said for each in signs):
                return Unavailable(f"{where} {cause}: {advice} ({detail})", cause=cause)
        return Unavailable(f"cannot reach {where}: is the server running? ({detail})")
    if code.startswith(_ENVIRONMENT):
        return Unavailable(f"{where} does not serve: {detail}", cause="does not serve")
    return StoreError(f"{where}: {detail}")


def _not_on_record() -> VersionNotOnRecord:
    return VersionNotOnRecord(
        "the version to be written is not on record in the database: "
        "`kconv migrate status` lists those that are"
    )


def _is_of_the_connection(error: DBAPIError) -> bool:
    """Whether an error without a code tells of the connection; others tell of a wrong call.

    What the client library reports in a result, such as that the server closed the connection, the
    driver calls a DatabaseError and no more.
    """
    return type(error).__name__ in ("OperationalError", "InterfaceError", "DatabaseError")


def _sqlstate(error: DBAPIError) -> str:
    return getattr(error.orig, "sqlstate", None) or ""


def _sqlite_code(error: DBAPIError) -> str:
    if not type(error.orig).__module__.startswith("sqlite3"):
        return ""
    return getattr(error.orig, "sqlite_errorname", None) or "SQLITE_ERROR"


def _first_line(error: BaseException | None, url: URL) -> str:
    """The driver's message on one line, any password in it blanked."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = lines[0] if lines else type(error).__name__
    secrets = [url.password, *(url.query.get(name) for name in ("password", "sslpassword"))]
    for secret in secrets:
        if isinstance(secret, str) and secret:
            text = text.replace(secret, "***")
    return text
