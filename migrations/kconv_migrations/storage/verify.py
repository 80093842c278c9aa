"""Looking at every row again: does it decode, is it in the preferred version, is it what it was?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from kconv.gvk import GroupResource
from kconv.store import BeforeImage, Change, Key, Place, Quarantined, Store, Stored
from kconv_migrations.rows.jobs import Done, Job
from kconv_migrations.rows.problem import Problem
from kconv_migrations.rows.workers import Hands
from kconv_migrations.storage.entry import entry
from kconv_migrations.storage.pages import changes_of, objects_of, stored_of, through
from kconv_migrations.storage.status import status

BATCH = 500


@dataclass(slots=True)
class Verified:
    """What was looked at of a resource; ``compared`` objects have a before-image that fits."""

    resource: GroupResource
    preferred: str
    objects: int = 0
    changes: int = 0
    compared: int = 0
    failures: list[Quarantined] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.failures


def verify(
    store: Store,
    hands: Hands,
    known: Iterable[GroupResource],
    only: Iterable[GroupResource] = (),
    progress: Callable[[Verified], None] = lambda _: None,
) -> Iterator[Verified]:
    """Verify every resource on record, or ``only`` some.

    A row fails that does not decode, is not in the preferred version, or does not mean what its
    before-image means, where one is kept of it and nobody has written the object since. Rows of
    a resource that the scheme does not have (it is not ``known``) all fail. Nothing is written.
    """
    wanted, have = set(only), set(known)
    for each in status(store):
        if wanted and each.resource not in wanted:
            continue
        verified = Verified(each.resource, each.preferred)
        look = _Look(store, hands, verified, each.resource in have)
        for pages, where in (
            (objects_of(store, each.resource, BATCH), "objects"),
            (changes_of(store, each.resource, BATCH), "changes"),
        ):
            look.at(pages, where)  # type: ignore[arg-type]  # the two go together
            progress(verified)
        yield verified


class _Look:
    def __init__(self, store: Store, hands: Hands, verified: Verified, known: bool) -> None:
        self.hands = hands
        self.verified = verified
        self.known = known
        self.images = _Images(store, verified.resource)

    def at(self, pages: Iterable[Sequence[Stored | Change]], where: Place) -> None:
        if not self.known:
            for page in pages:
                self._note(page, Done(problems=dict.fromkeys(range(len(page)), _UNKNOWN)), where)
            return
        job = self._objects_job if where == "objects" else self._job
        for page, done in through(self.hands, pages, job):
            self._note(page, done, where)

    def _job(self, page: Sequence[Stored | Change]) -> Job:
        rows = [(each.api_version, each.data) for each in map(stored_of, page)]
        return Job("verify", self.verified.resource, self.verified.preferred, rows)

    def _objects_job(self, page: Sequence[Stored | Change]) -> Job:
        rows = [(each.api_version, each.data) for each in map(stored_of, page)]
        images = [self.images.of(each) for each in map(stored_of, page)]
        self.verified.compared += sum(each is not None for each in images)
        return Job("verify", self.verified.resource, self.verified.preferred, rows, images)

    def _note(self, page: Sequence[Stored | Change], done: Done, where: Place) -> None:
        verified = self.verified
        for place, stored in enumerate(map(stored_of, page)):
            problem = done.problems.get(place)
            if problem is None and stored.api_version != verified.preferred:
                said = f"is in {stored.api_version}, not in {verified.preferred}"
                problem = Problem("NotPreferred", said)
            if problem is not None:
                verified.failures.append(entry(problem, stored, where))
        if where == "objects":
            verified.objects += len(page)
        else:
            verified.changes += len(page)


_UNKNOWN = Problem("NotRegistered", "no installed API has the resource")


class _Images:
    """The newest before-image that fits an object, for objects that come in the order of keys."""

    def __init__(self, store: Store, resource: GroupResource) -> None:
        runs = [run.id for run in store.runs() if store.undo_size(run.id).rows]
        self._readers = [_Reader(store, run, resource) for run in runs]

    def of(self, stored: Stored) -> tuple[str, bytes] | None:
        found = None
        for reader in self._readers:
            image = reader.at(stored.key)
            if image is not None and image.resource_version == stored.resource_version:
                found = found or (image.api_version, image.data)
        return found


class _Reader:
    def __init__(self, store: Store, run: str, resource: GroupResource) -> None:
        self._images = self._read(store, run, resource)
        self._next = next(self._images, None)

    def at(self, key: Key) -> BeforeImage | None:
        while self._next is not None and self._next.key < key:
            self._next = next(self._images, None)
        return self._next if self._next is not None and self._next.key == key else None

    @staticmethod
    def _read(store: Store, run: str, resource: GroupResource) -> Iterator[BeforeImage]:
        after = Key(resource.group, resource.resource, "", "")
        while page := store.undo_page(run, after=after, limit=BATCH):
            for image in page:
                if (image.key.group, image.key.resource) != (resource.group, resource.resource):
                    return
                yield image
            after = page[-1].key
