"""Where the changes of a watch come from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from kconv._gvk import GroupResource
from kconv._verbs.watch.live_change import LiveChange


class Changes(Protocol):
    """The changes of one resource from ``position`` on, for one watch."""

    @property
    def position(self) -> int:
        """Up to where the watch has to read the log by itself."""
        ...

    @property
    def ended(self) -> bool:
        """Whether there will be no more."""
        ...

    @property
    def expired(self) -> bool:
        """Whether it ended because changes are missing, so that its client must list again."""
        ...

    async def take(self, seconds: float) -> Sequence[LiveChange]:
        """What has arrived; waits up to ``seconds`` for the first change."""
        ...

    def end(self) -> None:
        """Let the watch finish."""
        ...


S = TypeVar("S", bound=Changes)


class Source(Protocol[S]):
    """Who has changes for watches; ``page`` is how many are read at a time for one that begins."""

    page: int

    async def subscribe(self, resource: GroupResource, namespace: str) -> S:
        """Begin to collect changes; those up to its ``position`` are for the watch to read.

        Raises `kconv._errors.StoreError`.
        """
        ...

    def unsubscribe(self, changes: S) -> None:
        """Forget a watch."""
        ...
