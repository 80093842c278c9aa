"""The headers that go through a proxy, and those that are said to one server alone."""

from __future__ import annotations

from collections.abc import Iterable

from kconv._serve.proxy.services import Asked

Headers = list[tuple[bytes, bytes]]

_HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"trailers",
        b"transfer-encoding",
        b"upgrade",
    }
)
_OWN = frozenset({b"authorization", b"expect", b"forwarded", b"host"})
"""What is said to this server alone: who asks, above all."""

_FRAMING = frozenset({b"content-length", b"transfer-encoding"})
_OWN_PREFIXES = (b"x-forwarded-", b"x-remote-", b"x-real-ip", b"impersonate-")
_COOKIE = b"kconv"


def to_service(
    given: Iterable[tuple[bytes, bytes]], asked: Asked, client: str, scheme: str
) -> Headers:
    """The headers of a request as the service gets them; without those that frame its body."""
    given = list(given)
    own = next((value for name, value in given if name == b"host"), b"")
    found: Headers = [(b"host", asked.service.authority.encode())]
    for name, value in _passed(given):
        # Many services take an underscore for a hyphen.
        known_as = name.replace(b"_", b"-")
        if known_as in _OWN or known_as.startswith(_OWN_PREFIXES):
            continue
        if known_as in _FRAMING:
            continue
        if name == b"cookie":
            value = b"; ".join(
                each
                for each in (part.strip() for part in value.split(b";"))
                if each and not each.lower().startswith(_COOKIE)
            )
            if not value:
                continue
        found.append((name, value))
    if client:
        found.append((b"x-forwarded-for", client.encode()))
    found += [(b"x-forwarded-host", own), (b"x-forwarded-proto", scheme.encode())]
    found.append((b"x-forwarded-uri", (asked.before + (asked.rest or "/")).encode()))
    return found


def to_client(given: Iterable[tuple[bytes, bytes]], asked: Asked) -> Headers:
    """The headers of an answer as the client gets them; redirects to the service stay with it."""
    found: Headers = []
    for name, value in _passed(given):
        if name == b"set-cookie" and value.strip().lower().startswith(_COOKIE):
            continue
        if name == b"location":
            value = _relocated(value, asked)
        found.append((name, value))
    return found


def _passed(given: Iterable[tuple[bytes, bytes]]) -> Iterable[tuple[bytes, bytes]]:
    given = [(name.lower(), value) for name, value in given]
    named = {
        each.strip().lower()
        for name, value in given
        if name == b"connection"
        for each in value.split(b",")
    }
    return [each for each in given if each[0] not in _HOP_BY_HOP and each[0] not in named]


def _relocated(location: bytes, asked: Asked) -> bytes:
    origin, base = asked.service.origin.encode(), asked.service.path.encode()
    path = location
    if location.startswith(origin):
        path = location[len(origin) :] or b"/"
    if not path.startswith(b"/") or path.startswith(b"//"):
        return location
    if base and path.startswith(base + b"/"):
        path = path[len(base) :]
    return asked.before.encode() + path
