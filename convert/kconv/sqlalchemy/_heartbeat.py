"""What a process calls itself in the heartbeats that it sends for a collection."""

from __future__ import annotations

import os
import platform
import secrets
from functools import cache

from kconv import __version__
from kconv.place import Server
from kconv.place._operations import Versions


def process(collection: str, decodes: Versions) -> Server:
    """This process, as live code that reads a collection."""
    pid = os.getpid()
    return Server(
        id=f"{collection}-{_token(pid)}",
        release=__version__,
        host=platform.node(),
        pid=pid,
        decodes=decodes,
    )


@cache
def _token(pid: int) -> str:
    """Tells processes apart, forked ones too."""
    return f"{pid}-{secrets.token_hex(4)}"
