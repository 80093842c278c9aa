"""Which events a watch has of the objects that are there, and of changes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Generic, TypeVar

from kconv._verbs.call import Call
from kconv._verbs.current import Current
from kconv._verbs.memory import CachedRow
from kconv._verbs.selectors import Selector
from kconv._verbs.watch.live_change import LiveChange

E = TypeVar("E")


class Events(ABC, Generic[E]):
    """Turns rows and changes into the events of one watch, in the form of its client.

    An ``E`` is some events together, which is false where there are none.
    """

    def __init__(self, call: Call, selector: Selector) -> None:
        self._call = call
        self._selector = selector

    @abstractmethod
    def of_state(self, kind: str, row: CachedRow, current: Current | None) -> E | None:
        """The event of an object; None for one that cannot be read, where the watch may go on.

        Else raises `kconv._verbs.undecodable.Undecodable`. In either case it has been logged.
        """

    @abstractmethod
    def bookmark(self, resource_version: int, *, initial_end: bool = False) -> E:
        """A BOOKMARK: the client has seen everything up to ``resource_version``."""

    @abstractmethod
    def joined(self, events: Sequence[E]) -> E:
        """Several together."""

    @property
    def has_all(self) -> bool:
        """Whether the watch gets every change as it is, so that `of_all` makes its events."""
        return self._selector.everything

    def of_all(self, change: LiveChange) -> E | None:
        """The event of a change for a watch that `has_all`; None when the object is unreadable."""
        return self.of_state(change.type, change.row, None)

    def of_row(self, row: CachedRow) -> E | None:
        """The ADDED event of an object that is there; None when it is not selected or readable."""
        current = None
        if not self._selector.everything:
            subject, current = self._call.objects.subject(self._call.kind, row)
            if not self._selector.matches(subject):
                return None
        return self.of_state("ADDED", row, current)

    def kind_of(self, change: LiveChange) -> tuple[str, Current | None]:
        """The type of a change's event, empty when the selector never saw the object.

        An object that starts to match a selector is ADDED, one that ceases to is DELETED. Beside
        it, the object after the change where it had to be decoded for that.
        """
        kind: str = change.type
        if self._selector.everything:
            return kind, None
        subject, current = self._call.objects.subject(self._call.kind, change.row)
        is_selected = self._selector.matches(subject)
        if kind == "ADDED":
            return kind if is_selected else "", current
        was = change.was
        was_selected = was is not None and self._selector.matches(was)
        return _event_type(was_selected, is_selected and kind != "DELETED"), current


def _event_type(was_selected: bool, is_selected: bool) -> str:
    if is_selected:
        return "MODIFIED" if was_selected else "ADDED"
    return "DELETED" if was_selected else ""
