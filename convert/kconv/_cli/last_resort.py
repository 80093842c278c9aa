"""The end of a server whose database does not let it end."""

from __future__ import annotations

import logging
import os
import sys
import threading

_log = logging.getLogger("kconv")


class LastResort:
    """Ends this process with ``code`` when the time is up, whatever its threads wait for.

    What a server writes last, that it is gone and how often it was asked, may wait for a lock or
    for a database that hangs, and so may connections that are closed. Everything that was
    acknowledged is on disk, so the process may as well be killed then.
    """

    def __init__(self, code: int = 0) -> None:
        self._code = code
        self._timer: threading.Timer | None = None

    def within(self, seconds: float) -> None:
        """Have it end within so many seconds from now, and not by what was said before."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True
        self._timer.start()

    def _end(self) -> None:
        _log.error(
            "this server ends without having said so to its database, which does not answer: "
            "others take it for running until its heartbeats are missed"
        )
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(self._code)
