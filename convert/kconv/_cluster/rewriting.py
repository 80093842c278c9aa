"""Rewriting one object: a patch that changes nothing, so that the server stores it anew."""

from __future__ import annotations

import msgspec

from kconv._cluster.connection import MERGE_PATCH, Connection, Refused
from kconv._cluster.definition import Definition
from kconv._cluster.kinds import content_of, is_shown_as
from kconv._cluster.listing import ClusterKey, mark_of
from kconv._cluster.walk import see
from kconv._errors import KconvError
from kconv.place import OBJECTS, AsRead, NewData, Quarantined


class Rewritten(msgspec.Struct, frozen=True):
    """What became of an object: ``mark`` is its resourceVersion now, 0 where it was not written.

    ``answer`` is what it is in the storage version then, by what the server said. ``message`` is
    why it was refused; ``error`` what ended the request for good. Without any of them somebody else
    has written or deleted it.
    """

    mark: int = 0
    answer: bytes = b""
    reason: str = ""
    message: str = ""
    error: KconvError | None = None

    def entry(self, run: str, collection: str, row: AsRead) -> Quarantined:
        """The entry of the quarantine of an object that was refused."""
        return Quarantined(
            run=run,
            collection=collection,
            section=OBJECTS,
            key=row.key,
            version=row.version,
            mark=row.mark,
            reason=self.reason,
            message=self.message,
        )


def rewrite(connection: Connection, definition: Definition, item: NewData) -> Rewritten:
    """Have the server write an object as it is, if it is still what was read."""
    row = item.row
    # There is no field in it that could be checked, and to check the others takes the server long.
    path = f"{definition.path(definition.storage, *map(str, row.key))}?fieldValidation=Ignore"
    body = {"metadata": {"resourceVersion": str(row.mark)}}
    try:
        answer = connection.request("PATCH", path, body, content_type=MERGE_PATCH).body
        mark = mark_of(answer)
    except Refused as error:
        if error.status == 409:
            # A write whose answer was lost, and which is made again, meets itself.
            seen = see(connection, definition, ClusterKey(*map(str, row.key)))
            if seen is not None and not seen.problem and is_shown_as(seen.shown, item.data):
                return Rewritten(seen.mark, seen.shown[definition.storage])
        if error.status in (404, 409):
            return Rewritten()
        return Rewritten(reason=error.reason or "InternalError", message=error.message)
    except KconvError as error:
        return Rewritten(error=error)
    return Rewritten(mark, content_of(answer, definition, definition.storage))
