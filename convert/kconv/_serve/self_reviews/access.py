"""Whether the server would do what somebody asks about.

There is no authorizer: every caller who is let in may do all that the server has. What is not
served, nobody can do; and a service behind the proxy may be for some only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from kconv._errors import KconvError
from kconv._paths import quote
from kconv._serve.auth import User
from kconv._serve.choosing import choose
from kconv._serve.proxy import parts_of
from kconv._serve.request_path import find_target
from kconv._serve.self_reviews.served import EVERY, offered, paths
from kconv._serve.server import Server
from kconv._verbs.target import Target

_READS = ("get", EVERY)
_PROBES = ("/healthz", "/livez", "/readyz")


class Decision(NamedTuple):
    """Whether something is allowed, and why it is not."""

    allowed: bool
    reason: str = ""

    def document(self) -> dict[str, Any]:
        """The status of a review."""
        return {"allowed": self.allowed, **({"reason": self.reason} if self.reason else {})}


ALLOWED = Decision(True)


def resource_access(server: Server, caller: User, asked: Mapping[str, Any]) -> Decision:
    """Of a verb on a resource; ``asked`` is a ResourceAttributes. ``*`` is every one of them."""
    group, resource = asked.get("group", ""), asked.get("resource", "")
    version, verb = asked.get("version", ""), asked.get("verb", "")
    subresource = asked.get("subresource", "")
    if resource == EVERY and not subresource:
        subresource = EVERY
    title = f"{resource}/{subresource}" if subresource else resource
    found = [
        each
        for each in offered(server)
        if group in (EVERY, each.group)
        and version in ("", EVERY, each.version)
        and resource in (EVERY, each.resource)
        and subresource in (EVERY, each.subresource)
    ]
    if not found:
        where = f"API group {quote(group)}" + (f" and version {quote(version)}" if version else "")
        return Decision(False, f"the server serves no resource {quote(title)} in {where}")
    able = [each for each in found if verb in (EVERY, *each.verbs)]
    if not able:
        own = ", ".join(sorted({word for each in found for word in each.verbs}))
        why = f"the server has no verb {quote(verb)} for {quote(title)}, which has: {own}"
        return Decision(False, why)
    if server.proxy is not None and any(each.is_proxy for each in able):
        named = parts_of(asked["name"])[1] if asked.get("name") else ""
        reach = server.proxy.reach(caller, asked.get("namespace", ""), named)
        if not reach.every and len(able) == 1:
            return Decision(False, "the server has no such service behind its proxy")
        if reach.closed:
            services = ", ".join("/".join(each) for each in reach.closed)
            why = f"User {quote(caller.name)} may not reach the services {services} by the proxy"
            return Decision(False, why)
    return ALLOWED


def path_access(server: Server, asked: Mapping[str, Any]) -> Decision:
    """Of a method on a path; ``asked`` is a NonResourceAttributes. A path may end with ``*``."""
    path, verb = asked.get("path", ""), asked.get("verb", "")
    if _is_endpoint(server, path):
        allowed = verb in _READS or (verb == "head" and path.startswith(_PROBES))
    else:
        try:
            target = find_target(path, server.scheme, server.served)
        except KconvError:
            return Decision(False, f"the server has no path {quote(path)}")
        allowed = _answers(target, verb)
    if allowed:
        return ALLOWED
    return Decision(False, f"the server does not answer {quote(verb)} on the path {quote(path)}")


def _is_endpoint(server: Server, path: str) -> bool:
    known = paths(server)
    if path.endswith(EVERY):
        return any(each.startswith(path[:-1]) for each in known)
    if not path.startswith("/"):
        return False
    whole = path.rstrip("/") or "/"
    below = [each[:-1] for each in known if each.endswith(EVERY)]
    return whole in known or any(path.startswith(each) for each in below)


def _answers(target: Target, verb: str) -> bool:
    """Whether a path of a resource has a method."""
    if verb == EVERY:
        return True
    try:
        choose(verb.upper(), target)
    except KconvError:
        return False
    return True
