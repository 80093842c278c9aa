"""The namespace controller: deletes the contents of terminating namespaces in the background."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from kconv._errors import KconvError
from kconv._serve.background import Background
from kconv._structural import Unconverted
from kconv._verbs.namespaces import Namespaces

RESCAN_SECONDS = 30.0
"""How often to look for terminating namespaces that another server began to remove."""

_log = logging.getLogger(__name__)


class NamespaceController(Background):
    """Works on a namespace when it is deleted, and when something held in it goes.

    ``deleted`` is called after each round, so that watches learn of it at once; ``purge`` is how a
    namespace is emptied, if not on the event loop. What is
    not done when it stops is taken up by the next start.
    """

    name = "kconv-namespace-controller"

    def __init__(
        self,
        namespaces: Namespaces,
        deleted: Callable[[], None],
        purge: Callable[[str], Awaitable[bool]] | None = None,
    ) -> None:
        super().__init__()
        self._namespaces = namespaces
        self._deleted = deleted
        self._purge = purge or namespaces.purge
        self._wake = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin, in this event loop, with what is terminating already."""
        if self._namespaces.kind is not None:
            self._loop = loop
            super().start(loop)

    def notice(self, namespace: str) -> None:
        """Something in a namespace was deleted, or itself; may be called from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake.set)

    async def _work_on(self, name: str) -> None:
        """Empty one of them; what its objects wait for must not hold up the others."""
        try:
            await self._purge(name)
        except Unconverted as error:
            _log.warning("the namespace %s cannot be emptied yet: %s", name, error)
        finally:
            self._deleted()

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            try:
                for name in await self._namespaces.terminating():
                    await self._work_on(name)
            except KconvError as error:
                _log.warning("terminating namespaces cannot be removed: %s", error)
                await asyncio.sleep(1)
            try:
                async with asyncio.timeout(RESCAN_SECONDS):
                    await self._wake.wait()
            except TimeoutError:
                continue
