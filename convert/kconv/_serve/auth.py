"""Bearer tokens from a file, as kube-apiserver's ``--token-auth-file`` reads them."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from starlette.types import Scope

from kconv._errors import UsageError
from kconv._verbs.refusal import Refusal

USER, CALLER = "kconv.user", "kconv.caller"
"""Keys of an ASGI scope: the name of who asks, None where nobody has to say, and the `User`."""

_AUTHENTICATED = "system:authenticated"

_OPEN = ("/healthz", "/livez", "/readyz")


@dataclass(frozen=True, slots=True)
class User:
    """Who asks, and of which groups they are."""

    name: str
    groups: frozenset[str] = frozenset()
    uid: str = ""


ANONYMOUS = User("system:anonymous", frozenset({"system:unauthenticated"}))
"""Somebody who need not say who they are."""


def caller_of(scope: Scope) -> User:
    """Who asks, as Kubernetes would have them: everybody is somebody, and in a group."""
    user: User | None = scope.get(CALLER)
    return ANONYMOUS if user is None else user


class Tokens:
    """The tokens that let a request in; lines are ``token,user,uid[,"group1,group2"]``.

    They are looked up by their digest: how long that takes says nothing about a token.
    """

    def __init__(self, users: Mapping[str, str | User]) -> None:
        self._users = {
            _digest(token.encode()): _known(user if isinstance(user, User) else User(user))
            for token, user in users.items()
        }

    @classmethod
    def read(cls, path: Path) -> Tokens:
        """Read a token file. Raises `UsageError` for one that is missing, malformed or empty."""
        users: dict[str, str | User] = {}
        try:
            with path.open(encoding="utf-8", newline="") as lines:
                for number, row in enumerate(csv.reader(lines), start=1):
                    if not row or row[0].lstrip().startswith("#"):
                        continue
                    if len(row) < 3 or not row[0].strip():
                        raise UsageError(f"{path}:{number}: a line is token,user,uid[,groups]")
                    groups = ",".join(row[3:]).split(",")
                    found = frozenset(each.strip() for each in groups if each.strip())
                    users[row[0].strip()] = User(row[1].strip(), found, row[2].strip())
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise UsageError(f"the token file {path} cannot be read: {error}") from None
        if not users:
            raise UsageError(f"the token file {path} has no tokens")
        return cls(users)

    def user(self, authorization: bytes) -> str | None:
        """Who an Authorization header speaks for; None when it holds no known token."""
        found = self._find(authorization)
        return None if found is None else found.name

    def _find(self, authorization: bytes) -> User | None:
        scheme, _, token = authorization.partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        return self._users.get(_digest(token.strip()))

    def find(self, token: str) -> User | None:
        """Whose a token is."""
        return self._users.get(_digest(token.encode()))

    def require(self, path: str, authorization: bytes) -> User | None:
        """The user of a request. Refuses (401) one without a token; health endpoints are open."""
        user = self._find(authorization)
        if user is None and not path.startswith(_OPEN):
            raise Refusal("Unauthorized", "Unauthorized")
        return user


def _known(user: User) -> User:
    """A user with the group of all that have a token, as Kubernetes has it."""
    return replace(user, groups=user.groups | {_AUTHENTICATED})


def _digest(token: bytes) -> bytes:
    return hashlib.sha256(token).digest()
