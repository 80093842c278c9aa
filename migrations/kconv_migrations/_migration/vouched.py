"""What an operator vouches for: how many servers are up, and which versions live code reads.

A migration knows live code by its heartbeats. Code that sends none is known if somebody says it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kconv._errors import UsageError
from kconv._gvk import GroupResource
from kconv.place import Server
from kconv_migrations._migration.plan import Target


@dataclass(frozen=True, slots=True)
class Vouched:
    """``count`` servers are up, of which a heartbeat is to be seen; None says nothing of that.

    ``code`` are names for live code, and the versions that it reads.
    """

    count: int | None = None
    code: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def servers(self, targets: Sequence[Target]) -> list[Server]:
        """The live code that was named, and what it reads of the targets.

        Raises `UsageError` for versions that no target has, and where something was said of what
        no live code reads: a place that converts by itself.
        """
        itself = [each.name for each in targets if not each.collection.converts]
        if itself and (self.code or self.count is not None):
            raise UsageError(
                f"--servers is about live code that reads what is stored, and no such code reads "
                f"{', '.join(itself)}: the cluster converts it; leave --servers out"
            )
        return [_server(name, versions, targets) for name, versions in self.code]

    def missing(self, seen: int) -> int:
        """How many servers have sent no heartbeat, where ``seen`` have."""
        return max((self.count or 0) - seen, 0)


def parse_vouched(texts: Iterable[str]) -> Vouched:
    """Read what ``--servers`` says: a number, or NAME=VERSION,VERSION.

    Raises `UsageError` for what is neither.
    """
    count: int | None = None
    code: list[tuple[str, tuple[str, ...]]] = []
    for text in texts:
        name, equals, versions = text.partition("=")
        said = tuple(each.strip() for each in versions.split(",") if each.strip())
        if text.isascii() and text.isdecimal() and count is None:
            count = int(text)
        elif name and equals and said:
            code.append((name, said))
        else:
            raise UsageError(
                f'--servers: "{text}" is no number of servers that are up, and not '
                "NAME=VERSION,VERSION, such as web=v1,v2"
            )
    return Vouched(count, tuple(code))


def _server(name: str, versions: Sequence[str], targets: Sequence[Target]) -> Server:
    decodes = []
    unknown = set(versions)
    for target in targets:
        resource = GroupResource.parse(target.name)
        for version, names in _names(target).items():
            if not names.isdisjoint(versions):
                decodes.append((resource.group, resource.resource, version))
                unknown -= names
    if unknown and targets:
        have = ", ".join(dict.fromkeys(each for one in targets for each in _names(one)))
        raise UsageError(f"--servers: {name} reads {', '.join(sorted(unknown))}: there are {have}")
    return Server(name, "", "", 0, tuple(decodes), partial=True)


def _names(target: Target) -> dict[str, set[str]]:
    """The apiVersions of a target's kind, and all that each is called."""
    collection = target.collection
    found: dict[str, set[str]] = {}
    for spoke in collection.kind.spokes if collection.kind is not None else ():
        version = spoke.api_version
        own = {name for name, called in collection.called.items() if called == version}
        found[version] = {version, version.rpartition("/")[2], *own}
    return found
