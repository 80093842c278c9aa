"""`Presence`: a client among the processes that share its database.

As a server does, it says what it can decode for as long as it is open, so that nobody changes the
version that objects are stored in to one that it cannot read.
"""

from __future__ import annotations

import logging
import threading

from kconv._errors import CannotDecode, KconvError
from kconv._verbs.membership import Membership
from kconv._verbs.namespaces import Namespaces

BEAT_SECONDS = 3.0
"""Time between two heartbeats, as of a server."""

_log = logging.getLogger("kconv.client")


class Presence:
    """Registers a client, and says in a thread that it is there, until `end`. Methods block."""

    def __init__(self, membership: Membership) -> None:
        self._membership = membership
        self._ended = threading.Event()
        self.unfit: CannotDecode | None = None
        """Set where something is stored by now that this release cannot read."""
        self._thread: threading.Thread | None = None

    def begin(self, namespaces: Namespaces) -> None:
        """Put the kinds on record, register, and see that the namespace ``default`` is there.

        Raises `CannotDecode` where objects are stored that this release cannot read.
        """
        self._membership.ensure()
        self._membership.join()
        namespaces.create_default()
        self._thread = threading.Thread(target=self._beat, name="kconv-client", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Unregister. A database that is away is logged."""
        self._ended.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
        try:
            self._membership.leave()
        except KconvError as error:
            _log.warning("at the end of a client: %s", error)

    def _beat(self) -> None:
        while not self._ended.wait(BEAT_SECONDS):
            try:
                self._membership.beat()
            except CannotDecode as error:
                self.unfit = error
                return
            except KconvError as error:
                _log.warning("heartbeat: %s", error)
