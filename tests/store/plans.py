"""A database with 100,000 rows in each large table, and the plans of the statements run on it."""

import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from sqlalchemy import event

from fixtures.postgres import PostgresServer
from kconv._store import SqlStore

ROWS = 100_000
LARGE = ("kconv_objects", "kconv_changes", "kconv_undo")

_NUMBERS = {
    "sqlite": (
        "WITH RECURSIVE numbers(n) AS "
        "(SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {rows}) SELECT"
    ),
    "postgresql": "WITH numbers AS (SELECT n FROM generate_series(1, {rows}) AS n) SELECT",
}
_BLOB = {"sqlite": "x'7b7d'", "postgresql": "'\\x7b7d'::bytea"}
_RUN = "holder, host, pid, state, began, ended, expires, targets"
_COLUMNS = "grp, resource, namespace, name, api_version, resource_version, data"
# Two versions of one resource, in a hundred namespaces.
_ROW = """
    'batch', 'cronjobs', 'ns-' || (n - n / 100 * 100), 'cron-' || n,
    CASE WHEN n / 2 * 2 = n THEN 'batch/v1' ELSE 'batch/v1beta1' END, n + 1, {blob}
"""


def filling(kind: str, run: str, count: int = ROWS) -> list[str]:
    """The statements that fill the large tables; a twentieth of undo is of ``run``."""
    blob, numbers = _BLOB[kind], _NUMBERS[kind].format(rows=count)
    rows = f"{numbers} {_ROW.format(blob=blob)}"
    uid = "'uid-' || n"
    return [
        f"INSERT INTO kconv_objects ({_COLUMNS}, uid) {rows}, {uid} FROM numbers",
        f"INSERT INTO kconv_changes ({_COLUMNS}, uid, type) {rows}, {uid}, 'ADDED' FROM numbers",
        (
            f"INSERT INTO kconv_runs ({_RUN}, id) {numbers} {_RUN}, id || '-' || n "
            "FROM kconv_runs, numbers WHERE n < 20"
        ),
        (
            f"INSERT INTO kconv_undo ({_COLUMNS}, run, written_api_version, written_digest) "
            f"{rows}, "
            f"'{run}' || CASE WHEN n - n / 20 * 20 = 0 THEN '' ELSE '-' || (n - n / 20 * 20) END, "
            f"'batch/v1', {blob} FROM numbers"
        ),
        f"UPDATE kconv_revision SET value = {count + 1}",
    ]


@dataclass(frozen=True, slots=True)
class Plan:
    """A statement and how the database finds its rows."""

    statement: str
    steps: str

    @property
    def reads_all(self) -> str:
        """The part of the plan that reads a large table from end to end; empty if none does.

        Or a namespace of it: SQLite takes one of the two columns where a pair is compared with a
        pair of columns.
        """
        for line in self.steps.splitlines():
            if _SCAN.search(line) or _HALF.search(line):
                return line.strip()
        return ""


_SCAN = re.compile(rf"\b(?:SCAN|Seq Scan on) (?:{'|'.join(LARGE)})\b")
_HALF = re.compile(r"\bSEARCH .* AND namespace>\? AND \(namespace,name\)")
_REMOVED = re.compile(r"Rows Removed by (?:Index Recheck|Filter): (\d+)")


@contextmanager
def sqlite_plans(store: SqlStore) -> Iterator[list[Plan]]:
    """The plans of all that the store's connections run meanwhile."""
    statements: list[str] = []

    def trace(connection: sqlite3.Connection, *_: object) -> None:
        connection.set_trace_callback(statements.append)

    engine = store._database.engine
    event.listen(engine, "connect", trace)
    store.close()  # connections that are open already are not traced
    plans: list[Plan] = []
    try:
        yield plans
    finally:
        event.remove(engine, "connect", trace)
        store.close()
    file = store._database.url.database
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as reader:
        for statement in statements:
            # What a trigger or a foreign key runs is a comment in the trace.
            if (
                statement.lstrip()
                .upper()
                .startswith(("SELECT", "INSERT", "UPDATE", "DELETE", "WI"))
            ):
                found = reader.execute(f"EXPLAIN QUERY PLAN {statement}")
                steps = "\n".join(row[3] for row in found)
                # An INSERT that reads nothing has no plan.
                plans.append(Plan(statement, steps))


@contextmanager
def postgresql_plans(store: SqlStore, server: PostgresServer) -> Iterator[list[Plan]]:
    """As `sqlite_plans`, as the server ran them, by its log."""
    name = store._database.url.database
    url = server.url(name or "").replace("+psycopg", "")
    settings = {
        "session_preload_libraries": "auto_explain",
        "auto_explain.log_min_duration": "0",
        "auto_explain.log_analyze": "on",
        "auto_explain.log_nested_statements": "on",
    }
    with psycopg.connect(url, autocommit=True) as admin:
        for setting, value in settings.items():
            admin.execute(f"ALTER DATABASE \"{name}\" SET {setting} = '{value}'".encode())
    begin = server.log.stat().st_size
    store.close()
    plans: list[Plan] = []
    try:
        yield plans
    finally:
        store.close()
        with psycopg.connect(url, autocommit=True) as admin:
            for setting in settings:
                admin.execute(f'ALTER DATABASE "{name}" RESET {setting}'.encode())
            mark = f"plans-end-{time.monotonic_ns()}"
            admin.execute(f"DO $$ BEGIN RAISE WARNING '{mark}'; END $$".encode())
    _wait_for(server.log, mark)
    with server.log.open("rb") as log:
        log.seek(begin)
        text = log.read().decode(errors="replace")
    for entry in re.split(r"^(?=\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)", text, flags=re.M):
        head, _, plan = entry.partition("plan:\n")
        if plan and f" {name} " in head:
            statement, _, steps = plan.partition("\n\t")
            query = re.search(r"Query Text: (.*?)\n\t(?=\S.*\(cost=)", plan, flags=re.S)
            if query:
                statement, steps = query.group(1), plan[query.end() - 1 :]
            plans.append(Plan(" ".join(statement.split()), steps))


def _wait_for(log: Path, mark: str) -> None:
    deadline = time.monotonic() + 20
    while mark.encode() not in log.read_bytes()[-10_000:]:
        assert time.monotonic() < deadline, "the server does not log"
        time.sleep(0.02)


def removed_rows(plan: Plan) -> int:
    """The most rows that a step of PostgreSQL read in vain."""
    return max((int(number) for number in _REMOVED.findall(plan.steps)), default=0)
