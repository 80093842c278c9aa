"""Surveying a place before a migration: rows, servers, what blocks the flip, references."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from kconv._pipeline import Pipeline
from kconv._scheme.ledger import losses_between
from kconv.edges import Loss
from kconv.place import Place, Run, Server
from kconv_migrations._migration.lease import live_run
from kconv_migrations._migration.live_code import blocking_servers, missing_servers
from kconv_migrations._migration.plan import Target
from kconv_migrations._migration.reference_rewrite import (
    CollectionReferences,
    find_references,
    outdated_references,
)
from kconv_migrations._migration.settings import LIVE
from kconv_migrations._migration.status import VersionStatus, status
from kconv_migrations._migration.vouched import Vouched


@dataclass(frozen=True, slots=True)
class TargetSurvey:
    """A target, the versions on record for it, and the live servers that cannot decode it."""

    target: Target
    versions: tuple[VersionStatus, ...]
    unread_by: tuple[Server, ...]

    @property
    def writes(self) -> bool:
        """Whether a run would flip, or rewrite rows."""
        return self.target.flips or any(self.sections.values())

    @property
    def blocked_by(self) -> tuple[Server, ...]:
        """The live servers for whose sake a run is refused."""
        return self.unread_by if self.writes else ()

    @property
    def sections(self) -> dict[str, int]:
        """Rows of each section that would be rewritten."""
        found: Counter[str] = Counter()
        for each in self._rewritten:
            found.update(each.sections)
        return found

    @property
    def unknown(self) -> tuple[VersionStatus, ...]:
        """Versions that the code does not have: their rows cannot be converted."""
        reads = self.target.collection.reads
        return tuple(each for each in self.versions if not reads(each.api_version))

    @property
    def losses(self) -> list[tuple[str, Loss]]:
        """What rewriting can lose that nothing keeps, with the version that it is lost from."""
        collection, target = self.target.collection, self.target.spoke
        return [
            (each.api_version, loss)
            for each in self._rewritten
            if each.rows and (spoke := collection.spoke(each.api_version)) is not None
            for loss in losses_between(spoke, target)
            if not loss.kept
        ]

    @property
    def _rewritten(self) -> list[VersionStatus]:
        stay = {self.target.api_version, *(each.api_version for each in self.unknown)}
        return [each for each in self.versions if each.api_version not in stay]


@dataclass(frozen=True, slots=True)
class Survey:
    """What a migration of ``targets`` would meet; ``holder`` is a run that is going on.

    ``findings`` are lines about the place for people. ``missing`` says, where that keeps a run
    from writing, that fewer servers have been seen than there are said to be.
    """

    targets: tuple[TargetSurvey, ...]
    servers: tuple[Server, ...]
    references: tuple[CollectionReferences, ...]
    holder: Run | None
    findings: tuple[str, ...] = ()
    missing: str = ""

    @property
    def blocked(self) -> bool:
        """Whether a run would be refused now."""
        blocked = any(each.blocked_by for each in self.targets)
        return self.holder is not None or blocked or bool(self.missing)


def survey(
    place: Place,
    pipeline: Pipeline,
    targets: Sequence[Target],
    *,
    live: float = LIVE,
    references: bool = True,
    standing: Sequence[Target] = (),
    vouched: Vouched | None = None,
) -> Survey:
    """Look at what a migration would meet; every object is read for ``references``.

    Those to other versions than the ones of ``targets``, and of ``standing`` where that says
    nothing of a collection, are counted. ``vouched`` is what an operator says of live code.
    """
    servers = place.servers(live)
    seen = len(servers)
    if vouched is not None:
        servers += vouched.servers(targets)
    record = {each.name: each.versions for each in status(place)}
    found = tuple(
        TargetSurvey(
            target,
            record.get(target.name, ()),
            tuple(blocking_servers(servers, target.name, target.api_version)),
        )
        for target in targets
    )
    missing = ""
    if vouched is not None and vouched.missing(seen) and any(each.writes for each in found):
        missing = missing_servers(vouched, seen, live)
    looked: tuple[CollectionReferences, ...] = ()
    if references:
        outdated = outdated_references(place, pipeline, [*standing, *targets])
        looked = tuple(find_references(place, pipeline, outdated))
    return Survey(found, tuple(servers), looked, live_run(place), tuple(place.findings()), missing)
