"""A small kind for tests of places: notes, as documents in two versions."""

from __future__ import annotations

from typing import Final

import msgspec

from kconv._document import Document, DocumentHub
from kconv._scheme import Scheme
from kconv.edges import Edge, Rename
from kconv.fields import Boolean, Int64, String

GROUP: Final = "notes.kconv.test"
OLD: Final = f"{GROUP}/v1"
NEW: Final = f"{GROUP}/v2"


class NoteV1(Document):
    """A note as it was."""

    class Meta:
        group = GROUP
        version = "v1"
        kind = "Note"

    title = String(required=True)
    body = String()
    pages = Int64()
    archived = Boolean(load_default=False)


class NoteV2(Document):
    """A note as it is."""

    class Meta:
        group = GROUP
        version = "v2"
        kind = "Note"

    title = String(required=True)
    text = String()
    pages = Int64()
    archived = Boolean(load_default=False)


class Note(DocumentHub):
    """What both versions are converted to and from."""

    class Meta:
        group = GROUP

    title = String(required=True)
    text = String()
    pages = Int64()
    archived = Boolean(load_default=False)


def notes_scheme() -> Scheme:
    """A frozen scheme with the kind."""
    scheme = Scheme()
    scheme.add(Note, Edge(NoteV1, Rename("body", "text")), Edge(NoteV2), storage=NEW)
    return scheme.freeze()


def note(name: str, version: str, *, changed: bool = False) -> bytes:
    """A note called ``name`` as it is stored in a version."""
    text = "body" if version == OLD else "text"
    document = {"title": name, text: f"about {name}", "pages": 3, "archived": changed}
    return msgspec.json.encode(document)
