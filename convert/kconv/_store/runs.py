"""Migration runs: one at a time on a database, held under a lease that a dead holder lets expire.

An open run's row is locked by its writer, so that a run that was taken over writes
nothing more.
"""

from __future__ import annotations

import json
import math
import os
import secrets
import socket
from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Connection, bindparam, insert, literal, select, update

from kconv._errors import Conflict, NotFound, UsageError
from kconv._gvk import GroupResource
from kconv._store import quarantine
from kconv._store.clock import as_datetime, lock_table, now
from kconv._store.tables import runs, undo
from kconv.place import Ending, Run, RunTarget

_ENDINGS: Final = ("done", "failed", "interrupted")
_HELD: Final = (
    select(runs.c.id)
    .where(runs.c.id == bindparam("run_id"), runs.c.state == "running")
    .with_for_update(read=True)
)


def begin(
    connection: Connection,
    holder: str,
    targets: Iterable[RunTarget],
    lease: float,
    keep_undo: float | None = None,
) -> Run:
    """Begin a run and hold it for ``lease`` seconds. Raises `Conflict` naming who holds another.

    One whose lease has expired is ended as ``interrupted``. ``keep_undo`` is for how many seconds
    its before-images are kept once it has ended, None for ever.
    """
    _check_lease(lease)
    if keep_undo is not None and keep_undo < 0:
        raise UsageError(f"cannot keep before-images for {keep_undo:g} seconds")
    lock_table(connection, runs)
    moment_now = now(connection)
    for other in _read(connection, moment_now):
        if other.state == "running" and other.lease > 0:
            raise Conflict(
                f"run {other.id} is going on: {other.holder} (process {other.pid} on "
                f"{other.host}) holds it since {other.began:%Y-%m-%d %H:%M:%S} UTC; if that "
                f"process is dead, its lease expires in {other.lease:.0f} seconds"
            )
    connection.execute(
        update(runs).where(runs.c.state == "running").values(state="interrupted", ended=moment_now)
    )
    run_id = f"{as_datetime(moment_now):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    connection.execute(
        insert(runs).values(
            id=run_id,
            holder=holder,
            host=socket.gethostname(),
            pid=os.getpid(),
            state="running",
            began=moment_now,
            expires=moment_now + lease,
            targets=json.dumps([_as_json(each) for each in targets]),
            undo_until=None if keep_undo is None else moment_now + keep_undo,
        )
    )
    quarantine.sweep(connection)
    return get(connection, run_id)


def renew(connection: Connection, run_id: str, lease: float) -> None:
    """Hold a run for ``lease`` seconds from now. Raises `Conflict` when it is no longer held."""
    _check_lease(lease)
    renewed = connection.execute(
        update(runs)
        .where(runs.c.id == run_id, runs.c.state == "running")
        .values(expires=now(connection) + lease)
    )
    if not renewed.rowcount:
        raise _lost(run_id)


def end(connection: Connection, run_id: str, state: Ending) -> bool:
    """End a run; False when it had ended or was taken over."""
    if state not in _ENDINGS:
        raise UsageError(f'a run does not end as "{state}": say {", ".join(_ENDINGS)}')
    moment_now = now(connection)
    ended = connection.execute(
        update(runs)
        .where(runs.c.id == run_id, runs.c.state == "running")
        .values(
            state=state,
            ended=moment_now,
            # Counted from its end on, for it may have taken days.
            undo_until=runs.c.undo_until - runs.c.began + moment_now,
        )
    )
    return bool(ended.rowcount)


def steer(connection: Connection, run_id: str, paused: bool | None, rate: float | None) -> Run:
    """Tell a run in progress to pause or to go on, or at which rate. Raises `Conflict`."""
    if rate is not None and not 0 <= rate < math.inf:
        raise UsageError(f"{rate:g} is no rate: say rows a second, or 0 for no limit")
    told = {"paused": paused, "rate": rate}
    return _note(connection, run_id, {name: it for name, it in told.items() if it is not None})


def report(
    connection: Connection, run_id: str, done: int, total: int, waiting: str, raced: int | None
) -> Run:
    """Note how far a run is; returns what it has been told. Raises `Conflict`."""
    said = {"done": done, "total": total, "waiting": waiting}
    return _note(connection, run_id, said if raced is None else said | {"raced": raced})


def _note(connection: Connection, run_id: str, values: dict[str, Any]) -> Run:
    going_on = update(runs).where(runs.c.id == run_id, runs.c.state == "running")
    if values and not connection.execute(going_on.values(values)).rowcount:
        raise _lost(run_id)
    return get(connection, run_id)


def get(connection: Connection, run_id: str) -> Run:
    """One run. Raises `NotFound`."""
    for run in _read(connection, now(connection), run_id):
        return run
    raise NotFound(f'no run "{run_id}": `kconv migrate runs` lists them')


def known(connection: Connection) -> list[Run]:
    """Every run, the newest first."""
    return _read(connection, now(connection))


def undo_is_over(connection: Connection) -> str | None:
    """A run whose before-images have been kept for long enough; None while any run goes on.

    That one may be undoing it.
    """
    moment_now = now(connection)
    live = select(runs.c.id).where(runs.c.state == "running", runs.c.expires > moment_now)
    if connection.execute(live).first() is not None:
        return None
    some = select(literal(1)).where(undo.c.run == runs.c.id).exists()
    due = select(runs.c.id).where(runs.c.undo_until < moment_now, some).order_by(runs.c.id).limit(1)
    found: str | None = connection.execute(due).scalar_one_or_none()
    return found


def check_held(connection: Connection, run_id: str) -> None:
    """Have the run stay as it is until commit. Raises `Conflict` when it is no longer held."""
    if connection.execute(_HELD, {"run_id": run_id}).scalar_one_or_none() is None:
        raise _lost(run_id)


def _read(connection: Connection, moment_now: float, run_id: str | None = None) -> list[Run]:
    statement = select(runs).order_by(runs.c.began.desc(), runs.c.id.desc())
    if run_id is not None:
        statement = statement.where(runs.c.id == run_id)
    return [
        Run(
            id=row["id"],
            holder=row["holder"],
            host=row["host"],
            pid=row["pid"],
            state=row["state"],
            began=as_datetime(row["began"]),
            ended=None if row["ended"] is None else as_datetime(row["ended"]),
            lease=row["expires"] - moment_now if row["state"] == "running" else 0.0,
            targets=tuple(_target(each) for each in json.loads(row["targets"])),
            undo_until=None if row["undo_until"] is None else as_datetime(row["undo_until"]),
            paused=row["paused"],
            rate=row["rate"],
            done=row["done"],
            total=row["total"],
            waiting=row["waiting"],
            raced=row["raced"],
        )
        for row in connection.execute(statement).mappings()
    ]


def _target(value: Sequence[object]) -> RunTarget:
    group, resource, before, to = value
    assert isinstance(before, list), "as `begin` wrote it"
    collection = str(GroupResource(str(group), str(resource)))
    return RunTarget(collection, tuple(map(str, before)), str(to))


def _as_json(target: RunTarget) -> tuple[object, ...]:
    resource = GroupResource.parse(target.collection)
    return resource.group, resource.resource, target.before, target.to


def _check_lease(lease: float) -> None:
    if not lease > 0:
        raise UsageError(f"a lease of {lease} seconds holds nothing")


def _lost(run_id: str) -> Conflict:
    return Conflict(
        f"run {run_id} is no longer held: it has ended, or its lease expired and another run "
        "took over; `kconv migrate status` shows which"
    )
