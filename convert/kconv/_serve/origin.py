"""What keeps web pages out: the names a server goes by, and where a browser's request is from.

A page on the web can have a browser send requests to any address that the browser reaches, this
machine's loopback included. It cannot choose the Host that its own name resolved to, nor hide
Origin and Sec-Fetch-Site.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from kconv._verbs.refusal import Refusal

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")
"""What a server on the loopback interface is called; also with a port."""

_KEPT = 256
SAFE = frozenset(("GET", "HEAD", "OPTIONS"))
"""Methods that change nothing."""

_SAME = (b"same-origin", b"none")

Headers = Mapping[bytes, bytes]
"""Header values by lower-case name, as ASGI has them."""


class HostCheck:
    """Refuses requests for other names than those that the server has."""

    def __init__(self, names: Collection[str]) -> None:
        self._names = frozenset(name.lower().encode() for name in names)
        self._known: set[bytes] = set()

    def check(self, host: bytes) -> None:
        """Refuse (403) a Host header that names another host.

        A request without one is none of a browser's.
        """
        if not host or host in self._known:
            return
        name = host.lower()
        if not name.endswith(b"]") and b":" in name:
            name = name.rpartition(b":")[0]
        if name not in self._names:
            shown = host[:100].decode("latin-1")
            raise Refusal(
                "Forbidden",
                f'this server is not called "{shown}": start it with --allowed-host if it is',
            )
        if len(self._known) < _KEPT:
            self._known.add(host)


def check_origin(headers: Headers) -> None:
    """Refuse (403) a write, or an upgrade, that a browser sends for a page of another origin.

    A page may read what comes over a WebSocket of any origin: nothing but this keeps it out.
    """
    site = headers.get(b"sec-fetch-site")
    origin = headers.get(b"origin")
    if site is not None:
        same = site in _SAME
    else:
        same = origin is None or origin.partition(b"://")[2] == headers.get(b"host")
    if not same:
        what = "open WebSockets" if b"upgrade" in headers else "write"
        raise Refusal("Forbidden", f"cross-origin request: web pages of others may not {what} here")


def check_untyped_body(headers: Headers) -> None:
    """Refuse (415) a body without a content type that a browser sends.

    That is how a page avoids to be asked for permission. Other clients may leave it out: their
    body is JSON.
    """
    browser = b"origin" in headers or b"sec-fetch-site" in headers
    body = headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers
    if browser and body:
        raise Refusal(
            "UnsupportedMediaType",
            "the body of the request has no Content-Type, which a browser has to send",
        )
