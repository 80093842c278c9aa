"""What is known of where objects are stored, and the proof that none is left in a version."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Collection as SomeOf
from functools import partial
from hashlib import blake2b
from itertools import islice
from typing import Final, NamedTuple

import msgspec

from kconv._cluster.connection import Connection, Refused
from kconv._cluster.definition import Definition
from kconv._cluster.differing import Differing, listed, of_difference
from kconv._cluster.hubs import Hubs
from kconv._cluster.kinds import Shown, as_document, is_shown_as, shown_in
from kconv._cluster.listing import ClusterKey, marks
from kconv._cluster.walk import Seen, Walk, see
from kconv._differences import differences
from kconv._errors import Conflict
from kconv._store.bookkeeping import Bookkeeping, Kept
from kconv.place import Key, Unproved

_ENOUGH: Final = 0.9
"""Of how many of the objects the answers to their patches have to be known, for them to do."""

_DIGEST: Final = 16

FIRST: Final = 10
"""Objects of a run that are read again at once, before many more are written."""

_CHUNK: Final = 500
_SHOWN: Final = 5


IsSame = Callable[[str, bytes, bytes], bool]
"""Whether two states of an object in a version say the same, though perhaps not byte by byte."""


class NotAsBefore(Conflict):
    """Objects are not what they were before they were rewritten: the conversion changes them."""

    reason = "NotAsBefore"


class Since(NamedTuple):
    """From which resourceVersion on objects are written in the storage version.

    It holds while the CRD has that ``generation``. So many ``objects`` there were then.
    """

    generation: int
    resource_version: int
    objects: int


class Written(NamedTuple):
    """An object that has been rewritten: its resourceVersion now, and what it was.

    ``answer`` is what the server said that it is in the storage version.
    """

    key: ClusterKey
    mark: int
    before: bytes
    answer: bytes


class Proofs:
    """Which objects of a collection are known to be stored in the storage version."""

    def __init__(self, books: Bookkeeping, definition: Definition, hubs: Hubs) -> None:
        self._books = books
        self._hubs = hubs
        self._is_same = partial(hubs.is_same, definition)
        self._collection = definition.name
        self._marks: dict[Key, int] = {}
        self._before: dict[Key, tuple[int, bytes]] = {}
        self._versions = tuple(sorted(definition.served))
        self._stored_in = definition.storage
        self._tried = 0
        self._known_runs: list[str] | None = None
        self._storage = definition.api_version(definition.storage)
        self._own: set[str] = set()
        self.is_read = False
        self.since: Since | None = None

    @property
    def is_of_nothing(self) -> bool:
        """Whether nothing is known of any object: no run has begun, or ours has looked at none."""
        return not self._marks and not self.is_read and not {*self._runs()} - self._own

    def begin(self, since: Since, definition: Definition) -> None:
        """Take all that is written from now on for proved.

        And what is known already still, unless the CRD has been another one in between.
        """
        storage = definition.api_version(definition.storage)
        other = self.since is not None and self.since.generation != since.generation
        if storage != self._storage or other:
            self._marks.clear()
        if self._versions != tuple(sorted(definition.served)):
            self._before.clear()
        self._versions, self._stored_in = tuple(sorted(definition.served)), definition.storage
        self._storage, self.since = storage, since
        self._is_same = partial(self._hubs.is_same, definition)

    def begun(self, run: str) -> None:
        """Note a run of this process: what it has rewritten need not be looked up.

        While it is held there is no other.
        """
        self._own.add(run)
        self._known_runs = None
        self._known_runs = self._runs()

    def rewritten(self, objects: Iterable[Written], run: str) -> None:
        """Note objects that have been rewritten, and compare what the server answered.

        The answer to a patch is what the server reads from what it has stored. Raises
        `NotAsBefore` where it is not what the object was, for that is the conversion's doing.
        """
        changed: list[tuple[ClusterKey, str]] = []
        for each in objects:
            shown = shown_in(each.before)
            self._marks[each.key] = each.mark
            self._before[each.key] = each.mark, _digests(shown, self._versions)
            if shown.get(self._stored_in) != each.answer:
                answered = Seen(each.key, "", each.mark, {self._stored_in: each.answer})
                changed += self._difference(answered, each.before)
        if changed:
            raise NotAsBefore(_message(self._collection, changed, run))

    @property
    def are_answered(self) -> bool:
        """Whether the answers to the patches of nearly all objects have been compared."""
        return self.since is not None and len(self._before) >= _ENOUGH * self.since.objects

    def of(self, objects: Mapping[ClusterKey, int]) -> frozenset[ClusterKey]:
        """Those of some objects that are proved, by their resourceVersions."""
        newest = math.inf if self.since is None else self.since.resource_version
        found = {
            key for key, mark in objects.items() if mark > newest or self._marks.get(key) == mark
        }
        # What an earlier run has rewritten, and nobody has written since, is where it was.
        open_ = {key: mark for key, mark in objects.items() if key not in found and mark}
        for key, image in self._images(open_, self._own).items():
            if image.written_version == self._storage:
                found.add(key)
                self._marks[key] = open_[key]
        return frozenset(found)

    def changed(self, seen: Sequence[Seen]) -> Iterator[tuple[ClusterKey, str]]:
        """Of objects that nobody has written since a run: which are not what they were, and how."""
        others: dict[ClusterKey, Seen] = {}
        for each in seen:
            mark, digests = self._before.get(each.key, (0, b""))
            if mark != each.mark or not self._is_as(each.shown, digests):
                others[each.key] = each
        for key, image in self._images({key: each.mark for key, each in others.items()}).items():
            yield from self._difference(others.pop(key), image.raw)
        for key, each in others.items():
            if self._before.get(key, (0,))[0] == each.mark:
                yield key, "some field (there is no before-image)"

    def _is_as(self, shown: Shown, digests: bytes) -> bool:
        """Whether an object is shown as digests of it say, in versions that it is shown in."""
        if len(shown) == len(self._versions):
            return _digests(shown, self._versions) == digests
        at = {version: number * _DIGEST for number, version in enumerate(self._versions)}
        return all(
            _digest(value) == digests[at[version] : at[version] + _DIGEST]
            for version, value in shown.items()
        )

    @property
    def has_tried(self) -> bool:
        """Whether the first objects have been read again."""
        return self._tried >= FIRST

    def try_first(
        self,
        written: Sequence[Written],
        see: Callable[[Sequence[ClusterKey]], Sequence[Seen | None]],
        run: str,
    ) -> None:
        """Read the first objects of a run again. Raises `NotAsBefore`."""
        first = written[: max(FIRST - self._tried, 0)]
        self._tried += len(first)
        for each, seen in zip(first, see([each.key for each in first]), strict=True):
            if seen is None or seen.mark != each.mark:
                continue
            found = list(self._difference(seen, each.before))
            if found:
                raise NotAsBefore(_message(self._collection, found, run))

    def _difference(self, seen: Seen, before: bytes) -> Iterator[tuple[ClusterKey, str]]:
        found = said_difference(seen, before, self._is_same)
        if found:
            yield seen.key, found

    def is_unanswered(self, key: ClusterKey, mark: int) -> bool:
        """Whether an object that a run has rewritten has to be read in the storage version still.

        One that was written by somebody else since is in that version, and was it before.
        """
        newest = math.inf if self.since is None else self.since.resource_version
        return self._before.get(key, (0,))[0] != mark and mark <= newest

    def _images(
        self, marks: Mapping[ClusterKey, int], passing_over: SomeOf[str] = ()
    ) -> dict[ClusterKey, Kept]:
        """What objects were before a run that nobody has written them after."""
        runs = [each for each in self._runs() if each not in passing_over] if marks else []
        if not runs:
            return {}
        digests: dict[Key, bytes] = {key: digest_of_mark(mark) for key, mark in marks.items()}
        found = self._books.fitting_images(self._collection, digests, runs)
        return {ClusterKey(*map(str, key)): each for key, each in found.items()}

    def _runs(self) -> list[str]:
        if self._known_runs is not None:
            return self._known_runs
        return [
            each.id
            for each in self._books.runs()
            if any(target.collection == self._collection for target in each.targets)
        ]


def is_proved(connection: Connection, definition: Definition, proofs: Proofs) -> bool:
    """Whether it is proved that every object is in the storage version.

    Every object is read in each version, and compared with what it was; then all are looked at once
    more. In the storage version that has been done where the answer to its patch was compared.
    Raises `NotAsBefore`, and `Unproved` where an object cannot be seen in a version: what the
    server refuses for good, it refuses again. What may pass, the connection has waited for.
    """
    others = [each for each in definition.served if each != definition.storage]
    if others and proofs.are_answered:
        walk = _walk_beside(connection, definition, proofs, others)
    else:
        walk = iter(Walk(connection, definition, None))
    changed: list[tuple[ClusterKey, str]] = []
    while seen := list(islice(walk, _CHUNK)):
        wrong = next((each for each in seen if each.problem), None)
        if wrong is not None:
            raise Unproved(_unseen(definition, wrong))
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


def _walk_beside(
    connection: Connection, definition: Definition, proofs: Proofs, others: Sequence[str]
) -> Iterator[Seen]:
    """All objects in other versions than the stored one, and in all where that is needed."""
    last: ClusterKey | None = None
    try:
        for each in Walk(connection, definition, None, others):
            last = each.key
            again: Seen | None = each
            if proofs.is_unanswered(each.key, each.mark):
                again = see(connection, definition, each.key)
            if again is not None:
                yield again
    except Refused:
        # None of them can be listed, for some object: the stored version says which ones there are.
        yield from Walk(connection, definition, last)


def digest_of_mark(mark: int) -> bytes:
    """A resourceVersion as the notes have it."""
    return mark.to_bytes(8, "big")


def _digest(content: bytes) -> bytes:
    return blake2b(content, digest_size=_DIGEST).digest()


def _digests(shown: Shown, versions: Sequence[str]) -> bytes:
    return b"".join(_digest(shown.get(each, b"")) for each in versions)


def said_difference(
    seen: Seen, before: bytes, is_same: IsSame | None = None, *, was_put: bool = False
) -> str:
    """The fields in which an object is not what a document of it says; empty where it is.

    As `differing_from` finds them.
    """
    found = differing_from(seen, before, "", is_same, was_put=was_put)
    return listed([each.field for each in found])


def differing_from(
    seen: Seen, before: bytes, other: str, is_same: IsSame | None = None, *, was_put: bool = False
) -> list[Differing]:
    """In what an object is not what a document of it says; the ``other`` version has changed it.

    Versions in which it differs by value may say the same (``is_same``) all the same. One that
    ``was_put`` back has another generation, which counts its changes.
    """
    if is_shown_as(seen.shown, before):
        return []
    was, now = msgspec.json.decode(before), msgspec.json.decode(as_document(seen.shown))
    if is_same is not None:
        stays = shown_in(before)
        for version in was.keys() & now.keys():
            if is_same(version, stays[version], seen.shown[version]):
                del was[version], now[version]
    if was_put:
        for each in (*was.values(), *now.values()):
            each["metadata"].pop("generation", None)
    return [
        of_difference(version, other, each)
        for version in sorted(was.keys() & now.keys())
        for each in differences(was[version], now[version])
    ]


def _unseen(definition: Definition, seen: Seen) -> str:
    return (
        f"{seen.key} {seen.problem}; so nobody can tell whether it is what it was, and the "
        "versions stay on record: mend that, delete the object, or serve the version no more, and "
        "run it again"
    )


def _message(name: str, changed: Sequence[tuple[ClusterKey, str]], run: str = "") -> str:
    said = "; ".join(f"{key} in {paths}" for key, paths in changed[:_SHOWN])
    more = f" and {len(changed) - _SHOWN:,} more objects" if len(changed) > _SHOWN else ""
    undo = f"kconv migrate undo {run or 'RUN'}"
    which = "" if run else " (`kconv migrate runs` lists the runs)"
    return (
        f"{name}: objects are not what they were before they were rewritten: {said}{more}. "
        "The conversion of the cluster changes them: mend the webhook, or set storage: true at the "
        f"former version and apply it; then `{undo}` puts back what they were{which}"
    )
