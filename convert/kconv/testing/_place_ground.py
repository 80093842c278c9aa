"""`PlaceGround`: what the tests of `PlaceTests` do to a place beside the migration."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Final

from kconv.place import Collection, Key, Place
from kconv.testing import _notes

MANY: Final = 10_000


class PlaceGround(ABC):
    """A place as its own users see it, with one collection; a test has one that is empty.

    The documents are notes (`notes_scheme`): a `kconv.Document` in the versions
    ``notes.kconv.test/v1`` (`NoteV1`), which is preferred at first, and ``notes.kconv.test/v2``
    (`NoteV2`). Names are texts such as ``name-0012``, and their order is that of keys.

    Tests stand for other programs: what they write is written as your application writes it, and
    is there when the call returns.
    """

    collection = "notes"
    """What the collection is called in the place."""

    old = _notes.OLD
    new = _notes.NEW

    by_value = False
    """Whether the place keeps what documents say and not their bytes, as JSONB does."""

    @abstractmethod
    def open(self) -> Place:
        """The place, opened anew. The old version is the preferred one of an empty place."""

    @abstractmethod
    def key(self, name: str) -> Key:
        """The key of a document, which need not be there any more."""

    @abstractmethod
    def put(self, name: str, version: str, data: bytes) -> None:
        """Store a document in a version, in place of one of that name if there is one."""

    @abstractmethod
    def delete(self, name: str) -> None:
        """Delete a document."""

    @abstractmethod
    def rows(self) -> dict[str, tuple[str, bytes]]:
        """Every document by name: its version and its bytes."""

    def document(self, name: str, version: str, *, changed: bool = False) -> bytes:
        """A document as an application would store it; ``changed`` in some field."""
        return _notes.note(name, version, changed=changed)

    def spoilt(self, name: str) -> bytes:
        """A document in the old version that cannot be converted: it has an unknown field."""
        return b'{"noSuchField":1,' + self.document(name, self.old)[1:]

    # What follows from that.

    def seed(self, count: int) -> list[str]:
        """Store so many documents in the old version; their names, in the order of their keys."""
        names = [f"name-{number:04}" for number in range(count)]
        for name in names:
            self.put(name, self.old, self.document(name, self.old))
        return names

    def write(self, name: str, version: str) -> None:
        """Change a document, or make it, as a writer that writes in a version."""
        self.put(name, version, self.document(name, version, changed=True))

    def spoil(self, name: str) -> None:
        """Have a document hold what cannot be converted."""
        self.put(name, self.old, self.spoilt(name))

    def versions(self) -> dict[str, int]:
        """How many documents are in each version."""
        found: dict[str, int] = {}
        for version, _ in self.rows().values():
            found[version] = found.get(version, 0) + 1
        return found

    def of(self, place: Place) -> Collection:
        """The collection of the place."""
        return next(each for each in place.collections() if each.name == self.collection)
