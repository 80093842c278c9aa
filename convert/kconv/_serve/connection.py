"""The connection that a request came on, for answers that are more than a status and a body."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from starlette.types import Scope, Send

RawHeaders = Sequence[tuple[bytes, bytes]]
"""Headers as ASGI has them: names in lower case, and values."""

CONNECTION = "kconv.connection"
"""Key of an ASGI scope: the connection that its request came on, where the server has it."""

CLOSES = (b"connection", b"close")
"""The header of an answer after which the connection is closed."""


class Connection(Protocol):
    """The connection of a client."""

    def has_whole_body(self, scope: Scope) -> bool:
        """Whether nothing of the body of a request that came on it is still to come."""
        ...

    def answer(
        self, scope: Scope, send: Send, status: int, headers: RawHeaders, body: bytes
    ) -> bool:
        """Send a whole answer at once, its length among its headers; False where that cannot be."""
        ...

    def take_over(self, received: Callable[[bytes], None]) -> None:
        """Have what comes from now on, which is no HTTP."""
        ...

    async def write_raw(self, data: bytes) -> None:
        """Send bytes as they are; waits while too many are unsent."""
        ...

    def pause(self, paused: bool) -> None:
        """Read no more for now, or go on."""
        ...

    def end(self) -> None:
        """Close the connection once all is sent."""
        ...

    def break_off(self) -> None:
        """Close the connection in the middle of an answer."""
        ...
