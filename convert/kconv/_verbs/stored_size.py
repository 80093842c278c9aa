"""How many bytes an object may be stored in."""

from __future__ import annotations

from kconv._codec import LIMIT
from kconv._errors import TooLarge
from kconv._pipeline import Decoded, HubObject
from kconv._pipeline.view import metadata_of, with_metadata
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


def marked_as_stored(hub: HubObject, old: Current) -> Decoded | None:
    """An object that goes, in the version that it is stored in, if no more than metadata change.

    It may be too large in the version to store it in now: it goes all the same.
    """
    meta, before = metadata_of(hub.native), old.decoded
    if before is None or old.fault is not None:
        return None
    if with_metadata(hub.native, old.meta) != old.hub.native:
        return None
    return Decoded(before.spoke, with_metadata(before.native, meta))


def check_stored_size(data: bytes, most: int | None) -> None:
    """Raise `TooLarge` for more bytes than ``most``."""
    if most is not None and len(data) > most:
        raise TooLarge(
            f"the object would have {len(data)} bytes, and may have {most}; its "
            "managedFields count: managedFields: [{}] in its metadata clears them"
        )
