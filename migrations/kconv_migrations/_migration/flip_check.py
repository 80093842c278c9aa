"""Which live servers block a flip: those that cannot decode the new version."""

from __future__ import annotations

from collections.abc import Sequence

from kconv._errors import Conflict
from kconv._gvk import GroupResource
from kconv.place import Place, Server
from kconv.place._operations import cannot_store
from kconv_migrations._migration.plan import Target
from kconv_migrations._migration.vouched import Vouched


def blocking_servers(servers: Sequence[Server], target: Target) -> list[Server]:
    """The servers among ``servers`` that cannot decode the target's version."""
    resource = GroupResource.parse(target.name)
    version = (resource.group, resource.resource, target.api_version)
    return [server for server in servers if not server.reads(*version)]


def check_flips(
    place: Place, targets: Sequence[Target], live: float | None, vouched: Vouched | None = None
) -> None:
    """Refuse several flips before the first of them if live code blocks any.

    Each flip is checked again in its own transaction, but for what was ``vouched`` for. Raises
    `Conflict`, naming the servers, and where fewer have been seen than there are said to be.
    """
    flips = [target for target in targets if target.flips]
    if live is None or not flips:
        return
    servers = place.servers(live)
    lines = []
    if vouched is not None:
        if vouched.missing(len(servers)):
            lines.append(missing_servers(vouched, len(servers), live))
        servers += vouched.servers(targets)
    for target in flips:
        found = blocking_servers(servers, target)
        if found:
            lines.append(cannot_store(target.name, target.api_version, found))
    if lines:
        raise Conflict("\n".join([*lines, "nothing was flipped: upgrade or stop them first"]))


def missing_servers(vouched: Vouched, seen: int, live: float) -> str:
    """What is said where fewer servers have been seen than are up."""
    return (
        f"{seen} of the {vouched.count} servers that are up have been seen in the last {live:g} "
        "seconds: what the others can decode is not known"
    )
