"""`Call`: what a verb is asked for, and what it works on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import msgspec

from kconv._scheme import HubKind, Spoke
from kconv._verbs.current import Current
from kconv._verbs.encoded import Encoded
from kconv._verbs.memory import CachedRow
from kconv._verbs.namespaces import Namespaces
from kconv._verbs.objects import Objects
from kconv._verbs.target import Target

T = TypeVar("T")


class Call(msgspec.Struct, frozen=True):
    """One call of a verb: what it is for, where the objects are, and what is to be said of it."""

    target: Target
    objects: Objects
    namespaces: Namespaces
    warnings: list[str] = msgspec.field(default_factory=list)
    """What is to be said of the body, whatever the answer is."""

    @property
    def kind(self) -> HubKind:
        """The kind of the resource, whatever its version."""
        return self.target.spoke.kind

    @property
    def spoke(self) -> Spoke:
        """The version that the client speaks."""
        return self.target.spoke

    @property
    def wants_metadata(self) -> bool:
        """Whether the metadata that objects have in the hub will be asked for."""
        return False

    def encoded(self, row: CachedRow, current: Current | None = None) -> Encoded:
        """A row as the client sees it; see `Objects.encoded`."""
        return self.objects.encoded(self.spoke, row, current, own_metadata=self.wants_metadata)

    async def work(self, work: Callable[[], T], size: int = 0) -> T:
        """Run what takes time in proportion to the body, or to an object of that ``size``."""
        return work()
