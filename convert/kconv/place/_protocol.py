"""What a migration asks of a place, in parts that each fit on a screen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

from kconv.place._operations import (
    BeforeImage,
    ClientCount,
    Ending,
    Images,
    Pressure,
    Quarantined,
    Reclaimable,
    RecordedVersion,
    Restored,
    Run,
    RunTarget,
    Server,
    UndoSize,
)
from kconv.place._rows import Collection, Count, Key, NewData, Row, Where

if TYPE_CHECKING:
    from kconv._scheme import Scheme


class Rows(Protocol):
    """Rows by the version they are in: counting, reading and rewriting them."""

    @property
    def scheme(self) -> Scheme:
        """The kinds that the collections are of."""
        ...

    def collections(self) -> Sequence[Collection]:
        """What is there, by name: the collections that are on record, and those that could be."""
        ...

    def counts(self) -> list[Count]:
        """Rows by section and version; versions on record without any are listed with 0."""
        ...

    def last(self, where: Where) -> Key | None:
        """Up to which key a pass goes over a section that grows at its end.

        What is added later is for the next pass. None where a pass goes to the end, as it does
        where new rows come anywhere.
        """
        ...

    def boundary(
        self, where: Where, *, other_than: str, after: Key | None, until: Key | None, rows: int
    ) -> Key | None:
        """The key up to which `page` has ``rows`` rows, or some more.

        None where there are fewer up to ``until``, or just so many. It reads no data.
        """
        ...

    def page(
        self,
        where: Where,
        *,
        other_than: str,
        after: Key | None,
        until: Key | None,
        limit: int,
        passing_over: str = "",
    ) -> list[Row]:
        """The first rows, by key, over ``after`` and up to ``until``, not in ``other_than``.

        At most ``limit``; a page ends at some MiB of data too, and only an empty one is the last.
        ``passing_over`` is the id of a run: rows that it has put in quarantine, and that are
        still as they were then, are left out.
        """
        ...

    def row(self, where: Where, key: Key) -> Row | None:
        """The row under a key; None if there is none."""
        ...

    def write(
        self, where: Where, items: Sequence[NewData], *, run: str, keep_before_images: bool
    ) -> int:
        """Write rows in another version, each if it is still as it was read; returns how many were.

        The objects do not change by it: nothing tells clients. Rows that are written leave the
        quarantine. ``run`` must still be held (`Conflict`). With ``keep_before_images``, what each
        row held is kept under it, before or together with the write; a run that writes a row twice
        keeps what it held before the first time, unless somebody else wrote it in between.

        A row that the place refuses for what is in it goes into quarantine and is not counted.
        Raises `VersionNotOnRecord`. A call that failed may have written some of the rows.
        """
        ...

    def repair(
        self, where: Where, items: Sequence[NewData], *, run: str, keep_before_images: bool
    ) -> int:
        """As `write`, of rows that somebody has repaired, whose objects are others by it.

        A place that tells clients of changes defines this so that it does, and may keep no
        before-images then. In others it is the same as `write`.
        """
        return self.write(where, items, run=run, keep_before_images=keep_before_images)

    @property
    def writes_elsewhere(self) -> bool:
        """Whether other processes that open the place may write rows of a run beside this one.

        They get it pickled. A place in which one at a time can write says no, and neither does one
        that other processes cannot open: there they read, and this one writes.
        """
        return False

    @property
    def worth_workers(self) -> bool:
        """Whether to convert its rows is work enough for worker processes, where there are many."""
        return True

    def written(self) -> int | None:
        """A number that changes when anybody but a run writes; None where that cannot be told."""
        ...


class Record(Protocol):
    """The versions that rows may be in: one preferred for each collection, and others."""

    def versions(self) -> list[RecordedVersion]:
        """Every version on record, ordered by collection and version."""
        ...

    def prefer(self, versions: Iterable[tuple[str, str]], *, live: float | None) -> None:
        """Make a version the preferred one of each of these collections, or of none.

        A version that is not on record is put on it. With ``live``, every server seen in so many
        seconds must be able to read it: `Conflict` names those that cannot.
        """
        ...

    def close_version(self, collection: str, version: str) -> bool:
        """Take a version off the record where it is proved that no row is in it.

        True when it is off the record (or never was on it): nothing can be written in it
        afterwards. False when rows are left in it, or it is the preferred one. Raises `Unproved`
        where that is not to be found out.
        """
        ...


class Runs(Protocol):
    """Migration runs, one of which may be going on."""

    def begin_run(
        self,
        holder: str,
        targets: Sequence[RunTarget],
        lease: float,
        *,
        keep_undo: float | None = None,
    ) -> Run:
        """Begin a run, held by this process for ``lease`` seconds.

        ``holder`` says who it is for people; ``keep_undo`` for how many seconds after its end its
        before-images are kept, None until they are dropped. Raises `Conflict` when another run is
        going on, saying who holds it since when and how long its lease still goes. A run whose
        lease has expired is taken over: it becomes ``interrupted``.
        """
        ...

    def renew_run(self, run_id: str, lease: float) -> None:
        """Hold a run for ``lease`` seconds from now. Raises `Conflict` when it is lost."""
        ...

    def end_run(self, run_id: str, state: Ending) -> bool:
        """End a run; False when it was no longer held."""
        ...

    def steer_run(
        self, run_id: str, *, paused: bool | None = None, rate: float | None = None
    ) -> Run:
        """Tell a run in progress to pause or to go on, or at how many rows a second to go.

        0 is no limit; what is None stays as it is. The run looks every second or so. Raises
        `Conflict` when it has ended.
        """
        ...

    def report_run(
        self, run_id: str, *, done: int, total: int, waiting: str, raced: int | None = None
    ) -> Run:
        """Note how far a run is and what it waits for; returns what it has been told.

        ``raced`` is how many rows writers changed between read and rewrite, over the whole run;
        None leaves it as it is. Raises `Conflict` when it has ended.
        """
        ...

    def run(self, run_id: str) -> Run:
        """One run. Raises `NotFound`."""
        ...

    def runs(self) -> list[Run]:
        """Every run, the newest first."""
        ...


class BeforeImages(Protocol):
    """What rows held before a run, for the way back."""

    def undo_size(self, run_id: str) -> UndoSize:
        """How many before-images of a run there are, and their bytes."""
        ...

    def before_images(
        self, where: Where, rows: Sequence[Row], runs: Sequence[str]
    ) -> list[BeforeImage | None]:
        """For each row, what it held before the newest of ``runs`` that wrote it.

        ``runs`` are the newest first. None where there is none of a row, or somebody else has
        written the row since.
        """
        ...

    def images(self, run_id: str, *, after: Key | None, limit: int) -> Images:
        """The next ``limit`` before-images of a run, for a person who is to look at them.

        ``after`` is `Images.last` of the page before.
        """
        ...

    def restore(
        self, run_id: str, *, after: Key | None, limit: int, live: float | None, held: str
    ) -> Restored:
        """Put back the next ``limit`` before-images of a run, in an order of the place's own.

        Only rows that still are what the run wrote; nothing tells clients. Their before-images are
        forgotten. ``after`` is `Restored.last` of the page before. A version that has left the
        record since comes back on it, though not as the preferred one: `Conflict` when a server
        seen within ``live`` seconds cannot read it, or when ``held``, the run that does this, is
        no longer held.
        """
        ...

    def drop_undo(self, run_id: str) -> int:
        """Forget the before-images of a run; returns how many there were."""
        ...

    def expire_undo(self) -> int:
        """Forget the before-images that have been kept for long enough; returns how many.

        Does nothing while a run goes on, which may be undoing one.
        """
        ...


class Quarantine(Protocol):
    """Rows that a run could not rewrite."""

    def quarantine(self, entries: Sequence[Quarantined]) -> None:
        """Record rows, in place of what was recorded of them before.

        An entry vanishes when its row is written or deleted.
        """
        ...

    def quarantined(self, collection: str | None = None) -> list[Quarantined]:
        """The rows in quarantine, by collection and key."""
        ...

    def release(self, entries: Sequence[Quarantined]) -> int:
        """Take rows out of quarantine as they are; returns how many were in it."""
        ...


class Surroundings(Protocol):
    """Who else uses a place."""

    def servers(self, within: float) -> list[Server]:
        """Live code that reads the place, seen in the last ``within`` seconds."""
        ...

    def clients(self, group: str, version: str, *, since_days: int) -> list[ClientCount]:
        """Who asked for a version today or in the days before, most requests first."""
        ...

    def pressure(self, where: Where, wanted: frozenset[str]) -> Pressure:
        """What the place is under, as far as it is ``wanted`` and can be told.

        ``wanted`` are of ``replica_lag``, ``archive_backlog``, ``lock_waits``, ``load`` and
        ``vacuum``: of the table that ``where`` is. A place that has none of it need not define
        this.
        """
        return Pressure(unknown=dict.fromkeys(wanted, "this place has none"))

    def reclaimable(self) -> Reclaimable:
        """The room that rows which are gone take still."""
        ...

    def findings(self) -> list[str]:
        """What a run does besides writing rows, and what it would meet: lines for people."""
        return []


class Place(Rows, Record, Runs, BeforeImages, Quarantine, Surroundings, Protocol):
    """Where objects of some kinds live, each row in one of their versions.

    Calls block and may come from any thread. Any call may raise `Unavailable`. What is pickled
    opens anew where it is unpickled: worker processes get a place so.
    """

    def close(self) -> None:
        """Give back what is open. A later call opens it anew."""
        ...
