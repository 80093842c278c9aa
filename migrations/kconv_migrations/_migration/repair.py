"""Rows in quarantine as lines of JSON, and taken back when somebody has repaired them."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from kconv._codec import json as json_codec
from kconv._errors import KconvError, UsageError
from kconv._gvk import GroupVersion
from kconv._pipeline import Pipeline
from kconv._pipeline.reencode import Reencoder
from kconv._scheme import HubKind, Spoke
from kconv.place import (
    Collection,
    Mark,
    NewData,
    Place,
    Quarantined,
    RowRead,
    RunTarget,
    Scalar,
    Where,
    key_names,
    key_text,
)
from kconv.place._rows import finding_as_json
from kconv_migrations._migration.lease import hold
from kconv_migrations._migration.live_code import check_writing
from kconv_migrations._migration.settings import Settings
from kconv_migrations._migration.status import preferred_versions
from kconv_migrations._migration.steering import Steering

_BYTES: Final = "base64:"

Line = tuple[int, str]
"""The number of a line, from 1, and its text."""

Identity = tuple[str, str, tuple[Scalar, ...], Mark]
"""Which row it is, and as of when: collection, section, key, mark."""


def exported(place: Place) -> Iterator[str]:
    """A line of JSON for each row in quarantine: which it is, what is wrong, and what it holds.

    ``object`` is the document, where it can be read as one; else ``data`` has its text. Rows that
    are no longer as they were are left out.
    """
    for entry in place.quarantined():
        row = place.row(Where(entry.collection, entry.section), entry.key)
        if row is None or (row.version, row.mark) != (entry.version, entry.mark):
            continue
        line = {
            "resource": entry.collection,
            "name": key_text(entry.key),
            "in": entry.section,
            "key": list(entry.key),
            "version": entry.version,
            "mark": _mark_as_json(entry.mark),
            "run": entry.run,
            "reason": entry.reason,
            "message": entry.message,
            "findings": [*map(finding_as_json, entry.findings)],
        }
        yield json.dumps(line | _content(row.data), ensure_ascii=False)


@dataclass(slots=True)
class Repaired:
    """What became of repaired lines.

    ``invalid`` are lines by number with what is wrong with them: if there are any, nothing was
    written. ``gone`` are rows, by line, that are no longer in quarantine; ``changed`` counts those
    that somebody wrote meanwhile. The others, ``written``, are in the preferred version.
    """

    run: str = ""
    written: int = 0
    changed: int = 0
    gone: dict[int, str] = field(default_factory=dict)
    invalid: dict[int, str] = field(default_factory=dict)

    @property
    def done(self) -> bool:
        """Whether every line was taken."""
        return not (self.invalid or self.gone or self.changed)


def repair(
    place: Place,
    pipeline: Pipeline,
    lines: Iterable[Line],
    settings: Settings | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Repaired:
    """Write repaired rows, each if it is still as it was exported; a run of its own.

    All lines are checked first: each object must decode, keep every rule, be the object that its
    row is of, and lose nothing in the preferred version. If one does not, nothing is written. With
    ``settings.dry_run`` nothing is written either.

    Raises `Conflict` when another run goes on, and when a live server cannot decode the version
    that would be written.
    """
    chosen = settings or Settings()
    found = Repaired()
    checker = _Checker(place, pipeline, chosen.accept_loss)
    checked: dict[Where, list[NewData]] = {}
    seen: dict[Identity, int] = {}
    for number, text in lines:
        try:
            identity, document = _parse(text)
            if seen.setdefault(identity, number) != number:
                raise UsageError(f"is of the same row as line {seen[identity]}")
            entry = checker.entries.get(identity)
            if entry is None:
                found.gone[number] = f"{identity[0]} {'/'.join(map(str, identity[2]))}"
                continue
            new = checker.check(entry, document)
        except (KconvError, ValueError, KeyError, TypeError) as error:
            found.invalid[number] = _said(error)
        else:
            checked.setdefault(Where(entry.collection, entry.section), []).append(new)
    if found.invalid or not checked:
        return found
    if chosen.dry_run:
        found.written = sum(map(len, checked.values()))
        return found
    versions = {where.collection: items[0].version for where, items in checked.items()}
    targets = [RunTarget(name, (), version) for name, version in sorted(versions.items())]
    with hold(place, targets, chosen.lease, chosen.keep_undo) as held:
        found.run = held.id
        check_writing(place, versions.items(), chosen.live)
        steering = Steering(place, held.id, chosen, say)
        steering.total = sum(map(len, checked.values()))
        for where, items in checked.items():
            keep = chosen.undo and _keeps_images(checker.collections[where.collection], where)
            put = partial(place.repair, where, run=held.id, keep_before_images=keep)
            found.written += steering.write(where, items, put)
            steering.done += len(items)
        found.changed = steering.total - found.written
        held.ending = "done"
    return found


class _Checker:
    """Judges repaired documents."""

    def __init__(self, place: Place, pipeline: Pipeline, accept_loss: bool) -> None:
        self.collections = {each.name: each for each in place.collections()}
        self.entries: dict[Identity, Quarantined] = {
            (each.collection, each.section, tuple(each.key), each.mark): each
            for each in place.quarantined()
        }
        self._place = place
        self._pipeline = pipeline
        self._preferred = preferred_versions(place)
        self._reencoder = Reencoder(pipeline, accept_loss=accept_loss, checks="all")

    def check(self, entry: Quarantined, document: bytes) -> NewData:
        """What is to be written in a row's place. Raises `KconvError`."""
        kind = self.collections[entry.collection].kind
        preferred = self._preferred.get(entry.collection, "")
        if kind is None or self.collections[entry.collection].spoke(preferred) is None:
            raise UsageError(f"no installed API has {entry.collection} in {preferred or 'any'}")
        spoke = self._spoke(entry, kind, document)
        decoded = self._pipeline.decode(document, spoke=spoke, field_validation="Strict")
        if spoke.envelope:
            self._check_names(entry, decoded.value)
        data, version = self._pipeline.encode(decoded), decoded.spoke.api_version
        made = self._reencoder.reencode(data, version, kind, GroupVersion.parse(preferred))
        if made.broken is not None:
            raise made.broken
        row = RowRead(entry.key, entry.version, entry.mark)
        return NewData(row, preferred, made.data)

    def _spoke(self, entry: Quarantined, kind: HubKind, document: bytes) -> Spoke:
        """The version that a document is in: the one that it names, or its row's."""
        spoke = self.collections[entry.collection].spoke(entry.version)
        named = json.loads(document)
        if not isinstance(named, dict):
            raise UsageError("the object is none: write {…}")
        if "apiVersion" in named and (spoke is None or spoke.envelope):
            version = str(named["apiVersion"])
            spoke = self.collections[entry.collection].spoke(version)
            if spoke is None:
                raise UsageError(f"{kind.group_kind} has no version {version}")
        if spoke is None:
            raise UsageError(f"no installed API has {entry.version}: write it in another version")
        return spoke

    def _check_names(self, entry: Quarantined, value: dict[str, Any]) -> None:
        """A repair is of the object that the row is of, and of no other one."""
        named = dict(key_names(entry.key) or {})
        row = self._place.row(Where(entry.collection, entry.section), entry.key)
        held = _content(row.data)["object"] if row is not None else None
        had = held.get("metadata") if held is not None else None
        known = (had if isinstance(had, dict) else {}) | named
        metadata = value.get("metadata") or {}
        for part in ("namespace", "name", "uid"):
            if part in known and (metadata.get(part) or "") != known[part]:
                raise UsageError(f"metadata.{part} is not {known[part]}, as the row has it")


