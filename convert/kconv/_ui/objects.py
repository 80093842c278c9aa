"""The objects of a collection, and any of them in two versions next to each other."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from kconv._errors import KconvError, NotFound, UsageError
from kconv._pipeline import Decoded, Lost, converts_to
from kconv._pipeline.object_loss import as_read
from kconv._scheme import Spoke
from kconv._ui.aligned import Line, aligned, alone, mark_lost
from kconv._ui.state import Ask, Page, State
from kconv.place import NO_VERSION, Collection, Key, Row, Where, key_names, key_text

PAGE: Final = 50
"""Objects on a page of a list."""

HIDDEN: Final = "(hidden)"
UNREADABLE: Final = "what is wrong may quote its values, which are hidden"
"""What is said instead of an error about an object whose values are hidden."""

_SECRET_FIELDS: Final = ("data", "stringData")


def key_parameter(key: Key) -> str:
    """A key as a parameter of a query."""
    return json.dumps(list(key))


def parse_key(text: str) -> Key:
    """The key in a parameter of a query. Raises `UsageError`."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list) or not all(_is_scalar(each) for each in found):
        raise UsageError("the key of an object is a JSON list of its parts")
    return tuple(found)


def _is_scalar(part: object) -> bool:
    return part is None or isinstance(part, str | int | float | bool)


def objects_page(state: State, ask: Ask) -> Page:
    """The objects of a collection, some on each page, by key."""
    sample = state.history.look()
    counts = {
        each.name: sum(version.objects for version in each.versions) for each in sample.status
    }
    collections = [each for each in state.place.collections() if each.name in counts]
    name = ask.query.get("resource", "")
    if not name and collections:
        name = max(collections, key=lambda each: counts[each.name]).name
    rows: list[Row] = []
    after = ask.query.get("after", "")
    following = ""
    if name:
        state.collection(name)
        start = parse_key(after) if after else None
        rows = _page(state, name, start, PAGE + 1)
        if len(rows) > PAGE:
            rows = rows[:PAGE]
            following = key_parameter(rows[-1].key)
    values = {
        "collections": collections,
        "counts": counts,
        "name": name,
        "rows": [(row, key_text(row.key), key_parameter(row.key)) for row in rows],
        "after": after,
        "following": following,
    }
    return Page("objects.html", "Objects", values)


def _page(state: State, name: str, after: Key | None, wanted: int) -> list[Row]:
    """So many rows; a page of the place may end earlier, where objects are large."""
    rows: list[Row] = []
    while len(rows) < wanted:
        found = state.place.page(
            Where(name),
            other_than=NO_VERSION,
            after=rows[-1].key if rows else after,
            until=None,
            limit=wanted - len(rows),
        )
        if not found:
            break
        rows += found
    return rows


def object_page(state: State, ask: Ask) -> Page:
    """One object in two versions, with what differs and what is lost."""
    collection = state.collection(ask.query.get("resource", ""))
    key = parse_key(ask.query.get("key", ""))
    row = state.place.row(Where(collection.name), key)
    if row is None:
        raise NotFound(f"there is no {collection.name} {key_text(key)}")
    values: dict[str, Any] = {
        "collection": collection,
        "row": row,
        "key": key_parameter(key),
        "name": key_text(row.key),
        "names": key_names(row.key),
        "hidden": is_secret(collection.name) and ask.query.get("show") != "values",
        "secret": is_secret(collection.name),
        "spokes": [] if collection.kind is None else collection.kind.spokes,
    }
    values |= _compared(state, collection, row, ask.query, hide=bool(values["hidden"]))
    return Page("object.html", values["name"], values)


def _compared(
    state: State, collection: Collection, row: Row, query: Mapping[str, str], *, hide: bool
) -> dict[str, Any]:
    """The values that show a row in the versions that are asked for."""
    stored = collection.spoke(row.version)
    if stored is None:
        why = f"this code does not have {row.version}, which it is stored in"
        return {"lines": alone(raw_document(row.data, hide=hide)), "problem": why, "losses": []}
    left = _asked(collection, query.get("left"), stored)
    right = _asked(collection, query.get("right"), _other(state, collection, left))
    found: dict[str, Any] = {"left": left, "right": right, "problem": "", "losses": []}
    try:
        decoded = state.pipeline.decode(row.data, spoke=stored, trusted=True)
        if left is not stored:
            hub = state.pipeline.to_hub(decoded)
            decoded = as_read(state.pipeline, state.pipeline.from_hub(hub, left))
        converted, losses = _converted(state, decoded, right)
    except KconvError as error:
        lines = alone(raw_document(row.data, hide=hide))
        # The message may quote a value.
        return found | {"lines": lines, "problem": UNREADABLE if hide else error.message}
    one, other = state.pipeline.dump(decoded), state.pipeline.dump(converted)
    if hide:
        one, other, losses = _without_secrets(one), _without_secrets(other), []
    lines = aligned(one, other)
    mark_lost(lines, losses)
    return found | {"lines": lines, "losses": losses, "differing": _differing(lines)}


def _converted(state: State, decoded: Decoded, target: Spoke) -> tuple[Decoded, list[Lost]]:
    return (
        (decoded, []) if target is decoded.spoke else converts_to(state.pipeline, decoded, target)
    )


def _asked(collection: Collection, version: str | None, default: Spoke) -> Spoke:
    kind = collection.kind
    assert kind is not None, "it has the stored version"
    for spoke in kind.spokes:
        if version == str(spoke.gvk):
            return spoke
    return default


def _other(state: State, collection: Collection, left: Spoke) -> Spoke:
    """The version to show next to one: the preferred one, or else the next."""
    kind = collection.kind
    assert kind is not None, "it has the stored version"
    recorded = {
        each.version
        for each in state.place.versions()
        if each.collection == collection.name and each.preferred
    }
    others = [spoke for spoke in kind.spokes if spoke is not left]
    preferred = [spoke for spoke in others if spoke.api_version in recorded]
    return next(iter(preferred or others), left)


def _differing(lines: list[Line]) -> int:
    return sum(line.state != "same" for line in lines)


def raw_document(data: bytes, *, hide: bool = False) -> Any:
    """What a row holds, as JSON if it is some, or else as text; ``hide`` leaves out values."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        found = data.decode("utf-8", "backslashreplace")
    if not hide:
        return found
    return _without_secrets(found) if isinstance(found, dict) else HIDDEN


def is_secret(collection: str) -> bool:
    """Whether the values of a collection's objects are hidden until they are asked for."""
    return collection in ("secrets", "secrets.")


def _without_secrets(document: dict[str, Any]) -> dict[str, Any]:
    found = dict(document)
    for name in _SECRET_FIELDS:
        if name in found:
            values = found[name]
            found[name] = dict.fromkeys(values, HIDDEN) if isinstance(values, dict) else HIDDEN
    metadata = found.get("metadata")
    if isinstance(metadata, dict) and isinstance(metadata.get("annotations"), dict):
        # The last applied configuration has the values too.
        shown = dict.fromkeys(metadata["annotations"], HIDDEN)
        found["metadata"] = metadata | {"annotations": shown}
    return found
