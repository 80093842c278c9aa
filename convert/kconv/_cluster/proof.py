"""What is known of where objects are stored, and the proof that none is left in a version."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import islice
from typing import Final, NamedTuple

import msgspec

from kconv._cluster.connection import Connection
from kconv._cluster.definition import Definition
from kconv._cluster.kinds import Shown, as_document, is_shown_as
from kconv._cluster.listing import ClusterKey, marks
from kconv._cluster.walk import Seen, Walk
from kconv._differences import differences
from kconv._errors import Conflict
from kconv._paths import format_path
from kconv._store.bookkeeping import Bookkeeping, Kept
from kconv.place import Key

FIRST: Final = 10
"""Objects of a run that are read again at once, before many more are written."""

_CHUNK: Final = 500
_SHOWN: Final = 5


class NotAsBefore(Conflict):
    """Objects are not what they were before they were rewritten: the conversion changes them."""

    reason = "NotAsBefore"


class Since(NamedTuple):
    """From which resourceVersion on objects are written in the storage version.

    It holds while the CRD has that ``generation``.
    """

    generation: int
    resource_version: int


class Proofs:
    """Which objects of a collection are known to be stored in the storage version."""

    def __init__(self, books: Bookkeeping, definition: Definition) -> None:
        self._books = books
        self._collection = definition.name
        self._marks: dict[Key, int] = {}
        self._before: dict[Key, tuple[int, bytes]] = {}
        self._tried = 0
        self._storage = definition.api_version(definition.storage)
        self.since: Since | None = None

    @property
    def is_of_nothing(self) -> bool:
        """Whether nothing is known of any object: no run has begun."""
        return self.since is None and not self._marks and not self._runs()

    def begin(self, since: Since, definition: Definition) -> None:
        """Take all that is written from now on for proved.

        And what is known already still, unless the CRD has been another one in between.
        """
        storage = definition.api_version(definition.storage)
        other = self.since is not None and self.since.generation != since.generation
        if storage != self._storage or other:
            self._marks.clear()
        self._storage, self.since = storage, since

    def rewritten(self, objects: Iterable[tuple[Key, int, bytes]]) -> None:
        """Note objects that have been rewritten: key, resourceVersion now, and what they were."""
        for key, mark, before in objects:
            self._marks[key] = mark
            self._before[key] = mark, _digest(msgspec.json.decode(before))

    def of(self, objects: Mapping[ClusterKey, int]) -> frozenset[ClusterKey]:
        """Those of some objects that are proved, by their resourceVersions."""
        newest = math.inf if self.since is None else self.since.resource_version
        found = {
            key for key, mark in objects.items() if mark > newest or self._marks.get(key) == mark
        }
        # What an earlier run has rewritten, and nobody has written since, is where it was.
        open_ = {key: mark for key, mark in objects.items() if key not in found and mark}
        for key, image in self._images(open_).items():
            if image.written_version == self._storage:
                found.add(key)
                self._marks[key] = open_[key]
        return frozenset(found)

    def changed(self, seen: Sequence[Seen]) -> Iterator[tuple[ClusterKey, str]]:
        """Of objects that nobody has written since a run: which are not what they were, and how."""
        others: dict[ClusterKey, Seen] = {}
        for each in seen:
            mark, digest = self._before.get(each.key, (0, b""))
            if mark != each.mark or _digest(each.shown) != digest:
                others[each.key] = each
        for key, image in self._images({key: each.mark for key, each in others.items()}).items():
            yield from _difference(others.pop(key), image.raw)
        for key, each in others.items():
            if self._before.get(key, (0,))[0] == each.mark:
                yield key, "some field (there is no before-image)"

    def try_first(
        self,
        written: Sequence[tuple[ClusterKey, int, bytes]],
        see: Callable[[ClusterKey], Seen | None],
        run: str,
    ) -> None:
        """Read the first objects of a run again. Raises `NotAsBefore`."""
        for key, mark, before in written[: max(FIRST - self._tried, 0)]:
            self._tried += 1
            seen = see(key)
            if seen is None or seen.mark != mark:
                continue
            found = list(_difference(seen, before))
            if found:
                raise NotAsBefore(_message(self._collection, found, run))

    def _images(self, marks: Mapping[ClusterKey, int]) -> dict[ClusterKey, Kept]:
        """What objects were before a run that nobody has written them after."""
        if not marks:
            return {}
        digests: dict[Key, bytes] = {key: digest_of_mark(mark) for key, mark in marks.items()}
        found = self._books.fitting_images(self._collection, digests, self._runs())
        return {ClusterKey(*map(str, key)): each for key, each in found.items()}

    def _runs(self) -> list[str]:
        return [
            each.id
            for each in self._books.runs()
            if any(target.collection == self._collection for target in each.targets)
        ]


def is_proved(connection: Connection, definition: Definition, proofs: Proofs) -> bool:
    """Whether it is proved that every object is in the storage version.

    Every object is read in each version, and compared with what it was; then all are looked at once
    more. Raises `NotAsBefore`.
    """
    walk = iter(Walk(connection, definition, None))
    changed: list[tuple[ClusterKey, str]] = []
    while seen := list(islice(walk, _CHUNK)):
        if any(each.problem for each in seen):
            return False
        if len(proofs.of({each.key: each.mark for each in seen})) < len(seen):
            return False
        changed += proofs.changed(seen)
    if changed:
        raise NotAsBefore(_message(definition.name, changed))
    found = marks(connection, definition)
    while chunk := dict(islice(found, _CHUNK)):
        if len(proofs.of(chunk)) < len(chunk):
            return False
    return True


def digest_of_mark(mark: int) -> bytes:
    """A resourceVersion as the notes have it."""
    return mark.to_bytes(8, "big")


def _digest(shown: Shown) -> bytes:
    return sha256(as_document(shown)).digest()


def _difference(seen: Seen, before: bytes) -> Iterator[tuple[ClusterKey, str]]:
    if is_shown_as(seen.shown, before):
        return
    was, now = msgspec.json.decode(before), msgspec.json.decode(as_document(seen.shown))
    both = was.keys() & now.keys()
    found = [
        each
        for version in sorted(both)
        for each in differences(was[version], now[version], (version,))
    ]
    paths = [format_path(each.path) for each in found]
    more = len(paths) - _SHOWN
    said = ", ".join(paths[:_SHOWN])
    yield seen.key, f"{said} and {more} more" if more > 0 else said


def _message(name: str, changed: Sequence[tuple[ClusterKey, str]], run: str = "") -> str:
    said = "; ".join(f"{key} in {paths}" for key, paths in changed[:_SHOWN])
    more = f" and {len(changed) - _SHOWN:,} more objects" if len(changed) > _SHOWN else ""
    undo = f"kconv migrate undo {run}" if run else "kconv migrate undo"
    return (
        f"{name}: objects are not what they were before they were rewritten: {said}{more}. "
        "The conversion of the cluster changes them: mend the webhook; "
        f"`{undo}` puts back what they were"
    )
