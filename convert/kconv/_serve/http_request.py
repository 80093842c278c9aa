"""`HttpRequest`: a request as the dispatcher reads it."""

from __future__ import annotations

from urllib.parse import parse_qsl

from starlette.types import Receive, Scope

from kconv._serve.options import Query

HEADERS = "kconv.headers"
"""Key of a scope: its headers as a dict of bytes, for what comes next."""

_NO_QUERY = Query()


class HttpRequest:
    """The parts of an ASGI request that every request is looked at for.

    Of a header that comes several times, the last value counts.
    """

    __slots__ = ("_headers", "method", "path", "query_string", "receive", "scope")

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.scope = scope
        self.receive = receive
        self.method: str = scope["method"]
        self.path = path_of(scope)
        self.query_string: bytes = scope["query_string"]
        headers: dict[bytes, bytes] | None = scope.get(HEADERS)
        self._headers = dict(scope["headers"]) if headers is None else headers

    @property
    def headers(self) -> dict[bytes, bytes]:
        """All headers by lower-case name, not to be changed."""
        return self._headers

    def raw_header(self, name: bytes) -> bytes:
        """A header as it came, by its lower-case name; empty where there is none."""
        return self._headers.get(name, b"")

    def header(self, name: bytes) -> str:
        """A header's text."""
        return self._headers.get(name, b"").decode("latin-1")

    @property
    def query(self) -> Query:
        """The query parameters, not to be changed."""
        return query_of(self.query_string)


def query_of(query_string: bytes) -> Query:
    """The parameters of a query, not to be changed."""
    if not query_string:
        return _NO_QUERY
    return Query(parse_qsl(query_string.decode("latin-1"), keep_blank_values=True))


def path_of(scope: Scope) -> str:
    """The path within the app, also where the app is mounted below another path."""
    path: str = scope["path"]
    root: str = scope.get("root_path", "")
    return path[len(root) :] if root and path.startswith(root) else path
