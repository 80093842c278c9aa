"""Watch events as clients see them."""

from __future__ import annotations

from typing import Any

from kconv._codec import json as json_codec
from kconv._serve.negotiation import Accepted
from kconv._serve.resource_request import Call
from kconv._serve.tables import table_of
from kconv._serve.views import metadata_only
from kconv._serve.watch.live_change import LiveChange
from kconv._verbs.memory import CachedRow
from kconv._verbs.objects import Current
from kconv._verbs.refusal import Refusal
from kconv._verbs.selectors import Selector
from kconv._verbs.undecodable import Undecodable

INITIAL_EVENTS_END = "k8s.io/initial-events-end"


class Events:
    """Turns rows and changes into the lines of one watch."""

    def __init__(self, call: Call, selector: Selector) -> None:
        self._call = call
        self._selector = selector
        self._accepted: Accepted = call.accepted
        self._with_columns = True

    def of_row(self, row: CachedRow) -> bytes | None:
        """The ADDED event of an object that is there; None when it is not selected or readable."""
        current = None
        if not self._selector.everything:
            subject, current = self._call.objects.subject(self._call.kind, row)
            if not self._selector.matches(subject):
                return None
        return self.of_state("ADDED", row, current)

    @property
    def has_all(self) -> bool:
        """Whether the watch gets every change as it is, so that `of_all` makes its events."""
        return self._selector.everything and not self._accepted.view

    def of_all(self, change: LiveChange) -> bytes | None:
        """The event of a change for a watch that `has_all`; None when nobody can read the object.

        It is made once for all of them.
        """
        spoke = self._call.spoke
        if spoke not in change.lines:
            change.lines[spoke] = self.of_state(change.type, change.row, None)
        return change.lines[spoke]

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

    def bookmark(self, resource_version: int, *, initial_end: bool = False) -> bytes:
        """A BOOKMARK: the client has seen everything up to ``resource_version``."""
        spoke = self._call.spoke
        metadata: dict[str, Any] = {"resourceVersion": str(resource_version)}
        if initial_end:
            metadata["annotations"] = {INITIAL_EVENTS_END: "true"}
        document = {
            "kind": spoke.options.kind,
            "apiVersion": spoke.api_version,
            "metadata": metadata,
        }
        return self._line("BOOKMARK", document, metadata)

    @staticmethod
    def error(refusal: Refusal) -> bytes:
        """An ERROR event, after which the stream ends."""
        return _encode("ERROR", refusal.document())

    def of_state(self, kind: str, row: CachedRow, current: Current | None) -> bytes | None:
        """The event of an object; None for one that cannot be read, which has been logged."""
        try:
            encoded = self._call.encoded(row, current)
        except Undecodable:
            return None
        if not self._accepted.view:
            return b'{"type":"' + kind.encode() + b'","object":' + encoded.data + b"}\n"
        document = encoded.document
        return self._line(kind, document, encoded.metadata(document))

    def _line(self, kind: str, document: dict[str, Any], metadata: dict[str, Any]) -> bytes:
        view = self._accepted.view
        if view == "Table":
            table = table_of(
                self._call.spoke,
                [(document, metadata)],
                {"resourceVersion": document["metadata"]["resourceVersion"]},
                self._accepted.view_version,
                include=self._call.query.get("includeObject", ""),
                rows=kind != "BOOKMARK",
                with_columns=self._with_columns,
            )
            self._with_columns = False
            return _encode(kind, table)
        if view:
            return _encode(kind, metadata_only(metadata, self._accepted.view_version))
        return _encode(kind, document)


def _event_type(was_selected: bool, is_selected: bool) -> str:
    if is_selected:
        return "MODIFIED" if was_selected else "ADDED"
    return "DELETED" if was_selected else ""


def _encode(kind: str, document: dict[str, Any]) -> bytes:
    return json_codec.encode({"type": kind, "object": document}).rstrip(b"\n") + b"\n"
