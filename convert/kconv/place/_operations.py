"""What operating a place needs: versions on record, runs, before-images, quarantine, readers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Final, Literal, NamedTuple

from kconv._errors import Conflict
from kconv.place._rows import Key, Mark, RowFinding, RowName

_MOST_NAMED: Final = 10

NEVER: Final = datetime.fromtimestamp(0, UTC)
"""A moment that has not been set."""

RunState = Literal["running", "done", "failed", "interrupted"]
Ending = Literal["done", "failed", "interrupted"]


class RecordedVersion(NamedTuple):
    """A version that rows of a collection may be in; new rows are written in the preferred one."""

    collection: str
    version: str
    preferred: bool


class RunTarget(NamedTuple):
    """A collection that a run migrates: from which versions (the preferred one first), to which."""

    collection: str
    before: tuple[str, ...]
    to: str


@dataclass(frozen=True, slots=True)
class Run:
    """A migration run; moments are by the place's clock.

    ``lease`` is for how many more seconds nobody else may begin one: negative when it has expired
    and the run may be taken over, 0 when the run has ended. ``undo_until`` is until when its
    before-images are kept, None until somebody drops them.

    A run in progress is told to pause (``paused``), and at how many rows a second to go (``rate``;
    0 for no limit, None for what it was begun with). It says that it has ``done`` so many rows of
    the ``total`` of the collection it is at, and what it is ``waiting`` for. ``raced`` rows, over
    the whole run, were changed by a writer between read and rewrite, and were looked at again; None
    for what does not count them, as undoing, and for runs of releases that did not.
    """

    id: str
    holder: str
    host: str
    pid: int
    state: RunState
    began: datetime
    ended: datetime | None
    lease: float
    targets: tuple[RunTarget, ...]
    undo_until: datetime | None = None
    paused: bool = False
    rate: float | None = None
    done: int = 0
    total: int = 0
    waiting: str = ""
    raced: int | None = None


class UndoSize(NamedTuple):
    """How many before-images there are, and the bytes of data that they hold."""

    rows: int
    bytes: int


class BeforeImage(NamedTuple):
    """What a row held before a run wrote it."""

    version: str
    data: bytes


class Images(NamedTuple):
    """A page of before-images, each with the row that it is of; ``last`` is where it ends."""

    images: tuple[tuple[RowName, BeforeImage], ...] = ()
    last: Key | None = None


@dataclass(frozen=True, slots=True)
class Restored:
    """What became of a page of before-images.

    ``restored`` rows hold again what they held; ``written`` ones have been written since, and
    ``deleted`` ones are gone, and ``refused`` ones the place did not take back, each with what it
    said: their before-images stay. ``last`` is where the page ends, to be
    given back for the next one; None where there was nothing any more.
    """

    restored: int = 0
    written: tuple[RowName, ...] = ()
    deleted: tuple[RowName, ...] = ()
    last: Key | None = None
    refused: tuple[tuple[RowName, str], ...] = ()


class Unproved(Conflict):
    """Whether rows are left in a version cannot be found out until somebody has mended something.

    The message says what. To try again at once finds nothing else.
    """

    reason = "Unproved"


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A row that ``run`` left as it was, of a section of a collection.

    It speaks of the row in ``version`` and at ``mark``. ``reason`` and ``message`` are the
    error's, ``findings`` its (path, reason, message), perhaps with more behind them as JSON;
    ``since`` is set by the place.
    """

    run: str
    collection: str
    section: str
    key: Key
    version: str
    mark: Mark
    reason: str
    message: str
    findings: tuple[RowFinding, ...] = ()
    since: datetime = NEVER


Versions = tuple[tuple[str, str, str], ...]
"""(group, resource, api_version), any number of them."""


@dataclass(frozen=True, slots=True)
class Server:
    """Live code that reads a place: ``decodes`` are the (group, resource, api_version) it can read.

    The place sets the rest: ``started`` and ``seen`` by its clock, and ``encodes``, the preferred
    versions on record of the resources that it knows, for servers write by the record. One that is
    ``partial`` says what it reads of some collections, and reads nothing of others. Without a
    ``host``, it is what somebody has said of live code.
    """

    id: str
    release: str
    host: str
    pid: int
    decodes: Versions
    started: datetime = NEVER
    seen: datetime = NEVER
    encodes: Versions = ()
    partial: bool = False

    def reads(self, group: str, resource: str, api_version: str) -> bool:
        """Whether it can read a version of a resource, as far as it reads that at all."""
        if (group, resource, api_version) in self.decodes:
            return True
        return self.partial and not any(each[:2] == (group, resource) for each in self.decodes)

    def __str__(self) -> str:
        if not self.host:
            return f"{self.id} (as --servers says)"
        return f"{self.id} (release {self.release} on {self.host}, process {self.pid})"


def cannot_store(name: str, api_version: str, blocking: Sequence[Server]) -> str:
    """What is said of a collection that is not stored as a version which live code cannot read."""
    named = ", ".join(map(str, blocking[:_MOST_NAMED]))
    more = len(blocking) - _MOST_NAMED
    return (
        f"{name} cannot be stored as {api_version}, which "
        f"{len(blocking)} live server{'s' * (len(blocking) > 1)} cannot decode: {named}"
        f"{f' and {more} more' if more > 0 else ''}"
    )


@dataclass(frozen=True, slots=True)
class ClientCount:
    """How often a client called a version of a resource, and on which day (UTC) last."""

    group: str
    version: str
    resource: str
    user_agent: str
    requests: int
    last: date


class Replica(NamedTuple):
    """A replica: how many seconds what it replayed last took to come, and how far it is in the log.

    The position is a number of bytes.
    """

    name: str
    lag: float
    replayed: int


@dataclass(frozen=True, slots=True)
class Pressure:
    """What a place is under, of what was asked for.

    ``log_position`` is how far its log of changes is, of which ``replicas`` follow; of that log,
    ``archive_backlog`` files wait to be archived. ``lock_waits`` sessions wait for a lock, and
    ``load`` are at work. ``vacuumed`` is a table that is being vacuumed. ``unknown`` says of what
    cannot be told why, by the name of the field (``replica_lag``, ``vacuum``).
    """

    replicas: tuple[Replica, ...] = ()
    log_position: int = 0
    archive_backlog: int | None = None
    lock_waits: int | None = None
    load: int | None = None
    vacuumed: str = ""
    unknown: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reclaimable:
    """About how many ``bytes`` VACUUM would free, and the ``tables`` they are in (PostgreSQL).

    On SQLite it makes the file smaller; PostgreSQL uses the room again, and only VACUUM FULL,
    which locks the tables, gives it to the system.
    """

    bytes: int
    tables: tuple[str, ...] = ()
