"""Whether a version may be deleted from the code, and what still needs it if not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kconv._errors import UsageError
from kconv._gvk import GroupResource, GroupVersion
from kconv._pipeline import Pipeline
from kconv.place import ClientCount, Collection, Place
from kconv_migrations._migration.plan import group_of, preferred_targets
from kconv_migrations._migration.reference_rewrite import find_references, outdated_references
from kconv_migrations._migration.settings import LIVE
from kconv_migrations._migration.status import (
    CollectionStatus,
    preferred_versions,
    status,
    undecodable,
)

DAYS = 7
"""Days, today included, in which a client's request counts."""

MANY = 100_000
"""Objects over which not each of them is read for references, unless that is asked for."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a version may go, and for each thing that holds it a line.

    ``notes`` hold nothing but are worth knowing.
    """

    version: GroupVersion
    reasons: tuple[str, ...]
    notes: tuple[str, ...]
    clients: tuple[ClientCount, ...]

    @property
    def may(self) -> bool:
        """Whether nothing holds it."""
        return not self.reasons


def may_drop(
    place: Place,
    pipeline: Pipeline,
    version: GroupVersion,
    *,
    days: int = DAYS,
    live: float = LIVE,
    references: bool = True,
) -> Verdict:
    """Whether ``version`` may be deleted from the code.

    Held by: its place on the record and rows (objects, change log, quarantine) in it, servers
    that are up and know no other version of a resource that is stored, references to it, and
    clients that called it in the last ``days`` days. Raises `UsageError` for a version that
    neither the scheme nor the record has.
    """
    name = str(version)
    known = pipeline.scheme.versions(version.group)
    if version.version not in known and name not in _recorded(place):
        have = ", ".join(str(GroupVersion(version.group, each)) for each in known)
        raise UsageError(f'no version "{name}": there are {have or "none of that group"}')
    reasons = [*_rows(place, name), *_quarantined(place, version)]
    reasons += _servers(place, version, live)
    if references:
        reasons += _references(place, pipeline, version)
    clients = tuple(place.clients(version.group, version.version, since_days=days - 1))
    if clients:
        top = clients[0]
        reasons.append(
            f"{count(len(clients), 'client')} called it in the last {days} days, most often "
            f"{top.user_agent or 'one without a name'}: {count(top.requests, 'request')} for "
            f"{top.resource}, last on {top.last}"
        )
    return Verdict(version, tuple(reasons), tuple(_notes(place, name)), clients)


def removable(place: Place, found: Sequence[CollectionStatus]) -> list[GroupVersion]:
    """The versions that might go: of kinds that are stored and have another one.

    And those that are stored though the code does not have them: gone too early.
    """
    stored = {each.name for each in found}
    versions: set[GroupVersion | None] = set()
    for collection in place.collections():
        kind = collection.kind
        if kind is not None and collection.name in stored and len(kind.spokes) > 1:
            versions.update(spoke.group_version for spoke in kind.spokes)
    for each in found:
        named = [version.api_version for version in each.versions if not version.preferred]
        versions.update(map(_group_version, named))
    versions.update(_group_version(version.api_version) for _, version in undecodable(found))
    return sorted(version for version in versions if version is not None)


def are_few(found: Sequence[CollectionStatus]) -> bool:
    """Whether there are so few objects that each of them may be read for references at once."""
    return sum(version.objects for each in found for version in each.versions) <= MANY


def _group_version(version: str) -> GroupVersion | None:
    """What a version on record names; None for rows that say none, or what nobody declared."""
    try:
        return GroupVersion.parse(version)
    except UsageError:
        return None


def count(number: int, noun: str) -> str:
    """``1 row``, ``2 rows``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _recorded(place: Place) -> set[str]:
    return {each.version for each in place.versions()}


def _rows(place: Place, name: str) -> Iterator[str]:
    for each in status(place):
        for version in each.versions:
            if version.api_version != name:
                continue
            if version.preferred:
                yield f"{each.name}: new objects are stored in it; {_how_to_flip(each.collection)}"
            for section in each.collection.sections:
                rows = version.sections.get(section.name, 0)
                if rows:
                    yield f"{each.name}: {count(rows, section.noun)} stored in it"
            if not version.preferred and not version.rows:
                yield f"{each.name}: on record, without rows; `kconv migrate` drops it"


def _how_to_flip(collection: Collection) -> str:
    if not collection.converts:
        return "a custom resource's CRD says which version that is, of others the API server"
    group = group_of(collection) or "core"
    return f"`kconv migrate --to {group}=VERSION` stores them in another"


def _quarantined(place: Place, version: GroupVersion) -> Iterator[str]:
    found = [each for each in place.quarantined() if each.version == str(version)]
    if found:
        yield f"{count(len(found), 'row')} in quarantine; `kconv migrate quarantine` lists them"


def _servers(place: Place, version: GroupVersion, live: float) -> Iterator[str]:
    """Servers that would have nothing to read what is stored with."""
    preferred = preferred_versions(place)
    for collection in place.collections():
        kind = collection.kind
        if kind is None or kind.spoke_for(version) is None:
            continue
        others = [each.api_version for each in kind.spokes if each.group_version != version]
        wanted = preferred.get(collection.name, "")
        if wanted in ("", str(version)):
            wanted = next(iter(others), "")
        resource = GroupResource.parse(collection.name)
        for server in place.servers(live):
            mine = {
                each[2]
                for each in server.decodes
                if each[:2] == (resource.group, resource.resource)
            }
            if wanted and mine and wanted not in mine:
                yield f"{collection.name}: the live server {server} cannot decode {wanted}"


def _references(place: Place, pipeline: Pipeline, version: GroupVersion) -> Iterator[str]:
    name = str(version)
    standing = preferred_targets(place)
    preferred = {each.spoke.gvk.kind for each in standing if each.api_version == name}
    for found in find_references(
        place, pipeline, outdated_references(place, pipeline, (), version)
    ):
        number = sum(n for (_, old, _), n in found.references.items() if old == name)
        if number:
            # What is preferred has to give way first.
            first = (
                f" --to {version.group or 'core'}={new.rpartition('/')[2]}"
                for kind, old, new in sorted(found.references)
                if old == name and kind in preferred
            )
            to = next(first, "")
            yield (
                f"{found.collection}: {count(number, 'reference')} to it, as in "
                f"{found.examples[name]}; `kconv migrate{to} --rewrite-references` rewrites them"
            )
        if found.failures:
            yield (
                f"{found.collection}: {count(len(found.failures), 'object')} could not be looked "
                f"into for references to it: {found.failures[0].message}"
            )


def _notes(place: Place, name: str) -> Iterator[str]:
    for run in place.runs():
        if any(name in target.before and name != target.to for target in run.targets):
            size = place.undo_size(run.id)
            if size.rows:
                yield f"run {run.id} could no longer be undone: its before-images may be in it"
