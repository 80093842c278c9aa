"""The access log: a line for each request, without what may be secret in it."""

from __future__ import annotations

import logging
import time

from starlette.types import Message, Scope, Send

STATUS = "kconv.status"
"""Key of a scope: the status of an answer that was written to the connection itself."""

_log = logging.getLogger("kconv.access")


class Entry:
    """An answer on its way: when it was asked for, its status and size."""

    def __init__(self, send: Send) -> None:
        self.began = time.monotonic()
        self.status = 0
        self.size = 0
        self._send = send

    async def send(self, message: Message) -> None:
        """Pass a part of the answer on."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
        else:
            self.size += len(message.get("body", b""))
        await self._send(message)


class AccessLog:
    """Writes lines to the logger ``kconv.access``.

    A query may hold what is nobody's business, as selectors do: only the names of parameters are
    logged.
    """

    def write(self, scope: Scope, entry: Entry, user: str | None, agent: bytes) -> None:
        """Log one request that was answered; status 0 is one whose client went away."""
        client = scope.get("client")
        fields = {
            "client": client[0] if client else "",
            "user": user or "",
            "method": scope["method"],
            "path": _target(scope),
            "status": entry.status,
            "milliseconds": round((time.monotonic() - entry.began) * 1000, 3),
            "bytes": entry.size,
            "agent": _shown(agent)[:200],
        }
        _log.info(
            '%s %s "%s %s" %d %.1f ms %d bytes "%s"',
            fields["client"] or "-",
            fields["user"] or "-",
            fields["method"],
            fields["path"],
            fields["status"],
            fields["milliseconds"],
            fields["bytes"],
            fields["agent"],
            extra={"fields": fields},
        )


def _target(scope: Scope) -> str:
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    path = _shown(raw)[:1000]
    names = [part.partition(b"=")[0] for part in scope["query_string"].split(b"&") if part]
    if not names:
        return path
    return f"{path}?{'&'.join(_shown(name)[:60] for name in names[:20])}"


def _shown(text: bytes) -> str:
    """Bytes of a client as one line of printable ASCII."""
    return "".join(
        char if " " <= char <= "~" and char not in '"\\' else f"\\x{ord(char):02x}"
        for char in text.decode("latin-1")
    )
