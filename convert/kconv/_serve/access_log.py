"""The access log: a line for each request, without what may be secret in it."""

from __future__ import annotations

import logging
from typing import Any

_log = logging.getLogger("kconv.access")


class AccessLog:
    """Writes lines to the logger ``kconv.access``.

    A query may hold what is nobody's business, as selectors do: only the names of parameters are
    logged.
    """

    def write(
        self,
        scope: Any,
        *,
        status: int,
        seconds: float,
        size: int,
        user: str | None,
        agent: bytes,
    ) -> None:
        """Log one request that was answered; ``status`` 0 is one whose client went away."""
        client = scope.get("client")
        fields = {
            "client": client[0] if client else "",
            "user": user or "",
            "method": scope["method"],
            "path": _target(scope),
            "status": status,
            "milliseconds": round(seconds * 1000, 3),
            "bytes": size,
            "agent": _shown(agent)[:200],
        }
        _log.info(
            '%s %s "%s %s" %d %.1f ms %d bytes "%s"',
            fields["client"] or "-",
            fields["user"] or "-",
            fields["method"],
            fields["path"],
            status,
            fields["milliseconds"],
            size,
            fields["agent"],
            extra={"fields": fields},
        )


def _target(scope: Any) -> str:
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
