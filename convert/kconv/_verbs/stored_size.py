"""How many bytes an object may be stored in."""

from __future__ import annotations

from kconv._codec import LIMIT
from kconv._errors import TooLarge
from kconv._pipeline import HubObject
from kconv._pipeline.view import metadata_of
from kconv._verbs.current import Current

STORED_LIMIT = LIMIT - 64 * 1024
"""Bytes that an object may be stored in, defaults and managedFields included.

One that could not be read again would fail every list of its kind.
"""


def most_bytes(hub: HubObject, old: Current | None = None) -> int:
    """The bytes that an object may be stored in.

    One that is to go may have its mark as well, and one that is larger already may stay as it is:
    a migration, or a release without such a limit, made it so.
    """
    if metadata_of(hub.native).get("deletionTimestamp"):
        return LIMIT
    return min(LIMIT, max(STORED_LIMIT, 0 if old is None else len(old.stored.data)))


def check_stored_size(data: bytes, most: int | None) -> None:
    """Raise `TooLarge` for more bytes than ``most``."""
    if most is not None and len(data) > most:
        raise TooLarge(
            f"the object would have {len(data)} bytes, and may have {most}; its "
            "managedFields count: managedFields: [{}] in its metadata clears them"
        )
