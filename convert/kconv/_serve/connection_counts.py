"""How many connections each of several processes has, in memory that they share."""

from __future__ import annotations

import mmap
from typing import Final

_ABSENT: Final = -1
_BYTES: Final = 4


class ConnectionCounts:
    """The counts of all processes, made before they are forked.

    Nobody waits for anybody: a count is read as it is at that moment, and a wrong guess does no
    harm.
    """

    def __init__(self, processes: int) -> None:
        self._counts = memoryview(mmap.mmap(-1, _BYTES * processes)).cast("i")
        for number in range(processes):
            self.leave(number)

    def leave(self, number: int) -> None:
        """A process accepts nothing any more."""
        self._counts[number] = _ABSENT

    def put(self, number: int, count: int) -> None:
        """A process has so many connections."""
        self._counts[number] = count

    def has_more(self, number: int) -> bool:
        """Whether a process has more connections than another one that accepts some, too."""
        own = self._counts[number]
        return any(_ABSENT < each < own for each in self._counts)


class OwnCount:
    """The count of one process among those of all."""

    def __init__(self, counts: ConnectionCounts, number: int) -> None:
        self._counts = counts
        self._number = number

    def put(self, count: int) -> None:
        """Say how many connections this process has."""
        self._counts.put(self._number, count)

    def leave(self) -> None:
        """Say that this process accepts nothing any more."""
        self._counts.leave(self._number)

    @property
    def has_more(self) -> bool:
        """Whether this process has more connections than another one."""
        return self._counts.has_more(self._number)
