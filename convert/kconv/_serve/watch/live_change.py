"""`LiveChange`: a change of the log, with what has been made of it for the watches so far."""

from __future__ import annotations

from kconv._scheme import Spoke
from kconv._serve.memory import CachedRow
from kconv._serve.selectors import Subject
from kconv._store import Change, ChangeType, Stored


class LiveChange:
    """A change that many watches are told of; what each needs is made once for all of them.

    ``lines`` are the events that watches of a version get that select everything. ``last`` is the
    state before it, with the resourceVersion of the change, for watches whose selector the object
    leaves with it; None as long as none has asked, or where it is not known.
    """

    __slots__ = ("_was", "before", "last", "lines", "row", "type")

    def __init__(self, change: Change, row: CachedRow) -> None:
        self.type: ChangeType = change.type
        self.row = row
        self.before = change.before
        self.lines: dict[Spoke, bytes | None] = {}
        self.last: CachedRow | None = None
        self._was: Subject | None = None

    @property
    def stored(self) -> Stored:
        """The object after the change."""
        return self.row.stored

    @property
    def resource_version(self) -> int:
        """Its place in the log."""
        return self.row.stored.resource_version

    @property
    def was(self) -> Subject | None:
        """What selectors look at of the object before the change; None where there was none."""
        if self._was is None and self.before is not None:
            self._was = Subject.decode(self.before)
        return self._was
