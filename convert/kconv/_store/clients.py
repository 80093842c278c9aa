"""Who still calls which version: requests per version, resource, user agent and day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import Connection, delete, func, select

from kconv._store.clock import as_datetime, now
from kconv._store.tables import clients
from kconv.place import ClientCount

KEPT_DAYS: Final = 90
"""Days after which counts are deleted."""

MOST_PER_DAY: Final = 10_000
"""Counts of one day over which further user agents share one, `OTHERS`."""

USER_AGENT_LIMIT: Final = 200
"""Characters of a user agent that are kept."""

OTHERS: Final = "(others)"

_KEY: Final = ("day", "grp", "version", "resource", "user_agent")


def count(connection: Connection, requests: Mapping[tuple[str, str, str, str], int]) -> None:
    """Add requests, by (group, version, resource, user agent), to those of today."""
    today = as_datetime(now(connection)).date()
    connection.execute(
        delete(clients).where(clients.c.day < str(today - timedelta(days=KEPT_DAYS)))
    )
    mine = clients.c.day == str(today)
    total: int = connection.execute(select(func.count()).where(mine)).scalar_one()
    known: set[str] | None = None
    if total + len(requests) > MOST_PER_DAY:
        known = set(connection.execute(select(clients.c.user_agent).where(mine)).scalars())
    sums: Counter[tuple[str, str, str, str]] = Counter()
    for (group, version, resource, user_agent), number in requests.items():
        # PostgreSQL's text holds no NUL.
        agent = user_agent.replace("\0", "")[:USER_AGENT_LIMIT]
        if known is not None and agent not in known:
            agent = OTHERS
        sums[group, version, resource, agent] += number
    rows = [
        dict(zip((*_KEY, "requests"), (str(today), *key, number), strict=True))
        for key, number in sorted(sums.items())
    ]
    if not rows:
        return
    new = _insert(connection)
    added = clients.c.requests + new.excluded.requests
    connection.execute(
        new.on_conflict_do_update(index_elements=_KEY, set_={"requests": added}), rows
    )


def _insert(connection: Connection) -> Any:
    """An INSERT of the counts, with what the database's dialect adds to it."""
    # Both dialects take long to import, and who only migrates needs neither.
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(clients)
    from sqlalchemy.dialects import sqlite

    return sqlite.insert(clients)


def counted(connection: Connection, group: str, version: str, since_days: int) -> list[ClientCount]:
    """The clients of a version today and in the ``since_days`` days before, most requests first."""
    since = as_datetime(now(connection)).date() - timedelta(days=since_days)
    names = (clients.c.grp, clients.c.version, clients.c.resource, clients.c.user_agent)
    total = func.sum(clients.c.requests)
    statement = (
        select(*names, total, func.max(clients.c.day))
        .where(clients.c.grp == group, clients.c.version == version, clients.c.day >= str(since))
        .group_by(*names)
        .order_by(total.desc(), clients.c.resource, clients.c.user_agent)
    )
    return [
        ClientCount(*row[:4], requests=int(row[4]), last=date.fromisoformat(row[5]))
        for row in connection.execute(statement)
    ]
