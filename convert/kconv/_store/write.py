"""One write, and what can become of it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from kconv._errors import StoreError
from kconv._store.records import ChangeType, Key, Stored


class Write(msgspec.Struct, frozen=True, gc=False):
    """What is to happen to the object under ``key``.

    ``expected`` is the resourceVersion that the object must have (0: there must be none), ``uid``
    is that of a new object. ``data`` is its JSON in ``api_version``; where it is deleted, its last
    state. ``before`` is what the change log is to keep of the state before.

    ``within`` makes the write depend on another object, its namespace for one: the key of that
    object and the resourceVersion that it must have in the same transaction, or the write ends
    with `ConditionFailed`. ``base`` are the bytes that the object must be stored as, for code that
    builds on a state that was read a while ago: a migration, or its undo, changes them without
    another resourceVersion. The write ends with `Conflict` where they are others.
    """

    type: ChangeType
    key: Key
    api_version: str
    data: bytes
    before: bytes | None = None
    uid: str = ""
    expected: int = 0
    within: tuple[Key, int] | None = None
    base: bytes | None = None

    @property
    def size(self) -> int:
        """Roughly the bytes that it sends to the database."""
        return 2 * len(self.data) + len(self.before or b"")

    @property
    def version(self) -> tuple[str, str, str]:
        """The version on record that it depends on."""
        return self.key.group, self.key.resource, self.api_version


Outcome = Stored | StoreError
"""What became of a write: the object as it is stored, or why it was refused."""

Answered = Callable[[list[Outcome | None] | None], None]
"""Called with the outcomes of writes that were sent; with None where nothing was done with them."""

Sent = Callable[[], list[Outcome | None] | None]
"""Waits for the outcomes of writes that were sent, where their loop cannot any more."""
