"""Rows that a run could not rewrite: the list, and one with the failing fields in place."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from kconv._errors import NotFound
from kconv._ui.aligned import alone, mark_findings
from kconv._ui.objects import (
    HIDDEN,
    UNREADABLE,
    is_secret,
    key_parameter,
    parse_key,
    raw_document,
)
from kconv._ui.state import Ask, Page, State
from kconv.place import OBJECTS, Quarantined, Where, key_text

SHOWN: Final = 200
"""Rows that are listed."""


def quarantine_page(state: State, ask: Ask) -> Page:
    """The rows in quarantine."""
    found = state.place.quarantined()
    values = {
        "rows": [_named(each) for each in found[:SHOWN]],
        "total": len(found),
        "objects": OBJECTS,
    }
    return Page("quarantine.html", "Quarantine", values)


def _named(entry: Quarantined) -> tuple[Quarantined, str, str]:
    return _shown(entry), key_text(entry.key), key_parameter(entry.key)


def _shown(entry: Quarantined) -> Quarantined:
    """An entry whose messages quote no value that is hidden."""
    if not is_secret(entry.collection):
        return entry
    findings = tuple((path, reason, HIDDEN) for path, reason, _ in entry.findings)
    return replace(entry, message=UNREADABLE, findings=findings)


def quarantined_page(state: State, ask: Ask) -> Page:
    """One row as it is stored, with what is wrong where it is."""
    name, section = ask.query.get("resource", ""), ask.query.get("in", OBJECTS)
    key = parse_key(ask.query.get("key", ""))
    found = [
        each
        for each in state.place.quarantined(name)
        if each.section == section and tuple(each.key) == key
    ]
    if not found:
        raise NotFound(f"{name} {key_text(key)} is not in quarantine any more")
    entry = _shown(found[0])
    row = state.place.row(Where(entry.collection, entry.section), entry.key)
    hide = is_secret(entry.collection)
    document = None if row is None else raw_document(row.data, hide=hide)
    lines = [] if row is None else alone(document)
    rest = mark_findings(lines, [(path, message) for path, _, message in entry.findings])
    values = {
        "entry": entry,
        "name": key_text(entry.key),
        "row": row,
        "lines": lines,
        "rest": rest,
        "key": key_parameter(entry.key),
        "objects": OBJECTS,
    }
    return Page("quarantined.html", f"{entry.collection} {key_text(entry.key)}", values)
