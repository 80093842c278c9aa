"""One request to a resource, and the answer to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kconv._scheme import HubKind, Spoke
from kconv._serve.encoded import Encoded
from kconv._serve.negotiation import Accepted
from kconv._serve.objects import Current, Objects
from kconv._serve.options import Query
from kconv._serve.request_path import Target
from kconv._store import Stored

if TYPE_CHECKING:
    from kconv._serve.namespaces import Namespaces


@dataclass(frozen=True, slots=True)
class Call:
    """A request that has been read in full, for the verbs to answer in a thread."""

    target: Target
    query: Query
    objects: Objects
    namespaces: Namespaces
    body: bytes = b""
    content_type: str = ""
    accepted: Accepted = field(default_factory=Accepted)

    @property
    def kind(self) -> HubKind:
        """The kind of the resource, whatever its version."""
        return self.target.spoke.kind

    @property
    def spoke(self) -> Spoke:
        """The version that the client speaks."""
        return self.target.spoke

    def encoded(self, stored: Stored, current: Current | None = None) -> Encoded:
        """A row as the client sees it; see `Objects.encoded`."""
        wants_metadata = bool(self.accepted.view)
        return self.objects.encoded(self.spoke, stored, current, own_metadata=wants_metadata)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a verb answers with.

    ``encoded`` is an object of ``spoke``. Otherwise ``document`` is the answer: a Status, or with
    ``items`` the frame (kind, apiVersion, metadata) of a list of such objects. A ``raw`` document
    is an object as it is stored, and may be anything but for its metadata.
    """

    document: dict[str, Any] = field(default_factory=dict)
    code: int = 200
    spoke: Spoke | None = None
    encoded: Encoded | None = None
    items: Sequence[Encoded] | None = None
    warnings: tuple[str, ...] = ()
    headers: dict[str, str] = field(default_factory=dict)
    raw: bool = False
