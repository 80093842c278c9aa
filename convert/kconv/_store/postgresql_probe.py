"""Whether what speaks PostgreSQL's protocol does what PostgreSQL does, as far as kconv needs it.

Other products speak it, too, and each leaves something out. What counts is what a database does and
not what it calls itself: each of the statements here is of a kind that kconv relies on.
"""

from __future__ import annotations

import re
from typing import Final

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from kconv._errors import Unsupported
from kconv._store.database import Database
from kconv._store.database_errors import fault, without_password

LEAST: Final = 12
"""The oldest release that has everything: WITH … AS MATERIALIZED came with it."""

_VERSION: Final = re.compile(r"PostgreSQL (\d+)[\d.]*(?:beta\d+|rc\d+|devel)? ")
_TABLE: Final = "CREATE TEMPORARY TABLE kconv_probe (id int PRIMARY KEY, data bytea) ON COMMIT DROP"
_NOT_ALLOWED: Final = "42501"

PROBES: Final[dict[str, tuple[str, ...]]] = {
    "functions in PL/pgSQL, for triggers": ("DO $$ BEGIN PERFORM 1; END $$",),
    "advisory locks of a transaction": ("SELECT pg_try_advisory_xact_lock(0)",),
    'the collation "C"': ("""SELECT 'a' < 'b' COLLATE "C" """,),
    "SHA-256": ("SELECT sha256('\\x00'::bytea)",),
    "rows of JSON beside arrays of bytes": (
        """
        SELECT * FROM ROWS FROM (
            json_to_recordset('[{"a": 1}]'::json) AS (a int), unnest(ARRAY['\\x00'::bytea])
        ) WITH ORDINALITY AS found (a, b, n)
        """,
    ),
    "locks on rows that pass over those of others": (
        _TABLE,
        "SELECT id FROM kconv_probe FOR NO KEY UPDATE SKIP LOCKED",
        "SELECT id FROM kconv_probe FOR KEY SHARE",
    ),
    "locks on tables": (_TABLE, "LOCK TABLE kconv_probe IN SHARE ROW EXCLUSIVE MODE"),
    "rows by their place (ctid)": (
        _TABLE,
        """
        UPDATE kconv_probe AS probe SET data = found.data
        FROM (SELECT ctid AS place, data FROM kconv_probe OFFSET 0) AS found
        WHERE probe.ctid = found.place
        """,
    ),
    "several writes in one statement": (
        _TABLE,
        """
        WITH added AS MATERIALIZED (
            INSERT INTO kconv_probe VALUES (1, NULL)
            ON CONFLICT (id) DO UPDATE SET data = excluded.data RETURNING id
        ), gone AS (DELETE FROM kconv_probe WHERE id = 2)
        SELECT count(*) FROM added
        """,
    ),
}
"""What is needed, and statements that need it, in a transaction."""


def is_postgresql(connection: Connection) -> bool:
    """Whether the server calls itself PostgreSQL, of a release that has everything, and no more."""
    said = str(connection.exec_driver_sql("SELECT version()").scalar_one())
    match = _VERSION.match(f"{said} ")
    return match is not None and int(match[1]) >= LEAST


def probe(database: Database) -> None:
    """See that the database does what is needed.

    Raises `Unsupported`, which says what is missing and how the server calls itself.
    """
    missing = [what for what, statements in PROBES.items() if not _does(database, statements)]
    if not missing:
        return
    said = database.peek(lambda it: str(it.exec_driver_sql("SELECT version()").scalar_one()))
    lines = "".join(f"\n  {each}" for each in missing)
    raise Unsupported(
        f"the database {without_password(database.url)} speaks PostgreSQL's protocol, but does not "
        f"do what kconv needs:{lines}\nit calls itself {said}; use PostgreSQL {LEAST} or later"
    )


def _does(database: Database, statements: tuple[str, ...]) -> bool:
    try:
        with database.engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
            connection.rollback()
    except DBAPIError as error:
        # Where temporary tables are forbidden, nothing is known.
        code = getattr(error.orig, "sqlstate", None)
        if error.connection_invalidated or code is None:
            raise fault(error, database.url) from error
        return bool(code == _NOT_ALLOWED)
    return True
