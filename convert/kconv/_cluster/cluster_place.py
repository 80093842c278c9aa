"""`ClusterPlace`: the custom resources of a live cluster, as a place that is migrated."""

from __future__ import annotations

from collections.abc import Collection as SomeOf
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from kconv._cluster import svm
from kconv._cluster.connection import Connection
from kconv._cluster.definition import Definition, get_definition, list_definitions
from kconv._cluster.driving import Driving
from kconv._cluster.kinds import as_document, scheme_of
from kconv._cluster.listing import ClusterKey, look, marks
from kconv._cluster.preflight import check_definition, check_rights, findings, settle
from kconv._cluster.proof import Proofs, Since, close_version, digest_of_mark
from kconv._cluster.restoring import restore_page
from kconv._cluster.rewriting import rewrite
from kconv._cluster.rows import (
    CHUNK,
    before_image,
    chunks,
    cluster_key,
    label_of,
    named_entry,
    raise_first,
    versions_of,
)
from kconv._cluster.walk import Seen, Walk, see
from kconv._errors import Conflict, KconvError, UsageError
from kconv._scheme import Scheme
from kconv._store.bookkeeping import Bookkeeping
from kconv._store.bookkept_place import BookkeptPlace, number
from kconv._store.database import Database, parse_url
from kconv._store.existing import is_empty
from kconv.place import (
    OBJECTS,
    AsRead,
    BeforeImage,
    Collection,
    Count,
    Key,
    NewData,
    Quarantined,
    RecordedVersion,
    Restored,
    Row,
    Run,
    RunTarget,
    Where,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection as Transaction

CONNECTIONS: Final = 8
"""Requests that are under way at a time."""


class ClusterPlace(BookkeptPlace):
    """A collection for each CRD; rows are its objects, in the version that they are stored in.

    Which one that is the API server tells nobody. An object is known to be in the storage version
    when it was written after the CRD had that version (by its resourceVersion), or when this place
    has rewritten it: by a patch that changes nothing, after which the server stores it anew where
    it was stored otherwise. All others count as being in the first other version of
    ``status.storedVersions``. A version leaves that list only after every object was looked at
    twice.

    Runs, the quarantine and what objects were before are in a database of kconv's (``notes``).
    """

    def __init__(
        self, connection: Connection, definitions: Sequence[Definition], notes: str
    ) -> None:
        self.connection = connection
        self._definitions = {each.name: each for each in definitions}
        self.names = frozenset(self._definitions)
        self._scheme = scheme_of(definitions)
        database = Database(parse_url(notes), create=True)
        if is_empty(notes):
            from kconv_migrations._tables import upgrade  # it takes long to load

            upgrade(notes)
        # The same names may be in several clusters.
        cluster = sha256(connection.host.encode()).hexdigest()[:8]
        self.books = Bookkeeping(database, f"@cluster-{cluster}")
        self._proofs = {each.name: Proofs(self.books, each) for each in definitions}
        self._walks: dict[str, tuple[Key | None, Iterator[Seen]]] = {}
        self._driving = Driving(connection)

    @classmethod
    def open(cls, context: str, notes: str, groups: SomeOf[str] | None = None) -> ClusterPlace:
        """The custom resources of a context of the kubeconfig; all of them, or those of groups."""
        connection = Connection(context, connections=CONNECTIONS)
        found = list_definitions(connection)
        wanted = [each for each in found if groups is None or each.group in groups]
        return cls(connection, wanted, notes)

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
        for name in self._driving.put_back_all(self._definitions):
            self._definitions[name] = get_definition(self.connection, name)

    def close(self) -> None:
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
        return [Collection(name, kinds[name]) for name in sorted(self._definitions)]

    # Rows.

    def counts(self) -> list[Count]:
        found = []
        for name, definition in sorted(self._definitions.items()):
            numbers = dict.fromkeys(versions_of(definition), 0)
            if definition.problem or definition.storage not in definition.served:
                pass
            elif not definition.old:
                numbers[label_of(definition, True)] = look(self.connection, definition)[1]
            else:
                for keys in chunks(marks(self.connection, definition)):
                    proved = self._proofs[name].of(keys)
                    for key in keys:
                        numbers[label_of(definition, key in proved)] += 1
            found += [Count(name, OBJECTS, each, rows) for each, rows in numbers.items()]
        return found

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
        name = where.collection
        left_out = self.failed(name, passing_over)
        at, walk = self._walks.pop(name, (None, iter(())))
        if after is None or at != after:
            walk = iter(Walk(self.connection, self._definitions[name], cluster_key(after)))
        page: list[Row] = []
        while len(page) < limit:
            seen = list(islice(walk, min(limit, CHUNK)))
            if not seen:
                return page
            rows = [row for row in self._rows(name, seen) if row.version != other_than]
            page += [row for row in rows if (row.key, row.mark) not in left_out]
            if page and len(page) + CHUNK > limit:
                break
        if page:
            self._walks[name] = (page[-1].key, walk)
        return page

    def row(self, where: Where, key: Key) -> Row | None:
        definition = self._definitions[where.collection]
        if len(key) != len(ClusterKey._fields):
            return None
        seen = see(self.connection, definition, ClusterKey(*map(str, key)))
        return None if seen is None else self._rows(definition.name, [seen])[0]

    def _rows(self, name: str, seen: Sequence[Seen]) -> list[Row]:
        definition = self._definitions[name]
        proved = self._proofs[name].of({each.key: each.mark for each in seen})
        return [
            Row(
                each.key,
                label_of(definition, each.key in proved),
                each.mark,
                as_document(each.shown),
                each.problem,
            )
            for each in seen
        ]

    def write(
        self, where: Where, items: Sequence[NewData], *, run: str, keep_before_images: bool
    ) -> int:
        name = where.collection
        definition = self._definitions[name]

        def begin(transaction: Transaction) -> None:
            self.books.check_held(transaction, run)
            if keep_before_images:
                images = [before_image(name, each, None) for each in items]
                self.books.keep(transaction, run, images)

        self.books.database.write(begin)
        with ThreadPoolExecutor(CONNECTIONS) as threads:
            outcomes = list(
                threads.map(lambda each: rewrite(self.connection, definition, each), items)
            )
        done = [(item, found) for item, found in zip(items, outcomes, strict=True) if found.mark]
        failed = [
            found.entry(run, name, item.row)
            for item, found in zip(items, outcomes, strict=True)
            if found.message
        ]
        lost = [item for item, found in zip(items, outcomes, strict=True) if not found.mark]
        # Read behind the writes: what was written is where the CRD said if it still says so.
        held = not any(each.error for each in outcomes) and self._is_held(definition)

        def settle_rows(transaction: Transaction) -> None:
            if keep_before_images:
                images = [before_image(name, item, found.mark) for item, found in done]
                if not held:
                    images = [each._replace(written_version="") for each in images]
                self.books.keep(transaction, run, images)
                gone = [before_image(name, each, None) for each in lost]
                self.books.forget(transaction, run, gone)
            known = [(item.row.key, number(item.row.mark)) for item, _ in done if held]
            self.books.rewritten(transaction, name, known)

        self.books.database.write(settle_rows)
        self.quarantine(failed)
        raise_first(outcomes)
        if not held:
            # Where they are stored nobody knows: they are written once more.
            return len(done)
        self._proofs[name].rewritten((item.row.key, found.mark, item.data) for item, found in done)
        self._proofs[name].try_first(
            [(ClusterKey(*map(str, item.row.key)), found.mark, item.data) for item, found in done],
            lambda key: see(self.connection, definition, key),
            run,
        )
        return len(done)

    def repair(
        self, where: Where, items: Sequence[NewData], *, run: str, keep_before_images: bool
    ) -> int:
        raise UsageError("objects of a cluster are repaired with kubectl edit; then run it again")

    # The record of versions is the CRD's.

    def versions(self) -> list[RecordedVersion]:
        found = []
        for name in sorted(self._definitions):
            definition = self._newest(name)
            found += [
                RecordedVersion(name, each, each == label_of(definition, True))
                for each in versions_of(definition)
            ]
        return found

    def prefer(self, versions: Iterable[tuple[str, str]], *, live: float | None) -> None:
        for name, version in versions:
            storage = label_of(self._definitions[name], True)
            if version != storage:
                raise UsageError(
                    f"the CRD {name} stores {storage}: set storage: true at "
                    f"{version.rpartition('/')[2]} and apply it; which version is stored is said "
                    "there and nowhere else"
                )

    def close_version(self, collection: str, version: str) -> bool:
        if self.quarantined(collection):
            return False
        definition = self._newest(collection)
        proofs = self._proofs[collection]
        if proofs.since is None or proofs.since.generation != definition.generation:
            # What it stored in between nobody knows: only what is written from now on counts.
            self._begin_at(definition)
            return False
        closed = close_version(self.connection, definition, proofs, version.rpartition("/")[2])
        if closed:
            self._driving.proved(definition, version.rpartition("/")[2])
        return closed

    def _is_held(self, definition: Definition) -> bool:
        """Whether the CRD has been as it is known since what is written counts as proved."""
        since = self._proofs[definition.name].since
        try:
            now = get_definition(self.connection, definition.name)
        except (Conflict, UsageError):
            return False  # it is gone
        generation = definition.generation if since is None else since.generation
        return (now.uid, now.generation) == (definition.uid, generation)

    def _newest(self, name: str) -> Definition:
        """A CRD as it is now, where it is being migrated. Raises `Conflict` where it is another."""
        known = self._definitions[name]
        if self._proofs[name].since is None:
            return known
        return self._driving.newest(known)

    # Runs.

    def begin_run(
        self,
        holder: str,
        targets: Sequence[RunTarget],
        lease: float,
        *,
        keep_undo: float | None = None,
    ) -> Run:
        definitions = [get_definition(self.connection, each.collection) for each in targets]
        check_rights(self.connection, definitions, svm.RIGHTS if self._driving.is_on else ())
        for definition in definitions:
            check_definition(self.connection, definition)
        for definition in definitions:
            self._begin_at(definition)
        # The lease first: two runs would meet each other's migrations.
        run = super().begin_run(holder, targets, lease, keep_undo=keep_undo)
        if self._driving.is_on:
            begun = [self._definitions[each.name] for each in definitions if each.old]
            try:
                driven = self._driving.drive(begun, lease, lambda: self.renew_run(run.id, lease))
            except BaseException:
                with suppress(KconvError):
                    self.end_run(run.id, "failed")
                raise
            self._definitions |= {each.name: each for each in driven}
        return run

    def _begin_at(self, definition: Definition) -> None:
        """From now on, whatever is written is written in the storage version that the CRD has."""
        settle(self.connection, definition)
        again = get_definition(self.connection, definition.name)
        if again.generation != definition.generation:
            raise Conflict(f"the CRD {definition.name} changes meanwhile: run it again")
        resource_version, _ = look(self.connection, definition)
        proofs = self._proofs[definition.name]
        proofs.begin(Since(definition.generation, resource_version), definition)
        self._definitions[definition.name] = again

    def findings(self) -> list[str]:
        return [line for each in self._definitions.values() for line in findings(each)]

    def quarantined(self, collection: str | None = None) -> list[Quarantined]:
        return [named_entry(each) for each in super().quarantined(collection)]

    # Before-images.

    def before_images(
        self, where: Where, rows: Sequence[AsRead], runs: Sequence[str]
    ) -> list[BeforeImage | None]:
        digests = {row.key: digest_of_mark(number(row.mark)) for row in rows}
        found = self.books.fitting_images(where.collection, digests, runs)
        images = {key: BeforeImage(each.version, each.raw) for key, each in found.items()}
        return [images.get(tuple(row.key)) for row in rows]

    def restore(
        self, run_id: str, *, after: Key | None, limit: int, live: float | None, held: str
    ) -> Restored:
        page = self.books.undo_page(run_id, after, limit)
        if not page:
            return Restored()
        self.books.database.write(lambda transaction: self.books.check_held(transaction, held))
        done, restored = restore_page(self.connection, self._definitions, page)
        self.books.database.write(lambda c: self.books.forget(c, run_id, restored))
        return done
