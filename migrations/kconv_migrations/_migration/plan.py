"""The targets of a migration: which resources go to which version."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from kconv._errors import NotRegistered, UsageError
from kconv._gvk import GroupResource, GroupVersion, version_key
from kconv._scheme import HubKind, Scheme, Spoke
from kconv._store import Store
from kconv_migrations._migration.status import ResourceStatus, status


@dataclass(frozen=True, slots=True)
class Target:
    """A resource and the version that all of its rows are to be encoded in.

    ``before`` is the version preferred so far, empty where the database has none on record.
    """

    kind: HubKind
    spoke: Spoke
    before: str

    @property
    def resource(self) -> GroupResource:
        """The name that its objects are stored under."""
        return self.kind.group_resource

    @property
    def api_version(self) -> str:
        """The version to encode in."""
        return self.spoke.api_version

    @property
    def flips(self) -> bool:
        """Whether the preference changes."""
        return self.before != self.api_version


def plan(
    store: Store, scheme: Scheme, resources: Sequence[str] = (), to: Sequence[str] = ()
) -> list[Target]:
    """The targets that a command line names, in the order of their names.

    ``resources`` (``cronjobs.batch``) limits which are looked at. ``to`` are GROUP=VERSION: the
    resources of the group that have that version go to it, and nothing else is touched. Without
    ``to``, every resource that has another version on record goes to the one that the database
    prefers: what an earlier run left is finished.

    Raises `UsageError` for an unknown resource, group or version, saying what there is, and
    `NotRegistered` where the database prefers a version that the scheme does not have.
    """
    record = {each.resource: each for each in status(store)}
    named = _resources_named(scheme, record, resources)
    if not to:
        found = [
            _resumed(scheme, each)
            for each in record.values()
            if (not each.settled if named is None else each.resource in named)
        ]
        return sorted(found, key=lambda target: target.resource)
    targets: dict[GroupResource, Target] = {}
    for gv in _versions(scheme, to):
        for kind in scheme.kinds:
            resource = kind.group_resource
            spoke = kind.spoke_for(gv)
            if named is not None and resource not in named:
                continue
            if spoke is None and named is not None and resource.group == gv.group:
                raise UsageError(f"{resource} has no version {gv}: it has {_listed(kind)}")
            if spoke is not None:
                before = record[resource].preferred if resource in record else ""
                targets[resource] = Target(kind, spoke, before)
    if named is not None and (idle := named - targets.keys()):
        listed = ", ".join(map(str, sorted(idle)))
        raise UsageError(f"--to says nothing about {listed}: name a version of its group")
    return [targets[resource] for resource in sorted(targets)]


def preferred_targets(
    store: Store, scheme: Scheme, resources: Sequence[str] = ()
) -> Iterator[Target]:
    """A target for every resource of the scheme, or those named: the version preferred already.

    That is the one on record, or the scheme's where there is none. Resources that are stored in a
    version that the scheme does not have are left out.
    """
    record = {each.resource: each for each in status(store)}
    named = _resources_named(scheme, record, resources)
    for kind in scheme.kinds:
        resource = kind.group_resource
        if named is not None and resource not in named:
            continue
        recorded = record[resource].preferred if resource in record else ""
        preferred = recorded or str(kind.storage)
        spoke = kind.spoke_for(GroupVersion.parse(preferred))
        if spoke is not None:
            yield Target(kind, spoke, preferred)


def _resumed(scheme: Scheme, each: ResourceStatus) -> Target:
    kind = next((kind for kind in scheme.kinds if kind.group_resource == each.resource), None)
    preferred = each.preferred
    spoke = kind.spoke_for(GroupVersion.parse(preferred)) if kind and preferred else None
    if kind is None or spoke is None:
        raise NotRegistered(
            f"the database stores {each.resource} as {preferred or 'no version'}, which no "
            "installed API has: install the package that has it, or name it with --apis"
        )
    return Target(kind, spoke, preferred)


def _resources_named(
    scheme: Scheme, record: Iterable[GroupResource], names: Sequence[str]
) -> set[GroupResource] | None:
    if not names:
        return None
    known = {kind.group_resource for kind in scheme.kinds} | set(record)
    wanted = [GroupResource.parse(name) for name in names]
    unknown = [name for name, resource in zip(names, wanted, strict=True) if resource not in known]
    if unknown:
        listed = ", ".join(map(str, sorted(known)))
        quoted = ", ".join(f'"{name}"' for name in unknown)
        raise UsageError(f"no resource {quoted}: there are {listed}")
    return set(wanted)


def _versions(scheme: Scheme, to: Sequence[str]) -> list[GroupVersion]:
    found: dict[str, GroupVersion] = {}
    for text in to:
        name, equals, version = text.partition("=")
        if not equals or not version or "/" in version:
            raise UsageError(f'--to: "{text}" is not GROUP=VERSION, such as batch=v1')
        group = "" if name == "core" else name
        have = scheme.versions(group)
        if not have:
            groups = ", ".join(each or "core" for each in scheme.groups())
            raise UsageError(f'--to: no group "{name}": there are {groups}')
        if version not in have:
            listed = ", ".join(have)
            raise UsageError(f"--to: {name} has no version {version}: it has {listed}")
        gv = GroupVersion(group, version)
        if found.setdefault(group, gv) != gv:
            raise UsageError(f"--to: {name} cannot go to {found[group].version} and {version}")
    return list(found.values())


def _listed(kind: HubKind) -> str:
    versions = {spoke.group_version for spoke in kind.spokes}
    return ", ".join(map(str, sorted(versions, key=lambda gv: version_key(gv.version))))
