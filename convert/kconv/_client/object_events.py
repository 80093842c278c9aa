"""What a watch of a client tells: events with the objects themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, cast

from kconv._client.objects import Form
from kconv._client.results import EventType
from kconv._verbs.call import Call
from kconv._verbs.memory import CachedRow
from kconv._verbs.selectors import Selector
from kconv._verbs.undecodable import Undecodable
from kconv._verbs.watch import Events

Told = tuple[EventType | Literal["BOOKMARK"], Any, str]
"""An event: its type, the object, and its resourceVersion."""


class ObjectEvents(Events[list[Told]]):
    """Events with the objects themselves; a bookmark has none."""

    def __init__(self, call: Call, selector: Selector, form: Form) -> None:
        super().__init__(call, selector)
        self._form = form

    def of_state(self, kind: str, row: CachedRow, current: object) -> list[Told] | None:
        try:
            found = self._form.of_row(self._call.objects, row)
        except Undecodable:
            return None
        return [(cast("EventType", kind), found, str(row.stored.resource_version))]

    def bookmark(self, resource_version: int, *, initial_end: bool = False) -> list[Told]:
        return [("BOOKMARK", None, str(resource_version))]

    def joined(self, events: Sequence[list[Told]]) -> list[Told]:
        return [each for some in events for each in some]
