"""`Answer`: what a verb answers with."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

import msgspec

from kconv._scheme import Spoke
from kconv._verbs.encoded import Encoded


class Answer(msgspec.Struct, frozen=True):
    """What a verb answers with.

    ``encoded`` is an object of ``spoke``. Otherwise ``document`` is the answer: a Status, or with
    ``items`` the frame (kind, apiVersion, metadata) of a list of such objects; where those are too
    many to be put together at once, ``batches`` yields them instead. A ``raw`` document is an
    object as it is stored, and may be anything but for its metadata. ``code`` is the status code.
    """

    document: dict[str, Any] = msgspec.field(default_factory=dict)
    code: int = 200
    spoke: Spoke | None = None
    encoded: Encoded | None = None
    items: Sequence[Encoded] | None = None
    batches: AsyncIterator[Sequence[Encoded]] | None = None
    warnings: tuple[str, ...] = ()
    raw: bool = False