def _keeps_images(collection: Collection, where: Where) -> bool:
    return any(
        section.keeps_before_images
        for section in collection.sections
        if section.name == where.section
    )


def _content(data: bytes) -> dict[str, Any]:
    try:
        text = data.decode()
        value = json.loads(text)
        if isinstance(value, dict) and not json_codec.duplicate_keys(data):
            return {"object": value}
    except (ValueError, RecursionError, KconvError):
        text = data.decode("utf-8", "backslashreplace")
    return {"object": None, "data": text}


def _parse(text: str) -> tuple[Identity, bytes]:
    line = json.loads(text)
    identity = (
        str(line["resource"]), str(line["in"]), tuple(line["key"]), _mark_of(line["mark"]),
    )  # fmt: skip
    if line.get("object") is not None:
        return identity, json.dumps(line["object"], ensure_ascii=False).encode()
    document = str(line["data"]).encode()
    json.loads(document)
    return identity, document


def _mark_as_json(mark: Mark) -> int | str:
    return _BYTES + b64encode(mark).decode() if isinstance(mark, bytes) else mark


def _mark_of(value: Any) -> Mark:
    if isinstance(value, str) and value.startswith(_BYTES):
        return b64decode(value.removeprefix(_BYTES))
    if not isinstance(value, (int, str)):
        raise UsageError('"mark" is not the one that was exported')
    return value


def _said(error: Exception) -> str:
    if isinstance(error, KconvError):
        return error.message
    if isinstance(error, KeyError):
        return f"has no {error}: it is not as it was exported"
    return f"is not as it was exported: {error}"
