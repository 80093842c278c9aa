"""``Impersonate-*`` headers: refused, since nobody may act for somebody else."""

from __future__ import annotations

from kconv._serve.origin import Headers
from kconv._verbs.refusal import Refusal, bad_request, details_of

PREFIX = b"impersonate-"
_ANONYMOUS = "system:anonymous"


def refuse_impersonation(headers: Headers, user: str | None) -> Refusal:
    """The answer to a request that has such headers, as Kubernetes words it.

    It is the right to impersonate that is missing (403), unless the headers name no user (400).
    """
    name = headers.get(b"impersonate-user", b"").decode("latin-1")
    if not name:
        return bad_request("impersonation headers without the name of a user to impersonate")
    kind, group, shown = "users", "", name
    parts = name.split(":")
    if len(parts) == 4 and name.startswith("system:serviceaccount:"):
        kind, shown = "serviceaccounts", parts[3]
    why = (
        f'User "{user or _ANONYMOUS}" cannot impersonate resource "{kind}" in API group "{group}" '
    )
    why += f'in the namespace "{parts[2]}"' if kind == "serviceaccounts" else "at the cluster scope"
    message = f'{kind} "{shown}" is forbidden: {why}'
    return Refusal("Forbidden", message, details=details_of(shown, group, kind))
