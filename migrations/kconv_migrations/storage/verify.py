"""Looking at every row again: does it decode, is it in the preferred version, is it what it was?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from kconv.gvk import GroupResource
from kconv.store import Place, Quarantined, Store
from kconv_migrations.rows.jobs import Job
from kconv_migrations.rows.problem import Problem
from kconv_migrations.rows.spans import Answer
from kconv_migrations.rows.workers import Hands
from kconv_migrations.storage.entry import entry
from kconv_migrations.storage.pages import spans_of, through
from kconv_migrations.storage.status import status

BATCH = 500


@dataclass(slots=True)
class Verified:
    """What was looked at of a resource; ``compared`` objects have a before-image that fits.

    ``unread`` counts those whose before-image this code cannot read, by the image's version.
    """

    resource: GroupResource
    preferred: str
    objects: int = 0
    changes: int = 0
    compared: int = 0
    unread: dict[str, int] = field(default_factory=dict)
    failures: list[Quarantined] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.failures


def verify(
    store: Store,
    hands: Hands,
    only: Iterable[GroupResource] = (),
    progress: Callable[[Verified], None] = lambda _: None,
) -> Iterator[Verified]:
    """Verify every resource on record, or ``only`` some.

    A row fails that does not decode, is not in the preferred version, or does not mean what its
    before-image means, where one is kept of it and nobody has written the object since. One that
    this code cannot read, as its version has left the code, is no failure. Rows of a resource
    that the scheme does not have all fail. Nothing is written.
    """
    wanted = set(only)
    runs = tuple(run.id for run in store.runs() if store.undo_size(run.id).rows)
    places: tuple[Place, ...] = ("objects", "changes")
    for each in status(store):
        if wanted and each.resource not in wanted:
            continue
        verified = Verified(each.resource, each.preferred)
        job = Job("verify", each.resource, each.preferred)
        for where in places:
            for answer in through(hands, spans_of(store, job, where, BATCH, runs=runs)):
                _note(verified, answer, where)
            progress(verified)
        yield verified


def _note(verified: Verified, answer: Answer, where: Place) -> None:
    rows = answer.rows(verified.resource)
    for place, row in enumerate(rows):
        problem = answer.done.problems.get(place)
        if problem is None and row.api_version != verified.preferred:
            said = f"is in {row.api_version}, not in {verified.preferred}"
            problem = Problem("NotPreferred", said)
        if problem is not None:
            verified.failures.append(entry(problem, row, where))
    verified.compared += answer.compared
    for version, count in answer.done.unread.items():
        verified.unread[version] = verified.unread.get(version, 0) + count
    if where == "objects":
        verified.objects += len(rows)
    else:
        verified.changes += len(rows)
