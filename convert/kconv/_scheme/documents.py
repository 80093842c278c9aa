"""What `Scheme.freeze` refuses about kinds of documents."""

from __future__ import annotations

from collections.abc import Iterator

from kconv._document import DocumentOptions, holds_kept_values
from kconv._scheme.spoke import HubKind
from kconv.edges import Preserve, Rule, Wrap
from kconv.edges._preserve import PRESERVED

_SAID_BY_THE_HUB = ("null", "unknown_fields", "kept")
_WORDS = {"unknown_fields": "unknown"}


def document_problems(kind: HubKind) -> Iterator[str]:
    """What is wrong with how a kind of documents is declared; nothing for other kinds."""
    hub = kind.document
    for spoke in kind.spokes:
        if spoke.envelope == (hub is not None):
            is_, needs = ("Resource", "Hub") if spoke.envelope else ("Document", "DocumentHub")
            yield (
                f"{spoke.gvk}: is a {is_}, and its hub is none for it; a {is_} has a {needs}, for "
                "all of its versions"
            )
    if hub is None:
        return
    yield from (f"hub {kind.group_kind}: {problem}" for problem in hub.problems())
    for spoke in kind.spokes:
        options = spoke.options
        if not isinstance(options, DocumentOptions):
            continue
        for name in _SAID_BY_THE_HUB:
            said, of_hub = getattr(options, name), getattr(hub, name)
            if said and said != of_hub:
                word = _WORDS.get(name, name)
                yield (
                    f"{spoke.gvk}: its Meta says {word} = {said!r}, and its hub "
                    f"{repr(of_hub) if of_hub else 'nothing'}; the hub says it for all versions"
                )
    yield from _kept_field_problems(kind, hub.kept)


def _kept_field_problems(kind: HubKind, kept: str) -> Iterator[str]:
    for schema in (kind.hub, *(spoke.schema for spoke in kind.spokes)):
        field = schema.instance().wire_fields().get(kept) if kept else None
        if field is not None and not holds_kept_values(field):
            yield (
                f"{schema.__qualname__}: {kept} is to keep what rules keep, and is no object of "
                "any fields; declare it as FreeForm(object_only=True), or leave it out"
            )


def kept_problems(rule: Rule, document: DocumentOptions | None) -> Iterator[str]:
    """What keeps a rule of a document from keeping values."""
    if document is None or not isinstance(rule, Preserve | Wrap):
        return
    if rule.annotation != PRESERVED:
        yield f"{rule}: documents have no annotations; leave annotation= out"
    if not document.kept:
        way = 'hub_of(…, kept="_kept"), or kept in the Meta of the hub'
        yield f"{rule}: say which field keeps it: {way}"
