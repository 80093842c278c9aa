"""What a server has, as rules speak of it: resources with their verbs, and paths."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from kconv._scheme import Spoke
from kconv._serve.discovery.resources import every_spoke
from kconv._serve.endpoints import root_paths
from kconv._serve.proxy import PROXY_VERBS
from kconv._serve.server import Server
from kconv._verbs.kind_rules import subresource_verbs, verbs_of

EVERY = "*"


class Offered(NamedTuple):
    """A resource, or a subresource such as ``deployments/scale``, and its verbs."""

    group: str
    version: str
    resource: str
    subresource: str
    verbs: tuple[str, ...]

    @property
    def is_proxy(self) -> bool:
        """Whether this is the proxy, of which a service may be for some only."""
        return (self.group, self.resource, self.subresource) == ("", "services", "proxy")

    @property
    def title(self) -> str:
        """The resource as rules name it."""
        return f"{self.resource}/{self.subresource}" if self.subresource else self.resource


def offered(server: Server) -> Iterator[Offered]:
    """Every resource of every version that is served, and the proxy to services."""
    for spoke in every_spoke(server.scheme, server.served):
        yield from _of_spoke(spoke)
    if server.proxy is not None:
        yield Offered("", "v1", "services", "proxy", PROXY_VERBS)


def _of_spoke(spoke: Spoke) -> Iterator[Offered]:
    gvr = spoke.gvr
    yield Offered(gvr.group, gvr.version, gvr.resource, "", verbs_of(spoke.kind))
    for each in sorted(spoke.options.subresources):
        yield Offered(gvr.group, gvr.version, gvr.resource, each, subresource_verbs(each))


def paths(server: Server) -> list[str]:
    """Every path that is no resource's, sorted; those that end with ``*`` are all below."""
    pages = {path for name in server.pages for path in (f"/{name}", f"/{name}/*")}
    return sorted({"/", *root_paths(server), *server.openapi.paths(), *pages})
