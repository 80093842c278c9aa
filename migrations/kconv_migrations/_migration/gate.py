"""Whether a place is in a version for good: what a deploy waits for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from kconv.place import Place, Run
from kconv_migrations._migration.lease import live_run
from kconv_migrations._migration.plan import Target, plan


@dataclass(frozen=True, slots=True)
class Gate:
    """How far a collection is on its way to a version.

    It is ``proven`` where the version is the only one on record, so that no row can be in another
    one; a collection that is not on record has no rows. Else ``left`` counts the rows in each other
    version on record (0: a run has still to prove it), and ``quarantined`` those that a run could
    not rewrite. ``preferred`` is empty where nothing is on record.
    """

    target: Target
    preferred: str
    left: dict[str, int] = field(default_factory=dict)
    quarantined: int = 0

    @property
    def proven(self) -> bool:
        """Whether no row is, or can be, in another version."""
        return not self.left and self.preferred in ("", self.target.api_version)


def gates(place: Place, names: Sequence[str], to: Sequence[str]) -> tuple[list[Gate], Run | None]:
    """A gate for each collection that ``to`` (GROUP=VERSION) says something about, and who runs.

    Of what is proven no row is looked at. Raises `UsageError` as `plan` does.
    """
    targets = plan(place, names, to)
    recorded = place.versions()
    others = {
        target.name: [
            each.version
            for each in recorded
            if each.collection == target.name and each.version != target.api_version
        ]
        for target in targets
    }
    rows: Counter[tuple[str, str]] = Counter()
    quarantined: Counter[str] = Counter()
    if any(others.values()):
        for each in place.counts():
            rows[each.collection, each.version] += each.rows
        quarantined.update(each.collection for each in place.quarantined())
    preferred = {each.collection: each.version for each in recorded if each.preferred}
    found = [
        Gate(
            target,
            preferred.get(target.name, ""),
            {version: rows[target.name, version] for version in others[target.name]},
            quarantined[target.name],
        )
        for target in targets
    ]
    return found, live_run(place)
