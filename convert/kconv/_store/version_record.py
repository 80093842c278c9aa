"""The record of storage versions: which versions rows may be encoded in, and which new rows are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection, delete, exists, func, insert, select, update

from kconv._errors import ObjectRef, VersionNotOnRecord
from kconv._store import servers
from kconv._store.records import Count, StorageVersion, qualified
from kconv._store.tables import OTHER_PLACES, changes, objects, past, storage_versions

_COLUMNS: Final = (
    storage_versions.c.grp,
    storage_versions.c.resource,
    storage_versions.c.api_version,
    storage_versions.c.preferred,
)

_BY_INDEX: Final = select(
    *(func.set_config(f"enable_{plan}", "off", True) for plan in ("seqscan", "bitmapscan"))
)


def recorded(connection: Connection) -> list[StorageVersion]:
    """Every version on record of what is kept in the store."""
    own = ~storage_versions.c.grp.startswith(OTHER_PLACES)
    statement = select(*_COLUMNS).where(own).order_by(*_COLUMNS[:3])
    return [StorageVersion(*row) for row in connection.execute(statement)]


def preferred(connection: Connection, group: str, resource: str) -> str:
    """The version that new rows are encoded in. Raises `VersionNotOnRecord`."""
    statement = select(storage_versions.c.api_version).where(
        storage_versions.c.grp == group,
        storage_versions.c.resource == resource,
        storage_versions.c.preferred,
    )
    api_version: str | None = connection.execute(statement).scalar_one_or_none()
    if api_version is None:
        raise VersionNotOnRecord(
            f"no storage version is on record for {qualified(group, resource)}",
            about=ObjectRef(group=group, kind=resource),
        )
    return api_version


def ensure(connection: Connection, kinds: Iterable[tuple[str, str, str]]) -> None:
    """Record a preferred version for the resources that have none."""
    known = {(version.group, version.resource) for version in recorded(connection)}
    missing: dict[tuple[str, str], str] = {}
    for group, resource, api_version in kinds:
        if (group, resource) not in known:
            missing.setdefault((group, resource), api_version)
    for (group, resource), api_version in sorted(missing.items()):
        _add(connection, group, resource, api_version, preferred=True)


def recorded_of(connection: Connection, group: str) -> list[StorageVersion]:
    """Every version on record of one group."""
    statement = select(*_COLUMNS).where(storage_versions.c.grp == group).order_by(*_COLUMNS[:3])
    return [StorageVersion(*row) for row in connection.execute(statement)]


def prefer(
    connection: Connection, group: str, resource: str, api_version: str, live: float | None = None
) -> None:
    """Make a version the preferred one, adding it to the record where needed.

    Raises `Conflict` when a server seen within ``live`` seconds cannot decode it.
    """
    servers.check_flip(connection, group, resource, api_version, live)
    mine = (storage_versions.c.grp == group, storage_versions.c.resource == resource)
    rows = connection.execute(
        select(storage_versions.c.api_version)
        .where(*mine)
        .order_by(storage_versions.c.api_version)
        .with_for_update(key_share=True)
    )
    if api_version not in set(rows.scalars()):
        _add(connection, group, resource, api_version, preferred=False)
    # At no moment may two be preferred, which a unique index forbids: first the one off.
    connection.execute(
        update(storage_versions)
        .where(*mine, storage_versions.c.api_version != api_version)
        .values(preferred=False)
    )
    connection.execute(
        update(storage_versions)
        .where(*mine, storage_versions.c.api_version == api_version)
        .values(preferred=True)
    )


def prefer_all(
    connection: Connection, versions: Iterable[tuple[str, str, str]], live: float | None
) -> None:
    """`prefer` each of these (group, resource, api_version), or none of them."""
    for group, resource, api_version in sorted(versions):
        prefer(connection, group, resource, api_version, live)


def put_on_record(
    connection: Connection, group: str, resource: str, api_version: str, live: float | None
) -> None:
    """Add a version to the record if it is not there; it does not become the preferred one.

    Rows are about to be written in it. Raises `Conflict` when a server seen within ``live``
    seconds cannot decode it.
    """
    wanted = (group, resource, api_version)
    if wanted not in {
        (each.group, each.resource, each.api_version) for each in recorded_of(connection, group)
    }:
        servers.check_flip(connection, *wanted, live)
        _add(connection, *wanted, preferred=False)
    else:
        servers.check_reads(connection, *wanted, live)


def drop(connection: Connection, group: str, resource: str, api_version: str) -> bool:
    """Take a version off the record if no row is left in it.

    The row lock waits for the writes that rely on the record row and keeps new ones waiting, and
    the statements after it see all that those committed; the foreign keys stand behind it.
    """
    row = (
        storage_versions.c.grp == group,
        storage_versions.c.resource == resource,
        storage_versions.c.api_version == api_version,
    )
    locked = select(storage_versions.c.preferred).where(*row).with_for_update()
    is_preferred = connection.execute(locked).scalar_one_or_none()
    if is_preferred is None:
        return True
    if is_preferred:
        return False
    if has_rows(connection, group, resource, api_version):
        return False
    connection.execute(delete(storage_versions).where(*row))
    # Lists of before can do without; a version that is gone must not be needed to show them.
    same = (past.c.grp == group, past.c.resource == resource, past.c.api_version == api_version)
    connection.execute(delete(past).where(*same))
    return True


def has_rows(connection: Connection, group: str, resource: str, api_version: str) -> bool:
    """Whether a row is in a version; this and what the transaction does later uses indexes."""
    if connection.dialect.name == "postgresql":
        # What PostgreSQL knows of the rows is from before they were rewritten, when most were in
        # the old version: it would read whole tables to find one of them, and once more to check
        # the foreign keys, while writers wait.
        connection.execute(_BY_INDEX)
    for table in (objects, changes):
        left = exists().where(
            table.c.grp == group,
            table.c.resource == resource,
            table.c.api_version == api_version,
        )
        if connection.execute(select(left)).scalar_one():
            return True
    return False


def counts(connection: Connection) -> list[Count]:
    """Rows per version on record; the connection must see one snapshot throughout."""
    totals: list[dict[tuple[str, str, str], int]] = []
    for table in (objects, changes):
        columns = (table.c.grp, table.c.resource, table.c.api_version)
        rows = connection.execute(select(*columns, func.count()).group_by(*columns))
        totals.append({(row[0], row[1], row[2]): row[3] for row in rows})
    found = []
    for version in recorded(connection):
        key = (version.group, version.resource, version.api_version)
        found.append(Count(*key, objects=totals[0].get(key, 0), changes=totals[1].get(key, 0)))
    return found


def _add(
    connection: Connection, group: str, resource: str, api_version: str, *, preferred: bool
) -> None:
    connection.execute(
        insert(storage_versions).values(
            grp=group, resource=resource, api_version=api_version, preferred=preferred
        )
    )
