"""Duties: what one process at a time does for all that share a database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from kconv._store.clock import now
from kconv._store.tables import duties


def take(connection: Connection, name: str, holder: str, seconds: float) -> bool:
    """Take a duty, or go on with it, for so many seconds; False while it is somebody else's."""
    moment = now(connection)
    until: dict[str, Any] = {"holder": holder, "until": moment + seconds}
    taken = connection.execute(
        update(duties)
        .where(duties.c.name == name, (duties.c.holder == holder) | (duties.c.until < moment))
        .values(until)
    )
    if taken.rowcount:
        return True
    known = connection.execute(select(duties.c.name).where(duties.c.name == name)).first()
    if known is not None:
        return False
    # Two that do this at once collide on the primary key; one is run again, and finds it taken.
    connection.execute(insert(duties).values(name=name, **until))
    return True


def give_up(connection: Connection, name: str, holder: str) -> None:
    """Leave a duty to the others."""
    connection.execute(delete(duties).where(duties.c.name == name, duties.c.holder == holder))


def is_anothers(connection: Connection, name: str, holder: str) -> bool:
    """Whether the duty is somebody else's now."""
    moment = now(connection)
    found = select(duties.c.name).where(
        duties.c.name == name, duties.c.holder != holder, duties.c.until >= moment
    )
    return connection.execute(found).first() is not None
