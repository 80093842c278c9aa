"""What a watch sends: each event as a line of JSON or a frame of protobuf, in its view."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from kconv._codec import json as json_codec
from kconv._errors import Expired, KconvError
from kconv._serve.negotiation import Accepted
from kconv._serve.options import list_options
from kconv._serve.protobuf import encode_object, watch_frame
from kconv._serve.resource_request import ResourceRequest
from kconv._serve.status import refusal_of
from kconv._serve.tables import check_include, table_of
from kconv._serve.verbs import selector
from kconv._serve.views import metadata_only
from kconv._verbs.current import Current
from kconv._verbs.memory import CachedRow
from kconv._verbs.refusal import Refusal, expired
from kconv._verbs.selectors import Selector
from kconv._verbs.undecodable import Undecodable
from kconv._verbs.watch import Broadcaster, Events, Watch
from kconv._verbs.watch.live_change import LiveChange

_log = logging.getLogger(__name__)

INITIAL_EVENTS_END = "k8s.io/initial-events-end"


class Lines(Events[bytes]):
    """Events as lines of JSON, or as frames of protobuf."""

    def __init__(self, request: ResourceRequest, selector: Selector) -> None:
        super().__init__(request, selector)
        self._accepted = request.accepted
        self._include = request.query.get("includeObject", "")
        self._with_columns = True

    @property
    def has_all(self) -> bool:
        return self._selector.everything and not self._accepted.view

    def of_all(self, change: LiveChange) -> bytes | None:
        """It is made once for all watches."""
        form = (self._call.spoke, self._accepted.format)
        if form not in change.lines:
            change.lines[form] = self.of_state(change.type, change.row, None)
        return change.lines[form]

    def bookmark(self, resource_version: int, *, initial_end: bool = False) -> bytes:
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

    def joined(self, events: Sequence[bytes]) -> bytes:
        return b"".join(events)

    def of_state(self, kind: str, row: CachedRow, current: Current | None) -> bytes | None:
        try:
            encoded = self._call.encoded(row, current)
        except Undecodable:
            if self._call.objects.leaves_out_unreadable:
                return None
            raise
        if not self._accepted.view and self._accepted.format == "json":
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
                include=self._include,
                rows=kind != "BOOKMARK",
                with_columns=self._with_columns,
            )
            self._with_columns = False
            return _encode(kind, table, self._accepted)
        if view:
            document = metadata_only(metadata, self._accepted.view_version)
        return _encode(kind, document, self._accepted)


def open_watch(request: ResourceRequest, broadcaster: Broadcaster) -> Watch[bytes]:
    """Check the parameters of a watch and prepare it.

    Raises `kconv._verbs.refusal.Refusal` for parameters that make no sense.
    """
    options = list_options(request.query)
    if request.accepted.view == "Table":
        check_include(request.query.get("includeObject", ""))
    if broadcaster.closed:
        raise Refusal("ServiceUnavailable", "the server is shutting down")
    return Watch(request, broadcaster, options, Lines(request, selector(request)))


def error_line(error: Exception, accepted: Accepted) -> bytes:
    """An ERROR event, after which the stream ends; a defect is logged."""
    if isinstance(error, Expired):
        refusal = expired(error.message)
    elif isinstance(error, Undecodable):
        refusal = Refusal("InternalError", error.message, details=error.details)
    elif isinstance(error, KconvError):
        refusal = refusal_of(error)
    else:
        _log.error("a watch failed", exc_info=error)
        refusal = Refusal("InternalError", "Internal error occurred")
    return _encode("ERROR", refusal.document(), accepted)


def _encode(kind: str, document: dict[str, Any], accepted: Accepted) -> bytes:
    if accepted.format == "protobuf":
        return watch_frame(kind, encode_object(document))
    return json_codec.encode({"type": kind, "object": document}).rstrip(b"\n") + b"\n"
