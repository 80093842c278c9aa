"""Surveying a database before a migration: rows, servers, what blocks the flip, references."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kconv._gvk import GroupVersion
from kconv._pipeline import Pipeline
from kconv._store import Run, Server, Store
from kconv_migrations._migration.flip_check import blocking_servers
from kconv_migrations._migration.lease import live_run
from kconv_migrations._migration.plan import Target
from kconv_migrations._migration.reference_rewrite import (
    ResourceReferences,
    find_references,
    outdated_references,
)
from kconv_migrations._migration.settings import LIVE
from kconv_migrations._migration.status import VersionStatus, status


@dataclass(frozen=True, slots=True)
class TargetSurvey:
    """A target, the versions on record for it, and the live servers that keep it from a flip."""

    target: Target
    versions: tuple[VersionStatus, ...]
    blocked_by: tuple[Server, ...]

    @property
    def objects(self) -> int:
        """Objects that would be rewritten."""
        return sum(each.objects for each in self._rewritten)

    @property
    def changes(self) -> int:
        """Entries of the change log that would be rewritten."""
        return sum(each.changes for each in self._rewritten)

    @property
    def unknown(self) -> tuple[VersionStatus, ...]:
        """Versions that the code does not have: their rows cannot be converted."""
        find = self.target.kind.spoke_for
        return tuple(
            each for each in self.versions if find(GroupVersion.parse(each.api_version)) is None
        )

    @property
    def _rewritten(self) -> list[VersionStatus]:
        stay = {self.target.api_version, *(each.api_version for each in self.unknown)}
        return [each for each in self.versions if each.api_version not in stay]


@dataclass(frozen=True, slots=True)
class Survey:
    """What a migration of ``targets`` would meet; ``holder`` is a run that is going on."""

    targets: tuple[TargetSurvey, ...]
    servers: tuple[Server, ...]
    references: tuple[ResourceReferences, ...]
    holder: Run | None

    @property
    def blocked(self) -> bool:
        """Whether a run would be refused now."""
        return self.holder is not None or any(each.blocked_by for each in self.targets)


def survey(
    store: Store,
    pipeline: Pipeline,
    targets: Sequence[Target],
    *,
    live: float = LIVE,
    references: bool = True,
    standing: Sequence[Target] = (),
) -> Survey:
    """Look at what a migration would meet; every object is read for ``references``.

    Those to other versions than the ones of ``targets``, and of ``standing`` where that says
    nothing of a resource, are counted.
    """
    servers = store.servers(live)
    record = {each.resource: each.versions for each in status(store)}
    found = tuple(
        TargetSurvey(
            target,
            record.get(target.resource, ()),
            tuple(blocking_servers(servers, target)) if target.flips else (),
        )
        for target in targets
    )
    looked: tuple[ResourceReferences, ...] = ()
    if references:
        outdated = outdated_references(store, pipeline, [*standing, *targets])
        looked = tuple(find_references(store, pipeline, outdated))
    return Survey(found, tuple(servers), looked, live_run(store))
