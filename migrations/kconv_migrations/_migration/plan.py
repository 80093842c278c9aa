"""The targets of a migration: which collections go to which version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from kconv._errors import NotRegistered, UsageError
from kconv._gvk import GroupResource, GroupVersion, version_key
from kconv._scheme import HubKind, Scheme, Spoke
from kconv.place import Collection, Place
from kconv_migrations._migration.status import CollectionStatus, preferred_versions, status


@dataclass(frozen=True, slots=True)
class Target:
    """A collection and the version that all of its rows are to be in.

    ``before`` is the version preferred so far, empty where none is on record.
    """

    collection: Collection
    spoke: Spoke
    before: str

    @property
    def name(self) -> str:
        """The collection's name."""
        return self.collection.name

    @property
    def api_version(self) -> str:
        """The version to be in."""
        return self.spoke.api_version

    @property
    def flips(self) -> bool:
        """Whether the preference changes."""
        return self.before != self.api_version


def plan(
    place: Place,
    names: Sequence[str] = (),
    to: Sequence[str] = (),
    groups: Sequence[str] = (),
) -> list[Target]:
    """The targets that a command line names, in the place's order.

    ``names`` (``cronjobs.batch``) and ``groups`` (``batch``, or ``core``) limit which collections
    are looked at. ``to`` are GROUP=VERSION:
    the collections of the group that have that version go to it, and nothing else is touched. Or
    they are COLLECTION=VALUE, such as ``orders=3``, by what the application calls its versions.
    Without ``to``, every collection that has another version on record goes to the one that is
    preferred: what an earlier run left is finished.

    Raises `UsageError` for an unknown collection, group or version, saying what there is, and
    `NotRegistered` where the version preferred is none that the code has.
    """
    collections = in_groups(place.collections(), groups)
    known = {each.name for each in collections}
    record = {each.name: each for each in status(place) if each.name in known or not groups}
    named = _named(collections, names)
    if not to:
        return [
            _resumed(each)
            for each in record.values()
            if (not each.settled if named is None else each.name in named)
        ]
    targets: dict[str, Target] = {}
    own, to = _by_own_names(collections, to)
    for target in (_target(*each, record) for each in own):
        if named is not None and target.name not in named:
            continue
        found = targets.setdefault(target.name, target)
        if found.spoke is not target.spoke:
            both = f"{found.api_version} and {target.api_version}"
            raise UsageError(f"--to: {target.name} cannot go to {both}")
    for gv in _versions(place.scheme, to):
        _refuse_documents_of_elsewhere(place.scheme, collections, gv)
        for collection in collections:
            kind, name = collection.kind, collection.name
            if kind is None or (named is not None and name not in named):
                continue
            spoke = kind.spoke_for(gv)
            if spoke is None and named is not None and kind.options.group == gv.group:
                raise UsageError(f"{name} has no version {gv}: it has {_listed(kind)}")
            if spoke is not None:
                found = targets.setdefault(name, _target(collection, spoke, record))
                if found.spoke is not spoke:
                    raise UsageError(f"--to: {name} cannot go to {found.api_version} and {gv}")
    if named is not None and (idle := named - targets.keys()):
        listed = ", ".join(sorted(idle))
        raise UsageError(f"--to says nothing about {listed}: name a version of its group")
    return [targets[each.name] for each in collections if each.name in targets]


def _by_own_names(
    collections: Sequence[Collection], to: Sequence[str]
) -> tuple[list[tuple[Collection, Spoke]], list[str]]:
    """What ``to`` says of collections as the application calls their versions, and the rest."""
    named = {each.name: each for each in collections if each.called}
    found, rest = [], []
    for text in to:
        name, equals, value = text.partition("=")
        if not equals or name not in named:
            rest.append(text)
            continue
        collection = named[name]
        version = collection.called.get(value, "")
        spoke = collection.spoke(version) if version else None
        if spoke is None:
            listed = ", ".join(collection.called)
            raise UsageError(f"--to: {name} has no version {value}: it has {listed}")
        found.append((collection, spoke))
    return found, rest


def _target(collection: Collection, spoke: Spoke, record: Mapping[str, CollectionStatus]) -> Target:
    name = collection.name
    return Target(collection, spoke, record[name].preferred if name in record else "")


def _refuse_documents_of_elsewhere(
    scheme: Scheme, collections: Sequence[Collection], gv: GroupVersion
) -> None:
    """Raises `UsageError` for a version of documents only, none of which the place has."""
    if any(each.kind is not None and each.kind.spoke_for(gv) for each in collections):
        return
    if any(kind.document and kind.spoke_for(gv) for kind in scheme.kinds):
        raise UsageError(
            f"--to: {gv.group} has documents, which this place does not hold: name the one that "
            "does with --place"
        )


def preferred_targets(
    place: Place, names: Sequence[str] = (), groups: Sequence[str] = ()
) -> Iterator[Target]:
    """A target for every collection, or those named: the version preferred already.

    That is the one on record, or the kind's own where there is none. Collections whose version the
    code does not have are left out.
    """
    recorded = preferred_versions(place)
    collections = in_groups(place.collections(), groups)
    named = _named(collections, names)
    for each in collections:
        if each.kind is None or (named is not None and each.name not in named):
            continue
        preferred = recorded.get(each.name) or str(each.kind.storage)
        spoke = each.spoke(preferred)
        if spoke is not None:
            yield Target(each, spoke, preferred)


def in_groups(collections: Sequence[Collection], groups: Sequence[str]) -> list[Collection]:
    """The collections of kinds in these groups, or all where none is named.

    Raises `UsageError` for a group that none is of, saying what there is.
    """
    if not groups:
        return list(collections)
    by_group: dict[str, list[Collection]] = {}
    for each in collections:
        by_group.setdefault(group_of(each) or "core", []).append(each)
    for group in groups:
        if group not in by_group:
            raise UsageError(f'no group "{group}": there are {", ".join(sorted(by_group))}')
    return [each for each in collections if (group_of(each) or "core") in groups]


def group_of(collection: Collection) -> str:
    """The group of a collection's kind, as ``--to`` names it but for ``core``."""
    kind = collection.kind
    return kind.options.group if kind is not None else GroupResource.parse(collection.name).group


def _resumed(each: CollectionStatus) -> Target:
    preferred = each.preferred
    spoke = each.collection.spoke(preferred)
    if spoke is None:
        raise NotRegistered(
            f"the database stores {each.name} as {preferred or 'no version'}, which no "
            "installed API has: install the package that has it, or name it with --apis"
        )
    return Target(each.collection, spoke, preferred)


def _named(collections: Sequence[Collection], names: Sequence[str]) -> set[str] | None:
    if not names:
        return None
    known = [each.name for each in collections]
    unknown = [name for name in names if name not in known]
    if unknown:
        quoted = ", ".join(f'"{name}"' for name in unknown)
        raise UsageError(f"no resource {quoted}: there are {', '.join(known)}")
    return set(names)


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
            where = "--apis MODULE:FUNCTION names another package"
            raise UsageError(f'--to: no group "{name}": there are {groups}; {where}')
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
