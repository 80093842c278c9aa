"""Which live servers block a flip: those that cannot decode the new version."""

from __future__ import annotations

from collections.abc import Sequence

from kconv._errors import Conflict
from kconv._gvk import GroupResource
from kconv.place import Place, Server
from kconv_migrations._migration.plan import Target

MOST_NAMED = 10


def blocking_servers(servers: Sequence[Server], target: Target) -> list[Server]:
    """The servers among ``servers`` that cannot decode the target's version."""
    resource = GroupResource.parse(target.name)
    version = (resource.group, resource.resource, target.api_version)
    return [server for server in servers if not server.reads(*version)]


def check_flips(place: Place, targets: Sequence[Target], live: float | None) -> None:
    """Refuse several flips before the first of them if a live server blocks any.

    Each flip is checked again in its own transaction. Raises `Conflict`, naming the servers.
    """
    flips = [target for target in targets if target.flips]
    if live is None or not flips:
        return
    servers = place.servers(live)
    lines = []
    for target in flips:
        found = blocking_servers(servers, target)
        if found:
            named = ", ".join(map(str, found[:MOST_NAMED]))
            more = f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
            lines.append(
                f"{target.name} cannot be stored as {target.api_version}, which "
                f"{len(found)} live server{'s' * (len(found) > 1)} cannot decode: {named}{more}"
            )
    if lines:
        raise Conflict("\n".join([*lines, "nothing was flipped: upgrade or stop them first"]))
