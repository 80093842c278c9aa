"""A certificate in files that others replace, served without a restart."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from pathlib import Path

LOOK_SECONDS = 10.0
"""How often certificate files are looked at; a mounted Secret changes within a minute."""

_log = logging.getLogger(__name__)


class CertificateFiles:
    """A certificate and its key in files that others replace: cert-manager, or a mounted Secret."""

    def __init__(self, certificate: Path, key: Path) -> None:
        self._files = certificate, key
        self._seen = self._state()

    def _state(self) -> tuple[tuple[int, int, int], ...]:
        return tuple(
            (found.st_mtime_ns, found.st_ino, found.st_size)
            for found in (file.stat() for file in self._files)
        )

    def reload(self, context: ssl.SSLContext) -> bool:
        """Use the files as they are now for new connections; False where nothing has changed.

        Files that do not fit together yet are looked at again the next time.
        """
        with contextlib.suppress(OSError):
            state = self._state()
            if state == self._seen:
                return False
            certificate, key = self._files
            try:
                # A context of its own first: one that took half of a pair could serve neither.
                ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
                context.load_cert_chain(certificate, key)
            except (ssl.SSLError, OSError) as error:
                _log.warning("%s cannot be used, the one before is: %s", certificate, error)
                return False
            self._seen = state
            _log.info("read the certificate %s again", certificate)
            return True
        return False

    async def follow(self, context: ssl.SSLContext) -> None:
        """Look at the files again and again."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self.reload(context)
