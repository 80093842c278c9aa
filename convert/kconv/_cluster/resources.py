"""The resources of a cluster as they are now: in which version they are stored, and may have been.

Of custom resources their CRDs say so. Of those that the API server has by itself it says the
first; the other is on record in the notes.
"""

from __future__ import annotations

from collections.abc import Collection as SomeOf
from collections.abc import Sequence
from typing import TYPE_CHECKING

from kconv._cluster.built_in import BuiltIn, get_built_in, newest_built_in
from kconv._cluster.connection import Connection
from kconv._cluster.definition import (
    Definition,
    NoCrds,
    get_definition,
    list_definitions,
    write_stored,
)
from kconv._cluster.driving import Driving
from kconv._cluster.hubs import Hubs
from kconv._cluster.listing import look
from kconv._cluster.preflight import settle
from kconv._cluster.proof import Proofs, Since, is_proved
from kconv._errors import Conflict, UsageError
from kconv._store.bookkeeping import Bookkeeping

if TYPE_CHECKING:
    from sqlalchemy import Connection as Transaction


class Resources:
    """The resources that a place has, by name; ``proofs`` are what is known of their objects."""

    def __init__(
        self,
        connection: Connection,
        definitions: Sequence[Definition],
        books: Bookkeeping,
        driving: Driving,
        hubs: Hubs,
    ) -> None:
        self._connection = connection
        self._books = books
        self._driving = driving
        self.known = {each.name: each for each in definitions}
        self.proofs = {each.name: Proofs(books, each, hubs) for each in definitions}

    @property
    def definitions_of_crds(self) -> dict[str, Definition]:
        """Those that have a CRD."""
        return {name: each for name, each in self.known.items() if not isinstance(each, BuiltIn)}

    def read_again(self, name: str) -> Definition:
        """A resource as it is now. Raises `Conflict` where it is gone, or a built-in is another."""
        known = self.known[name]
        if isinstance(known, BuiltIn):
            return newest_built_in(self._connection, known)
        return get_definition(self._connection, name)

    def newest(self, name: str) -> Definition:
        """A resource as it is now, where it is being migrated.

        Raises `Conflict` where it is another.
        """
        known = self.known[name]
        if self.proofs[name].since is None:
            return known
        if isinstance(known, BuiltIn):
            return newest_built_in(self._connection, known)
        return self._driving.newest(known)

    def is_held(self, name: str) -> bool:
        """Whether it has been as it is known since what is written counts as proved."""
        known, since = self.known[name], self.proofs[name].since
        try:
            now = self.read_again(name)
        except (Conflict, UsageError):
            return False  # it is gone
        generation = known.generation if since is None else since.generation
        return (now.uid, now.generation) == (known.uid, generation)

    def begin_at(self, definition: Definition) -> None:
        """From now on, whatever is written is written in the storage version that it has."""
        settle(self._connection, definition)
        again = self.read_again(definition.name)
        if again.generation != definition.generation:
            raise Conflict(f"{definition.title} changes meanwhile: run it again")
        if isinstance(again, BuiltIn):
            self._record(again)
        resource_version, objects = look(self._connection, definition)
        proofs = self.proofs[definition.name]
        proofs.begin(Since(definition.generation, resource_version, objects), definition)
        self.known[definition.name] = again

    def close_version(self, name: str, version: str) -> bool:
        """Take a version off the record, if it is proved that no object is in it.

        And if the resource is what it was when the proof began. Raises `NotAsBefore`.
        """
        definition, proofs = self.newest(name), self.proofs[name]
        if proofs.since is None or proofs.since.generation != definition.generation:
            # What it stored in between nobody knows: only what is written from now on counts.
            self.begin_at(definition)
            return False
        if version == definition.storage:
            return False
        if version in definition.stored and not is_proved(self._connection, definition, proofs):
            return False
        if isinstance(definition, BuiltIn):
            return self._take_off(definition, version)
        if not self._prune(definition, version):
            return False
        self._driving.proved(definition, version)
        return True

    def _prune(self, definition: Definition, version: str) -> bool:
        """Write ``status.storedVersions``, if the CRD is what it was when the proof began."""
        for known in (definition, None):
            found = known or get_definition(self._connection, definition.name)
            if (found.uid, found.generation) != (definition.uid, definition.generation):
                return False
            if version not in found.stored:
                return True
            left = [each for each in found.stored if each != version]
            if write_stored(self._connection, found, left):
                return True
            # Its status alone may be another: a condition, for one.
        return False

    def told_by(self, name: str, version: str) -> str:
        """Who says which version is stored, for one who wants another."""
        known = self.known[name]
        stores = f"{known.title} stores {known.api_version(known.storage)}"
        if isinstance(known, BuiltIn):
            return f"{stores}: which version is stored is the API server's to say"
        return (
            f"{stores}: set storage: true at {version.rpartition('/')[2]} and apply it; which "
            "version is stored is said there and nowhere else"
        )

    # Those without a CRD, on record in the notes.

    def _record(self, built_in: BuiltIn) -> None:
        first = built_in.api_version(built_in.storage)

        def prefer(transaction: Transaction) -> None:
            self._books.prefer(transaction, [(built_in.name, first)], None)
            for each in built_in.old:
                version = built_in.api_version(each)
                self._books.put_on_record(transaction, built_in.name, version)

        self._books.database.write(prefer)

    def _take_off(self, built_in: BuiltIn, version: str) -> bool:
        newest_built_in(self._connection, built_in)
        off = built_in.api_version(version)
        taken = self._books.database.write(
            lambda transaction: self._books.take_off_record(transaction, built_in.name, off)
        )
        if taken:
            recorded = [each for each in built_in.old if each != version]
            left = get_built_in(self._connection, built_in.name, recorded)
            assert left is not None, "it was there before"
            self.known[built_in.name] = left
        return taken


def resources_of(
    connection: Connection,
    books: Bookkeeping,
    names: SomeOf[str],
    groups: SomeOf[str] | None = None,
) -> list[Definition]:
    """Every resource with a CRD, and those without: of some names, and all that are on record.

    Of all groups, or of some. Names that the server does not have are left out. Raises
    `UsageError` where CRDs cannot be listed, and there is nothing else to look at.
    """
    found: list[Definition] = []
    lacking: UsageError | None = None
    try:
        found += list_definitions(connection)
    except UsageError as error:
        if not names and not isinstance(error, NoCrds):
            raise
        lacking = error
    custom = {each.name for each in found}
    recorded: dict[str, list[str]] = {}
    for each in books.database.peek(books.versions):
        recorded.setdefault(each.collection, []).append(each.version.rpartition("/")[2])
    for name in dict.fromkeys((*names, *recorded)):
        made = None if name in custom else get_built_in(connection, name, recorded.get(name))
        if made is not None:
            found.append(made)
    if lacking is not None and not found:
        raise lacking
    return [each for each in found if groups is None or each.group in groups]
