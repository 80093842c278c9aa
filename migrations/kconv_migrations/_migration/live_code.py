"""Which live code blocks a migration: all that cannot read what rows are to be rewritten in."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from kconv._errors import Conflict
from kconv._gvk import GroupResource
from kconv.place import Place, Server
from kconv.place._operations import cannot_store
from kconv_migrations._migration.plan import Target
from kconv_migrations._migration.status import rows_elsewhere
from kconv_migrations._migration.vouched import Vouched


def blocking_servers(servers: Sequence[Server], name: str, api_version: str) -> list[Server]:
    """The servers among ``servers`` that cannot decode a version of a collection."""
    resource = GroupResource.parse(name)
    version = (resource.group, resource.resource, api_version)
    return [server for server in servers if not server.reads(*version)]


def check_live_code(
    place: Place, targets: Sequence[Target], live: float | None, vouched: Vouched | None = None
) -> None:
    """Refuse a run before the first flip and the first row if live code blocks any of it.

    A target counts if it flips, or if rows are to be rewritten: what live code can no longer read
    is the same either way. Each flip is checked again in its own transaction, but for what was
    ``vouched`` for. Raises `Conflict`, naming the servers, and where fewer have been seen than
    there are said to be.
    """
    if live is None:
        return
    servers = place.servers(live)
    seen = len(servers)
    if vouched is not None:
        servers += vouched.servers(targets)
    missing = vouched is not None and vouched.missing(seen) > 0
    found = {each.name: blocking_servers(servers, each.name, each.api_version) for each in targets}
    concerned = _that_write(place, [each for each in targets if missing or found[each.name]])
    lines = []
    if concerned and missing and vouched is not None:
        lines.append(missing_servers(vouched, seen, live))
    lines += [
        cannot_store(each.name, each.api_version, found[each.name])
        for each in concerned
        if found[each.name]
    ]
    if lines:
        raise Conflict("\n".join([*lines, "nothing was changed: upgrade or stop them first"]))


def check_writing(place: Place, versions: Collection[tuple[str, str]], live: float | None) -> None:
    """Refuse to write rows in a version, each (collection, version), that live code cannot read.

    Raises `Conflict`, naming the servers.
    """
    servers = [] if live is None else place.servers(live)
    lines = [
        cannot_store(*each, found)
        for each in sorted(versions)
        if (found := blocking_servers(servers, *each))
    ]
    if lines:
        raise Conflict("\n".join([*lines, "nothing was changed: upgrade or stop them first"]))


def _that_write(place: Place, targets: Sequence[Target]) -> list[Target]:
    """The targets that flip, or that have rows to rewrite; rows are counted only if need be."""
    if all(each.flips for each in targets):
        return list(targets)
    left = rows_elsewhere(place, {each.name: each.api_version for each in targets})
    return [each for each in targets if each.flips or left[each.name]]


def missing_servers(vouched: Vouched, seen: int, live: float) -> str:
    """What is said where fewer servers have been seen than are up."""
    return (
        f"{seen} of the {vouched.count} servers that are up have been seen in the last {live:g} "
        "seconds: what the others can decode is not known"
    )
