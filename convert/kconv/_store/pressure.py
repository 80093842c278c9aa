"""What a database is under: replicas that lag, an archive that does not follow, waits, work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, TextClause, text

from kconv.place import Pressure, Replica

_NONE_ON_SQLITE: Final = "SQLite has none"
_NOT_SHOWN: Final = "PostgreSQL shows it to members of pg_monitor only: grant that to this user"
_NO_ARCHIVE: Final = "PostgreSQL archives no log (archive_mode is off)"

# Its columns are NULL for users who may not see them, but for those that say it is there.
_REPLICAS: Final = text("""
SELECT coalesce(nullif(application_name, ''), 'process ' || pid) AS name,
    coalesce(extract(epoch FROM replay_lag), 0)::float8 AS lag,
    pg_wal_lsn_diff(replay_lsn, '0/0')::bigint AS replayed,
    state IS NULL AS is_hidden
FROM pg_stat_replication
""")
# A replica has positions of its own, and may have replicas.
_POSITION: Final = text("""
SELECT pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()
    ELSE pg_current_wal_lsn() END, '0/0')::bigint
""")
_ARCHIVES: Final = text("""
SELECT current_setting('archive_mode') <> 'off',
    has_function_privilege('pg_ls_archive_statusdir()', 'execute')
""")
_BACKLOG: Final = text("SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'")
_LOCK_WAITS: Final = text("""
SELECT count(DISTINCT l.pid) FROM pg_locks AS l JOIN pg_stat_activity AS a ON a.pid = l.pid
WHERE NOT l.granted AND a.datname = current_database() AND a.pid <> pg_backend_pid()
""")
_LOAD: Final = text("""
SELECT count(*) FILTER (WHERE state = 'active'),
    coalesce(bool_or(state IS NULL AND query = '<insufficient privilege>'), false)
FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
""")
_VACUUMED: Final = text("""
SELECT relid::regclass::text FROM pg_stat_progress_vacuum
WHERE datname = current_database() AND relid = ANY(CAST(:tables AS regclass[])) LIMIT 1
""")
_SEES_ALL: Final = text("""
SELECT pg_has_role('pg_read_all_stats', 'usage')
    OR (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
""")

WHAT: Final = ("replica_lag", "archive_backlog", "lock_waits", "load", "vacuum")


def read(connection: Connection, tables: Sequence[str], wanted: frozenset[str]) -> Pressure:
    """What is ``wanted`` of `WHAT`; vacuuming is that of ``tables``."""
    if connection.dialect.name != "postgresql":
        return Pressure(unknown=dict.fromkeys(wanted, _NONE_ON_SQLITE))
    unknown: dict[str, str] = {}
    replicas: tuple[Replica, ...] = ()
    position = 0
    if "replica_lag" in wanted:
        position = int(_one(connection, _POSITION))
        found = connection.execute(_REPLICAS).all()
        if any(each.is_hidden for each in found):
            unknown["replica_lag"] = _NOT_SHOWN
        # One that has just connected has replayed nothing that it could say.
        shown = [each for each in found if each.replayed is not None]
        replicas = tuple(Replica(each.name, each.lag, int(each.replayed)) for each in shown)
    backlog = None
    if "archive_backlog" in wanted:
        archives, may_look = connection.execute(_ARCHIVES).one()
        if not archives:
            unknown["archive_backlog"] = _NO_ARCHIVE
        elif not may_look:
            unknown["archive_backlog"] = _NOT_SHOWN
        else:
            backlog = int(_one(connection, _BACKLOG))
    load = None
    if "load" in wanted:
        load, is_hidden = connection.execute(_LOAD).one()
        if is_hidden:
            unknown["load"] = _NOT_SHOWN
    vacuumed = ""
    if "vacuum" in wanted:
        if not _one(connection, _SEES_ALL):
            unknown["vacuum"] = _NOT_SHOWN
        named = {"tables": list(tables)}
        vacuumed = connection.execute(_VACUUMED, named).scalar_one_or_none() or ""
    waits = int(_one(connection, _LOCK_WAITS)) if "lock_waits" in wanted else None
    return Pressure(
        replicas=replicas,
        log_position=position,
        archive_backlog=backlog,
        lock_waits=waits,
        load=load,
        vacuumed=vacuumed,
        unknown=unknown,
    )


def _one(connection: Connection, statement: TextClause) -> float:
    return connection.execute(statement).scalar_one()  # type: ignore[no-any-return]  # one number
