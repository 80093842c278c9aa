"""Which users and groups may reach which services; by default, all who may ask the server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.types import Scope

from kconv._errors import UsageError
from kconv._gvk import GroupResource
from kconv._serve.auth import User, caller_of
from kconv._serve.proxy.services import Asked, ProxyServices
from kconv._verbs.refusal import forbidden

_GROUP = "group:"
_SERVICES = GroupResource("", "services")
_VERBS = {
    "GET": "get",
    "HEAD": "get",
    "OPTIONS": "get",
    "POST": "create",
    "PUT": "update",
    "PATCH": "patch",
    "DELETE": "delete",
}

PROXY_VERBS = tuple(sorted(set(_VERBS.values())))
"""What may be asked of a service, as discovery would say it."""

Access = Mapping[tuple[str, str], frozenset[str]]
"""Users, and groups as ``group:NAME``, by namespace and name of a service that not all reach."""


def access_of(given: Sequence[str], services: ProxyServices, *, tokens: bool) -> Access:
    """The rules of texts ``namespace/name=WHO[,WHO...]``; WHO is a user, or ``group:NAME``.

    Raises `UsageError` for anything else, for services that there are not, and where nobody has
    to say who they are.
    """
    found: dict[tuple[str, str], frozenset[str]] = {}
    for text in given:
        place, _, listed = text.partition("=")
        namespace, _, name = place.partition("/")
        whom = {each.strip() for each in listed.split(",")}
        if not whom - {""} or "" in whom or _GROUP in whom:
            raise UsageError(
                f'--proxy-allow: "{text}" is not NAMESPACE/NAME=WHO[,WHO...], such as '
                "ui/dashboard=ada,group:operators"
            )
        if not any(key[:2] == (namespace, name) for key in services):
            raise UsageError(f'--proxy-allow: "{place}" is no service of --proxy-service')
        found[namespace, name] = found.get((namespace, name), frozenset()) | whom
    if found and not tokens:
        raise UsageError("--proxy-allow: who asks is known by tokens only: --token-auth-file")
    return found


def may_reach(access: Access, namespace: str, name: str, user: User) -> bool:
    """Whether a service is for a user."""
    whom = access.get((namespace, name))
    if whom is None or (user.name in whom and not user.name.startswith(_GROUP)):
        return True
    return any(_GROUP + group in whom for group in user.groups)


def check_access(access: Access, asked: Asked, method: str, scope: Scope) -> None:
    """Raises `kconv._verbs.refusal.Refusal` (403) for a user whom the service is not for."""
    user = caller_of(scope)
    if may_reach(access, asked.namespace, asked.name, user):
        return
    raise forbidden(
        _SERVICES,
        asked.named,
        f'User "{user.name}" cannot {_VERBS.get(method, "get")} resource "services/proxy" in API '
        f'group "" in the namespace "{asked.namespace}"',
    )
