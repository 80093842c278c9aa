"""One request to a resource, and the answer to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from kconv._scheme import HubKind, Spoke
from kconv._serve.negotiation import Accepted
from kconv._serve.options import Query, is_true
from kconv._verbs.encoded import Encoded
from kconv._verbs.loop_work import compute
from kconv._verbs.memory import CachedRow
from kconv._verbs.objects import Current, Objects
from kconv._verbs.target import Target

if TYPE_CHECKING:
    from kconv._verbs.namespaces import Namespaces

T = TypeVar("T")

LARGE_BODY = 64 * 1024
"""Bytes of a body over which it is decoded in a thread, so that other requests need not wait."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request that has been read in full, for the verbs to answer on the event loop."""

    target: Target
    query: Query
    objects: Objects
    namespaces: Namespaces
    body: bytes = b""
    content_type: str = ""
    accepted: Accepted = field(default_factory=Accepted)
    warnings: list[str] = field(default_factory=list)
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
    def is_plain(self) -> bool:
        """Whether the answer is written as the objects are kept: in JSON, as they are."""
        accepted = self.accepted
        return not (accepted.view or accepted.format == "yaml" or is_true(self.query, "pretty"))

    @property
    def _is_yaml(self) -> bool:
        return "yaml" in self.content_type

    def encoded(self, row: CachedRow, current: Current | None = None) -> Encoded:
        """A row as the client sees it; see `Objects.encoded`."""
        wants_metadata = bool(self.accepted.view)
        return self.objects.encoded(self.spoke, row, current, own_metadata=wants_metadata)

    async def work(self, work: Callable[[], T]) -> T:
        """Run what takes time in proportion to the body, in a thread where that may be long.

        A small body of YAML may expand to a large one.
        """
        if len(self.body) > LARGE_BODY or (self.body and self._is_yaml):
            return await compute(work)
        return work()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a verb answers with.

    ``encoded`` is an object of ``spoke``. Otherwise ``document`` is the answer: a Status, or with
    ``items`` the frame (kind, apiVersion, metadata) of a list of such objects; where those are too
    many to be put together at once, ``batches`` yields them instead. A ``raw`` document is an
    object as it is stored, and may be anything but for its metadata.
    """

    document: dict[str, Any] = field(default_factory=dict)
    code: int = 200
    spoke: Spoke | None = None
    encoded: Encoded | None = None
    items: Sequence[Encoded] | None = None
    batches: AsyncIterator[Sequence[Encoded]] | None = None
    warnings: tuple[str, ...] = ()
    headers: dict[str, str] = field(default_factory=dict)
    raw: bool = False
