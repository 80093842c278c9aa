"""What the keys of a part of a list were at an earlier resourceVersion.

The keys that the change log has in that part are found one after the other, by the index of keys,
so that it does not matter how often one of them was changed, or how long the log is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    bindparam,
    func,
    literal,
    select,
    tuple_,
)

from kconv._errors import Expired
from kconv._store.records import Key, Stored
from kconv._store.tables import changes, past, revision

Place = tuple[str, str]
"""(namespace, name)."""

_STATE: Final = ("uid", "api_version", "resource_version", "data")


@dataclass(frozen=True, slots=True)
class History:
    """Those keys of a part of a list that have changed since a resourceVersion.

    ``states`` are what they were, None where there was no such object; ``unknown`` are those that
    the log does not tell of. ``end`` is the key after which there was no looking further, None if
    all were looked at.
    """

    states: dict[Key, Stored | None] = field(default_factory=dict)
    unknown: tuple[Key, ...] = ()
    end: Place | None = None


def states_at(
    connection: Connection,
    group: str,
    resource: str,
    version: int,
    *,
    namespace: str | None,
    after: Place | None,
    upto: Place | None,
    most: int,
) -> History:
    """What the keys over ``after``, up to ``upto``, were at ``version``; needs one snapshot.

    Raises `Expired` where the log does not reach further back than ``version``.
    """
    compacted: int = connection.execute(select(revision.c.compacted)).scalar_one()
    if version <= compacted:
        raise Expired(f"too old resource version: {version} ({compacted})")
    start = after or (namespace or "", "")
    parameters: dict[str, Any] = {
        "grp": group,
        "resource": resource,
        "version": version,
        "namespace": namespace,
        "after_namespace": start[0],
        "after_name": start[1],
        "most": most,
    }
    if upto is not None:
        parameters |= {"upto_namespace": upto[0], "upto_name": upto[1]}
    rows = connection.execute(_statement(namespace is not None, upto is not None), parameters).all()
    states: dict[Key, Stored | None] = {}
    unknown = []
    for row in rows:
        key = Key(group, resource, row.namespace, row.name)
        if row.first_type == "ADDED":
            states[key] = None
        elif row.first_type is not None:
            found = row[3:7] if row[6] is not None else row[7:11]
            if found[3] is None:
                unknown.append(key)
            else:
                states[key] = Stored(key, found[0], found[1], found[2], bytes(found[3]))
    end = (rows[-1].namespace, rows[-1].name) if len(rows) >= most else None
    return History(states, tuple(unknown), end)


def state_before(connection: Connection, key: Key, version: int) -> Stored | None:
    """What an object was before its change ``version``, None where that is not known any more."""
    for table, when in (
        (changes, changes.c.resource_version < version),
        (past, past.c.until == version),
    ):
        statement = (
            select(*(table.c[name] for name in _STATE))
            .where(*(table.c[name] == value for name, value in _named(key)), when)
            .order_by(table.c.resource_version.desc())
            .limit(1)
        )
        if (row := connection.execute(statement).first()) is not None:
            return Stored(key, row[0], row[1], row[2], bytes(row[3]))
    return None


def _named(key: Key) -> tuple[tuple[str, str], ...]:
    return (
        ("grp", key.group),
        ("resource", key.resource),
        ("namespace", key.namespace),
        ("name", key.name),
    )


@lru_cache(maxsize=4)
def _statement(in_namespace: bool, bounded: bool) -> Select[Any]:
    """For each key: its first change after the version, and its state by log or ``past``."""
    hops = (select(_first(in_namespace).label("number"), literal(1).label("n"))).cte(
        "hops", recursive=True
    )
    here = changes.alias("here")
    following = _following(here, in_namespace).label("number")
    hops = hops.union_all(
        select(following, hops.c.n + 1)
        .select_from(hops.join(here, here.c.resource_version == hops.c.number))
        .where(hops.c.n < bindparam("most"), *_upto(here, in_namespace, bounded))
    )
    key = changes.alias("key")
    later, base, gone = changes.alias("later"), changes.alias("base"), past.alias("gone")
    version: Any = bindparam("version")
    first_type = (
        select(later.c.type)
        .where(_same(later, key), later.c.resource_version > version)
        .order_by(later.c.resource_version)
        .limit(1)
        .correlate(key)
        .scalar_subquery()
    )
    logged = changes.alias("logged")
    base_number = (
        select(func.max(logged.c.resource_version))
        .where(_same(logged, key), logged.c.resource_version <= version)
        .correlate(key)
        .scalar_subquery()
    )
    kept = past.alias("kept")
    past_number = (
        select(func.max(kept.c.resource_version))
        .where(_same(kept, key), kept.c.resource_version <= version, kept.c.until > version)
        .correlate(key)
        .scalar_subquery()
    )
    return (
        select(
            key.c.namespace,
            key.c.name,
            first_type.label("first_type"),
            *(base.c[name] for name in _STATE),
            *(gone.c[name].label(f"past_{name}") for name in _STATE),
        )
        .select_from(
            hops.join(key, key.c.resource_version == hops.c.number)
            .outerjoin(base, base.c.resource_version == base_number)
            .outerjoin(gone, and_(_same(gone, key), gone.c.resource_version == past_number))
        )
        .where(*_upto(key, in_namespace, bounded))
        .order_by(hops.c.n)
    )


def _first(in_namespace: bool) -> ColumnElement[int]:
    """The resourceVersion of a row of the first key after the one to begin after."""
    table = changes.alias("first")
    name: Any = bindparam("after_name")
    if in_namespace:
        return _least(table, table.c.namespace == bindparam("namespace"), table.c.name > name)
    start = tuple_(bindparam("after_namespace"), name)
    return _least(table, tuple_(table.c.namespace, table.c.name) > start)


def _following(here: FromClause, in_namespace: bool) -> ColumnElement[int]:
    """The same of the first key after that of another row.

    Asked in two steps: with pairs of columns on both sides of a comparison, SQLite would look at
    all rows of the namespace up to the one that is wanted.
    """
    table = changes.alias("following")
    within = _least(table, table.c.namespace == here.c.namespace, table.c.name > here.c.name)
    if in_namespace:
        return within
    other = changes.alias("other")
    return func.coalesce(within, _least(other, other.c.namespace > here.c.namespace))


def _least(table: FromClause, *conditions: ColumnElement[bool]) -> ColumnElement[int]:
    return (
        select(table.c.resource_version)
        .where(
            table.c.grp == bindparam("grp"), table.c.resource == bindparam("resource"), *conditions
        )
        .order_by(table.c.namespace, table.c.name, table.c.resource_version)
        .limit(1)
        .scalar_subquery()
    )


def _upto(table: FromClause, in_namespace: bool, bounded: bool) -> list[ColumnElement[bool]]:
    """That a key is not beyond the last one, where there is one.

    Said of rows that were found: to find none, all that are left would have to be looked at.
    """
    if not bounded:
        return []
    name: Any = bindparam("upto_name")
    if in_namespace:
        return [table.c.name <= name]
    end = tuple_(bindparam("upto_namespace"), name)
    return [tuple_(table.c.namespace, table.c.name) <= end]


def _same(table: FromClause, key: FromClause) -> ColumnElement[bool]:
    names = ("grp", "resource", "namespace", "name")
    return and_(*(table.c[name] == key.c[name] for name in names))
