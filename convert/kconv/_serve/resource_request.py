"""`ResourceRequest`: one request to a resource, as the verbs take it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import msgspec

from kconv._serve.negotiation import Accepted
from kconv._serve.options import Query, is_true
from kconv._verbs.call import Call
from kconv._verbs.loop_work import compute

T = TypeVar("T")

LARGE_BODY = 64 * 1024
"""Bytes of a body over which it is decoded in a thread, so that other requests need not wait."""

LARGE_PROTOBUF = 4 * 1024
"""The same for protobuf, which is not read in C: a message may be two bytes."""


class ResourceRequest(Call, frozen=True):
    """A request that has been read in full, for the verbs to answer on the event loop."""

    query: Query = msgspec.field(default_factory=Query)
    body: bytes = b""
    content_type: str = ""
    user_agent: str = ""
    accepted: Accepted = msgspec.field(default_factory=Accepted)

    @property
    def wants_metadata(self) -> bool:
        """Whether the answer is a view of objects, which shows the metadata of the hub."""
        return bool(self.accepted.view)

    @property
    def is_plain(self) -> bool:
        """Whether the answer is written as the objects are kept: in JSON, as they are."""
        accepted = self.accepted
        return not (accepted.view or accepted.format != "json" or is_true(self.query, "pretty"))

    async def work(self, work: Callable[[], T], size: int = 0) -> T:
        """Run what takes time in proportion to the body, in a thread where that may be long.

        Or to an object of that ``size``, in bytes. A small body of YAML may expand to a large one.
        """
        content_type = self.content_type.lower()
        large = LARGE_PROTOBUF if "protobuf" in content_type else LARGE_BODY
        if size > LARGE_BODY or len(self.body) > large or (self.body and "yaml" in content_type):
            return await compute(work)
        return work()
