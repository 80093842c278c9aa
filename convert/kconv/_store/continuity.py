"""Following the change log, and noticing when the database goes back to an earlier state.

A backup is restored, a file is copied back, a replica that lagged takes over: then the counter
gives out resourceVersions again, and a client that goes on
from one of them misses what has another now.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from kconv._errors import CounterReset, Expired
from kconv._store.records import Change, Look


class ChangesRead(NamedTuple):
    """Changes of the log from some resourceVersion on, as of ``look``."""

    changes: Sequence[Change]
    look: Look


@dataclass(frozen=True, slots=True)
class Position:
    """Up to where somebody has followed the log: all changes up to ``value`` have been seen.

    ``look`` is where the store was then, ``last`` the change at ``value``, None if not known.
    """

    value: int
    look: Look
    last: Change | None

    def check(self, look: Look, at: Change | None) -> None:
        """Whether the log goes on from here.

        ``look`` is where the store is now, ``at`` the change that has this position's
        resourceVersion, None where there is none. Raises `CounterReset`, or `Expired` where the log
        was compacted past this position.
        """
        if look.epoch != self.look.epoch or look.value < self.value:
            raise CounterReset(
                "the database went back to an earlier state, or was restored: what was read up to "
                f"resource version {self.value} may not hold any more"
            )
        if self.last is not None and not self._still_there(look, at, self.last):
            raise CounterReset(
                f"the database was replaced: resource version {self.value} is another change now"
            )
        if look.compacted > self.value:
            raise Expired(f"too old resource version: {self.value} ({look.compacted})")

    def follow(self, read: ChangesRead, limit: int) -> Followed:
        """The first ``limit`` changes after this position, and the position after them.

        ``read`` are the changes from this position on, its own among them, up to ``limit + 2``.
        Raises as `check`.
        """
        found, look = list(read.changes), read.look
        at = None
        if found and found[0].stored.resource_version == self.value:
            at = found.pop(0)
        self.check(look, at)
        if not found and look == self.look:
            return Followed(found, self, complete=True)
        complete = len(found) <= limit
        found = found[:limit]
        last = found[-1] if found else at
        value = last.stored.resource_version if last else self.value
        return Followed(found, Position(value, look, last), complete)

    def _still_there(self, look: Look, at: Change | None, last: Change) -> bool:
        if at is None:
            return look.compacted >= self.value
        was, now = last.stored, at.stored
        if (last.type, was.key, was.uid) != (at.type, now.key, now.uid):
            return False
        # A migration rewrites the log.
        same = (was.api_version, was.data, last.before) == (now.api_version, now.data, at.before)
        return same or look.rewrites != self.look.rewrites


@dataclass(frozen=True, slots=True)
class Followed:
    """The next changes, and the position after them; ``complete`` if there were no more."""

    changes: Sequence[Change]
    position: Position
    complete: bool


def begin(read: ChangesRead) -> Position:
    """The position of a reader that has seen everything; ``read`` is from the newest change on."""
    last = read.changes[0] if read.changes else None
    return Position(last.stored.resource_version if last else read.look.value, read.look, last)
