"""Compacting the change log by age and size, in small steps, and without breaking lists.

When a change was made is not kept with it. Now and then it is noted which resourceVersion is the
newest, and about how many bytes came since the last time; what is older than a note is no younger
than it.

A cut has two steps. First the counter's row says how far the log goes back; then a writer that
changes an object that is older keeps what it was (a trigger does it). Then the changes go, page by
page; what an object was at the cut is kept in ``past`` where the log has a later change of it. So a
list at any resourceVersion that the log reaches can be put together.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, func, insert, literal, select, update

from kconv._errors import UsageError
from kconv._store.clock import now
from kconv._store.records import HIGHEST
from kconv._store.tables import change_times, changes, past, revision

COUNTED: Final = 20_000
"""Changes whose bytes are summed up at a time; of more, a sample is, and the rest estimated."""

_SAMPLE: Final = 1000

NOTES: Final = 120
"""How many notes there are to be, about, in the time for which changes are kept."""

MOST_BETWEEN: Final = 60.0
"""Seconds between two notes at most, for the size goes by them, too."""

_next: Final = changes.alias("later")
_STATE: Final = ("grp", "resource", "namespace", "name", "resource_version", "uid", "api_version")
_AMONG: Final = changes.c.resource_version.in_(bindparam("found", expanding=True))
_CANDIDATES: Final = (
    select(
        *(changes.c[name] for name in (*_STATE, "data")),
        select(func.min(_next.c.resource_version))
        .where(
            *(
                _next.c[name] == changes.c[name]
                for name in ("grp", "resource", "namespace", "name")
            ),
            _next.c.resource_version > changes.c.resource_version,
        )
        .scalar_subquery()
        .label("until"),
    )
    .where(_AMONG, changes.c.type != "DELETED")
    .subquery()
)
_KEEP: Final = insert(past).from_select(
    (*_STATE, "data", "until"),
    select(_CANDIDATES).where(
        _CANDIDATES.c.until > bindparam("compacted"),
        ~select(literal(1))
        .where(*(past.c[name] == _CANDIDATES.c[name] for name in _STATE[:5]))
        .exists(),
    ),
)
_FORGET: Final = delete(changes).where(_AMONG)


@dataclass(frozen=True, slots=True)
class Retention:
    """How much of the change log is kept; None is no bound.

    What is older than ``age``, or beyond so many ``rows`` or ``bytes``, goes.
    """

    age: timedelta | None = timedelta(minutes=10)
    rows: int | None = 500_000
    bytes: int | None = 512 * 1024 * 1024

    def __post_init__(self) -> None:
        if self.age is not None and self.age < timedelta(0):
            raise UsageError(f"cannot keep changes for {self.age.total_seconds():g} seconds")
        for what, value in (("changes", self.rows), ("bytes of changes", self.bytes)):
            if value is not None and value < 0:
                raise UsageError(f"cannot keep {value} {what}")


@dataclass(frozen=True, slots=True)
class LogSize:
    """How large the change log is: its rows, about how many bytes, and how old it is, in seconds.

    ``age`` is that of the oldest note, so the log is a little older; 0 while there is none.
    """

    rows: int
    bytes: int
    age: float


def _counter(connection: Connection) -> tuple[int, int]:
    value, compacted = connection.execute(select(revision.c.value, revision.c.compacted)).one()
    return value, compacted


def size(connection: Connection) -> LogSize:
    """How large the log is, from the notes."""
    noted = select(
        func.coalesce(func.sum(change_times.c.bytes), 0), func.min(change_times.c.moment)
    )
    value, compacted = _counter(connection)
    total, since = connection.execute(noted).one()
    age = 0.0 if since is None else max(0.0, now(connection) - since)
    # Each resourceVersion is that of one change; the counter begins at 1.
    return LogSize(value - max(compacted, 1), int(total), age)


def note(connection: Connection, retention: Retention) -> None:
    """Note when the newest resourceVersion was that, if it is time to."""
    value, compacted = _counter(connection)
    last = _last_note(connection)
    if _is_to_be_noted(connection, retention, value, compacted, last):
        after = max(last.resource_version if last else 0, compacted, 1)
        row = {
            "resource_version": value,
            "moment": now(connection),
            "bytes": _bytes(connection, after, value),
        }
        connection.execute(insert(change_times), row)


def _is_to_be_noted(
    connection: Connection, retention: Retention, value: int, compacted: int, last: Any
) -> bool:
    """Whether something is new, and the ``last`` note is old enough.

    A hundred notes or so tell the age of a log well enough; more would only pile up.
    """
    if last is None:
        return value > max(compacted, 1)
    age = MOST_BETWEEN if retention.age is None else retention.age.total_seconds() / NOTES
    return value > last.resource_version and bool(
        now(connection) - last.moment >= min(age, MOST_BETWEEN)
    )


def _last_note(connection: Connection) -> Any:
    newest = select(change_times).order_by(change_times.c.resource_version.desc()).limit(1)
    return connection.execute(newest).one_or_none()


def _bytes(connection: Connection, after: int, upto: int) -> int:
    count = upto - after
    sample = count if count <= COUNTED else _SAMPLE
    length = func.length(changes.c.data) + func.coalesce(func.length(changes.c.before), 0)
    found: Any = connection.execute(
        select(func.coalesce(func.sum(length), 0)).where(
            changes.c.resource_version > upto - sample, changes.c.resource_version <= upto
        )
    ).scalar_one()
    return int(found) * count // sample


def cut_for(connection: Connection, retention: Retention) -> int:
    """The resourceVersion up to which the log can go by ``retention``."""
    value, compacted = _counter(connection)
    found = [compacted]
    if retention.rows is not None:
        found.append(value - retention.rows)
    if retention.age is not None:
        before = now(connection) - retention.age.total_seconds()
        old = select(func.max(change_times.c.resource_version))
        found.append(
            connection.execute(old.where(change_times.c.moment <= before)).scalar_one() or 0
        )
        if found[-1] == value and not _ends_with_deletion(connection, value):
            # Where nothing goes on: the lists of now are to page on when something does. What an
            # object is now anybody may know; what was deleted is to be forgotten.
            found[-1] -= 1
    total = connection.execute(select(func.sum(change_times.c.bytes))).scalar_one() or 0
    if retention.bytes is not None and total > retention.bytes:
        kept = 0
        notes = select(change_times).order_by(change_times.c.resource_version.desc())
        for each in connection.execute(notes):
            kept += each.bytes
            if kept > retention.bytes:
                found.append(each.resource_version)
                break
    return int(max(found))


def _ends_with_deletion(connection: Connection, value: int) -> bool:
    newest = select(changes.c.type).where(changes.c.resource_version == value)
    return connection.execute(newest).scalar_one_or_none() == "DELETED"


def is_due(connection: Connection, retention: Retention) -> bool:
    """Whether there is anything to note, or to forget."""
    value, compacted = _counter(connection)
    if _is_to_be_noted(connection, retention, value, compacted, _last_note(connection)):
        return True
    first = connection.execute(select(func.min(changes.c.resource_version))).scalar_one()
    return cut_for(connection, retention) > compacted or bool((first or HIGHEST) <= compacted)


def begin(connection: Connection, upto: int) -> None:
    """Say that the log begins after a resourceVersion; `forget` then takes what is before it."""
    connection.execute(update(revision).where(revision.c.compacted < upto).values(compacted=upto))
    connection.execute(delete(change_times).where(change_times.c.resource_version <= upto))


def forget(connection: Connection, most: int) -> int:
    """Forget the first ``most`` changes that the log no longer reaches; returns how many.

    Writers wait for it: what they do meanwhile must not be missed.
    """
    compacted: int = connection.execute(select(revision.c.compacted).with_for_update()).scalar_one()
    # A migration locks changes before it locks the counter: its rows are for the next time.
    page = (
        select(changes.c.resource_version)
        .where(changes.c.resource_version <= compacted)
        .order_by(changes.c.resource_version)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    found = list(connection.execute(page).scalars())
    if found:
        connection.execute(_KEEP, {"found": found, "compacted": compacted})
        connection.execute(_FORGET, {"found": found})
    return len(found)


def forget_past(connection: Connection, most: int) -> int:
    """Forget the first ``most`` states that no list can show any more; returns how many."""
    compacted: int = connection.execute(select(revision.c.compacted)).scalar_one()
    last = connection.execute(
        select(past.c.until)
        .where(past.c.until <= compacted)
        .order_by(past.c.until)
        .offset(most - 1)
        .limit(1)
    ).scalar_one_or_none()
    statement = delete(past).where(past.c.until <= (compacted if last is None else last))
    return connection.execute(statement).rowcount
