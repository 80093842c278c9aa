"""One request to a resource, and the answer to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kconv._scheme import HubKind, Spoke
from kconv._serve.negotiation import Accepted
from kconv._serve.objects import Objects
from kconv._serve.options import Query
from kconv._serve.request_path import Target

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


@dataclass(frozen=True, slots=True)
class Answer:
    """What a verb answers with.

    ``document`` is an object of ``spoke``, or without one a Status or other document as it is.
    With ``items`` it is a list: ``document`` is then its frame (kind, apiVersion, metadata) and
    ``items`` the objects, each complete. A ``raw`` document is as it is stored, and may be anything
    but for its metadata.
    """

    document: dict[str, Any]
    code: int = 200
    spoke: Spoke | None = None
    items: Sequence[dict[str, Any]] | None = None
    warnings: tuple[str, ...] = ()
    headers: dict[str, str] = field(default_factory=dict)
    raw: bool = False
