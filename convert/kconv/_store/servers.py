"""The servers that share a database, what each can decode, and what that forbids.

A flip and the start of a server cannot race: both take their turn on the table of servers, and
each then sees what the other has done.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Final

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from kconv._errors import CannotDecode, Conflict
from kconv._store.clock import as_datetime, lock_table, now
from kconv._store.records import qualified
from kconv._store.tables import OTHER_PLACES, servers, storage_versions
from kconv.place import Server
from kconv.place._operations import Versions, cannot_store

STALE: Final = 3600.0
"""Seconds after which a server that was not seen is forgotten, when the next one registers."""


def register(connection: Connection, server: Server) -> None:
    """Note a server that starts, unless it could not read what is stored. Raises `CannotDecode`."""
    lock_table(connection, servers)
    _check(connection, server, strict=True)
    moment_now = now(connection)
    connection.execute(
        delete(servers).where((servers.c.id == server.id) | (servers.c.seen < moment_now - STALE))
    )
    connection.execute(
        insert(servers).values(
            id=server.id,
            release=server.release,
            host=server.host,
            pid=server.pid,
            started=moment_now,
            seen=moment_now,
            decodes=json.dumps(server.decodes),
        )
    )


def heartbeat(connection: Connection, server_id: str) -> bool:
    """Note that a server is up; False when it is not registered. Raises `CannotDecode`.

    A server that was not seen for a while is not asked before a flip, so it learns of it here.
    """
    touched = connection.execute(
        update(servers).where(servers.c.id == server_id).values(seen=now(connection))
    )
    if not touched.rowcount:
        return False
    for server in _read(connection, servers.c.id == server_id):
        _check(connection, server, strict=False)
    return True


def unregister(connection: Connection, server_id: str) -> None:
    """Forget a server."""
    connection.execute(delete(servers).where(servers.c.id == server_id))


def alive(connection: Connection, within: float) -> list[Server]:
    """The servers seen in the last ``within`` seconds, the first started first.

    Without code that reads other places only, such as tables of a user's own.
    """
    found = _read(connection, servers.c.seen >= now(connection) - within)
    return [each for each in found if not each.decodes or _of(each, "")]


def alive_elsewhere(connection: Connection, family: str, within: float) -> list[Server]:
    """Code that reads another place, such as ``@table``, and was seen in so many seconds."""
    found = _read(connection, servers.c.seen >= now(connection) - within)
    return [
        replace(each, decodes=mine, partial=True) for each in found if (mine := _of(each, family))
    ]


def beat(connection: Connection, server: Server) -> None:
    """Note that code which reads another place is up: it is not refused, whatever is stored."""
    values = {"seen": now(connection), "decodes": json.dumps(server.decodes)}
    known = update(servers).where(servers.c.id == server.id).values(values)
    if not connection.execute(known).rowcount:
        of = {"id": server.id, "release": server.release, "host": server.host, "pid": server.pid}
        connection.execute(insert(servers).values(started=values["seen"], **of, **values))


def _of(server: Server, family: str) -> Versions:
    """What a server decodes of a place; those of other places go by their names alone."""
    if not family:
        return tuple(each for each in server.decodes if not each[0].startswith(OTHER_PLACES))
    return tuple(("", *each[1:]) for each in server.decodes if each[0] == family)


def check_flip(
    connection: Connection, group: str, resource: str, api_version: str, live: float | None
) -> None:
    """Take the turn of a flip, and refuse it where a live server could not follow.

    ``live`` is how many seconds ago a server may have been seen to count; None asks nobody.
    Raises `Conflict`, naming the servers.
    """
    lock_table(connection, servers)
    check_reads(connection, group, resource, api_version, live)


def check_reads(
    connection: Connection, group: str, resource: str, api_version: str, live: float | None
) -> None:
    """Refuse that rows are written in a version that a live server cannot decode.

    ``live`` is as in `check_flip`. Raises `Conflict`, naming the servers.
    """
    if live is None:
        return
    if group.startswith(OTHER_PLACES):
        code, name = alive_elsewhere(connection, group, live), resource
        version = ("", resource, api_version)
    else:
        code, name = alive(connection, live), qualified(group, resource)
        version = (group, resource, api_version)
    blocking = [each for each in code if not each.reads(*version)]
    if blocking:
        said = cannot_store(name, api_version, blocking)
        raise Conflict(f"{said}; upgrade or stop them first")


def _read(connection: Connection, condition: ColumnElement[bool]) -> Iterable[Server]:
    preferred = _recorded(connection, only_preferred=True)
    statement = select(servers).where(condition).order_by(servers.c.started, servers.c.id)
    for row in connection.execute(statement).mappings():
        decodes = tuple((each[0], each[1], each[2]) for each in json.loads(row["decodes"]))
        known = {each[:2] for each in decodes}
        yield Server(
            id=row["id"],
            release=row["release"],
            host=row["host"],
            pid=row["pid"],
            decodes=decodes,
            started=as_datetime(row["started"]),
            seen=as_datetime(row["seen"]),
            encodes=tuple(each for each in preferred if each[:2] in known),
        )


def _check(connection: Connection, server: Server, *, strict: bool) -> None:
    """Compare the record with what a server decodes.

    ``strict`` also minds resources that it does not know at all. Those a later release may add
    while it is up, which does not concern it; but it must not start on a database that holds
    what would be out of everybody's reach.
    """
    decodes: Collection[tuple[str, str, str]] = set(server.decodes)
    known = {each[:2] for each in decodes}
    unknown = [
        f"{qualified(*each[:2])} as {each[2]}"
        for each in _recorded(connection, only_preferred=False)
        if each not in decodes and (strict or each[:2] in known)
    ]
    if unknown:
        raise CannotDecode(
            f"the database may hold {', '.join(unknown)}, which release {server.release} of this "
            "server cannot decode: install the package that has it or name it with --apis; where "
            "the version is to go, run `kconv migrate` with the release that still has it"
        )


def _recorded(connection: Connection, *, only_preferred: bool) -> Versions:
    columns = (
        storage_versions.c.grp,
        storage_versions.c.resource,
        storage_versions.c.api_version,
    )
    own = ~storage_versions.c.grp.startswith(OTHER_PLACES)
    statement = select(*columns).where(own).order_by(*columns)
    if only_preferred:
        statement = statement.where(storage_versions.c.preferred)
    return tuple((row[0], row[1], row[2]) for row in connection.execute(statement))
