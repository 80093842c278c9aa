"""`ClusterPlace`: the objects of a live cluster, as a place that is migrated."""

from __future__ import annotations

from collections.abc import Collection as SomeOf
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

from kconv._cluster import svm
from kconv._cluster.connection import ASIDE, Connection
from kconv._cluster.definition import Definition
from kconv._cluster.driving import Driving
from kconv._cluster.hubs import Hubs, hubs_of
from kconv._cluster.kinds import scheme_of
from kconv._cluster.listing import ClusterKey
from kconv._cluster.notes import books_of
from kconv._cluster.preflight import check_definition, check_rights, findings
from kconv._cluster.proof import digest_of_mark
from kconv._cluster.reading import Reading
from kconv._cluster.resources import Resources, resources_of
from kconv._cluster.restoring import restore_page
from kconv._cluster.rows import (
    label_of,
    named_entry,
    named_image,
    versions_of,
)
from kconv._cluster.threads import CONNECTIONS, Threads
from kconv._cluster.writing import Writing
from kconv._errors import KconvError, UsageError
from kconv._scheme import Scheme
from kconv._store.bookkeeping import Bookkeeping
from kconv._store.bookkept_place import BookkeptPlace, number
from kconv.place import (
    AsRead,
    BeforeImage,
    Collection,
    Count,
    Ending,
    Images,
    Key,
    NewData,
    Quarantined,
    RecordedVersion,
    Restored,
    Row,
    Run,
    RunTarget,
    UndoSize,
    Where,
)


