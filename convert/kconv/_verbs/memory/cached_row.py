"""`CachedRow`: one state of one object, and what has been made of it so far."""

from __future__ import annotations

from kconv._scheme import Spoke
from kconv._store import Key, Stored
from kconv._verbs.encoded import Encoded
from kconv._verbs.selectors import Subject


class CachedRow:
    """A row as it was read, with the bytes that clients of each version got of it.

    A row never changes: another state of the object is another row. So what was made of it holds
    as long as it does. ``size`` is what it takes in memory, in bytes.
    """

    __slots__ = ("encoded", "size", "stored", "subject")

    def __init__(self, stored: Stored) -> None:
        self.stored = stored
        self.encoded: dict[Spoke, Encoded] = {}
        self.subject: Subject | None = None
        self.size = 0

    @property
    def key(self) -> Key:
        """Where it is stored."""
        return self.stored.key

    @property
    def place(self) -> tuple[str, str]:
        """Its namespace and name, by which lists are ordered."""
        return self.stored.key.namespace, self.stored.key.name

    def same_state(self, stored: Stored) -> bool:
        """Whether a row that was read later is the same, byte for byte."""
        own = self.stored
        return (
            own.resource_version == stored.resource_version
            and own.api_version == stored.api_version
            and own.data == stored.data
            and own.uid == stored.uid
        )