class ClusterPlace(BookkeptPlace):
    """A collection for each CRD; rows are its objects, in the version that they are stored in.

    Which one that is the API server tells nobody. An object is known to be in the storage version
    when it was written after the CRD had that version (by its resourceVersion), or when this place
    has rewritten it: by a patch that changes nothing, after which the server stores it anew where
    it was stored otherwise. All others count as being in the first other version of
    ``status.storedVersions``. A version leaves that list only after every object was looked at
    twice.

    Where it ``rehearses``, the server is asked what would become of each object that is read to be
    written. Objects of kinds that ``hubs`` know are compared through them.

    Of resources without a CRD, which versions objects may be in is in the notes as well: a
    database of kconv's (``notes``), as runs, the quarantine and what objects were before are.
    """

    def __init__(
        self,
        connection: Connection,
        definitions: Sequence[Definition],
        books: Bookkeeping,
        hubs: Hubs | None = None,
    ) -> None:
        self.connection = connection
        self.names = frozenset(each.name for each in definitions)
        self._scheme = scheme_of(definitions)
        self.books = books
        self.rehearses = False
        self._threads = Threads()
        self._driving = Driving(connection)
        self._hubs = hubs or Hubs()
        self._resources = Resources(connection, definitions, books, self._driving, self._hubs)
        self._reading = Reading(connection, self._resources, self._threads, self._hubs)
        self._writing = Writing(connection, books, self._resources, self._threads)

    @classmethod
    def open(
        cls,
        context: str,
        notes: str,
        groups: SomeOf[str] | None = None,
        names: SomeOf[str] = (),
        apis: Sequence[str] = (),
    ) -> ClusterPlace:
        """The resources of a context of the kubeconfig; all of them, or those of groups.

        Resources without a CRD are those of ``names`` and the ones that runs have been over.
        ``apis`` are API packages beside the installed ones, as those of `load_scheme`.
        """
        connection = Connection(context, connections=CONNECTIONS + ASIDE)
        books = books_of(connection, notes)
        try:
            found = resources_of(connection, books, names, groups)
            return cls(connection, found, books, hubs_of(found, apis))
        except BaseException:
            books.database.close()
            raise

    def drive_cluster(self) -> None:
        """Have the cluster's own migrator rewrite objects, before what it has left is rewritten.

        What a migration of it took off the record, and nobody has proved, is put back at once.
        """
        self._driving.is_on = True
        self.put_back_versions()

    def put_back_versions(self) -> None:
        """Put back what migrations of the cluster, asked for by runs that were cut off, took away.

        Raises `Conflict` where one of them goes on, and nobody would put back what it takes.
        """
        for name in self._driving.put_back_all(self._resources.definitions_of_crds):
            self._resources.known[name] = self._resources.read_again(name)

    def close(self) -> None:
        with suppress(KconvError):
            self._writing.settle()
        self._reading.close()
        self._threads.close()
        self.connection.close()
        super().close()

    def __reduce__(self) -> tuple[Any, ...]:
        raise UsageError("objects of a cluster are rewritten by one process: use --workers 1")

    @property
    def scheme(self) -> Scheme:
        return self._scheme

    @property
    def worth_workers(self) -> bool:
        return False

    def collections(self) -> list[Collection]:
        kinds = {str(kind.group_resource): kind for kind in self._scheme.kinds}
        return [
            Collection(name, kinds[name], converts=False) for name in sorted(self._resources.known)
        ]

    # Rows.

    def counts(self) -> list[Count]:
        self._writing.settle()
        return self._reading.counts()

    def boundary(
        self, where: Where, *, other_than: str, after: Key | None, until: Key | None, rows: int
    ) -> Key | None:
        # To look for it would be to list the objects once more.
        return None

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
        left_out = self.failed(where.collection, passing_over)
        if not self._reading.goes_on(where.collection, after):
            self._writing.settle()
        return self._reading.page(
            where.collection,
            after,
            limit,
            other_than=other_than,
            left_out=left_out,
            rehearses=self.rehearses,
        )

    def row(self, where: Where, key: Key) -> Row | None:
        if len(key) != len(ClusterKey._fields):
            return None
        return self._reading.row(where.collection, ClusterKey(*map(str, key)))

    def write(
        self, where: Where, items: Sequence[NewData], *, run: str, keep_before_images: bool
    ) -> int:
        return self._writing.write(where.collection, items, run, keep=keep_before_images)

    def repair(
        self, where: Where, items: Sequence[NewData], *, run: str, keep_before_images: bool
    ) -> int:
        raise UsageError("objects of a cluster are repaired with kubectl edit; then run it again")

    # The record of versions is the CRD's.

    def versions(self) -> list[RecordedVersion]:
        found = []
        for name in sorted(self._resources.known):
            definition = self._resources.newest(name)
            found += [
                RecordedVersion(name, each, each == label_of(definition, True))
                for each in versions_of(definition)
            ]
        return found

    def prefer(self, versions: Iterable[tuple[str, str]], *, live: float | None) -> None:
        for name, version in versions:
            storage = label_of(self._resources.known[name], True)
            if version != storage:
                raise UsageError(self._resources.told_by(name, version))

    def close_version(self, collection: str, version: str) -> bool:
        self._writing.settle()
        if self.quarantined(collection):
            return False
        return self._resources.close_version(collection, version.rpartition("/")[2])

    # Runs.

    def begin_run(
        self,
        holder: str,
        targets: Sequence[RunTarget],
        lease: float,
        *,
        keep_undo: float | None = None,
    ) -> Run:
        definitions = [self._resources.read_again(each.collection) for each in targets]
        check_rights(self.connection, definitions, svm.RIGHTS if self._driving.is_on else ())
        for definition in definitions:
            check_definition(self.connection, definition, is_driven=self._driving.is_on)
        for definition in definitions:
            self._resources.begin_at(definition)
        # The lease first: two runs would meet each other's migrations.
        run = super().begin_run(holder, targets, lease, keep_undo=keep_undo)
        for each in targets:
            self._resources.proofs[each.collection].begun(run.id)
        if self._driving.is_on:
            crds = self._resources.definitions_of_crds
            begun = [crds[each.name] for each in definitions if each.old and each.name in crds]
            try:
                driven = self._driving.drive(begun, lease, lambda: self.renew_run(run.id, lease))
            except BaseException:
                with suppress(KconvError):
                    self.end_run(run.id, "failed")
                raise
            self._resources.known |= {each.name: each for each in driven}
        return run

    def end_run(self, run_id: str, state: Ending) -> bool:
        try:
            self._writing.settle()
        except KconvError:
            super().end_run(run_id, "failed" if state == "done" else state)
            raise
        return super().end_run(run_id, state)

    def how_compared(self, name: str) -> str:
        """How versions of a resource are compared; empty where nothing is known but the values."""
        return self._hubs.how(self._resources.known[name])

    def findings(self) -> list[str]:
        return [line for each in self._resources.known.values() for line in findings(each)]

    def quarantined(self, collection: str | None = None) -> list[Quarantined]:
        self._writing.settle()
        return [named_entry(each) for each in super().quarantined(collection)]

    # Before-images.

    def before_images(
        self, where: Where, rows: Sequence[AsRead], runs: Sequence[str]
    ) -> list[BeforeImage | None]:
        self._writing.settle()
        digests = {row.key: digest_of_mark(number(row.mark)) for row in rows}
        found = self.books.fitting_images(where.collection, digests, runs)
        images = {key: BeforeImage(each.version, each.raw) for key, each in found.items()}
        return [images.get(tuple(row.key)) for row in rows]

    def undo_size(self, run_id: str) -> UndoSize:
        self._writing.settle()
        return super().undo_size(run_id)

    def images(self, run_id: str, *, after: Key | None, limit: int) -> Images:
        self._writing.settle()
        found = super().images(run_id, after=after, limit=limit)
        return found._replace(images=tuple(map(named_image, found.images)))

    def restore(
        self, run_id: str, *, after: Key | None, limit: int, live: float | None, held: str
    ) -> Restored:
        self._writing.settle()
        page = self.books.undo_page(run_id, after, limit)
        if not page:
            return Restored()
        self.books.database.write(lambda transaction: self.books.check_held(transaction, held))
        done, restored = restore_page(self.connection, self._resources.known, self.books, page)
        self.books.database.write(lambda c: self.books.forget(c, run_id, restored))
        return done
