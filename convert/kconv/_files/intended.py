"""What an object is to say in its file once it is converted: no more than it must.

A conversion fills in defaults, and spells values as Kubernetes does. In a file that people keep,
what they wrote stays as they wrote it, and a field that they left to its default stays away as
long as the new version has the same default.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any, Final

from kconv._differences import differences
from kconv._errors import KconvError
from kconv._layout.pairs import becoming, steps
from kconv._paths import Path
from kconv._pipeline import Decoded, Pipeline
from kconv._scheme import Spoke

Value = dict[str, Any]

_ABSENT: Final[Any] = object()

_AT_THE_END: Final = ("annotations", "labels")
"""What nobody writes before the name, although Kubernetes does."""


def intended(pipeline: Pipeline, written: Value, decoded: Decoded, converted: Decoded) -> Value:
    """An object as it is to be written: what differs between its versions, and nothing else.

    ``written`` is the object in its file, ``decoded`` what it means there, and ``converted`` what
    it is in the other version. Who reads what is returned reads what they would in
    ``converted``.
    """
    full = pipeline.dump(converted)
    before = pipeline.dump(decoded)
    if decoded.warnings:
        unknown = pipeline.unknown(decoded.spoke, written)
        written = _without(written, unknown)
    found = _merged(written, before, full)
    if not isinstance(found, dict):
        return full
    foreign = pipeline.unknown(converted.spoke, found)
    if foreign:
        found = _without(found, foreign)
    return _completed(pipeline, converted.spoke, _slim(found, written, pipeline, converted), full)


def _merged(written: Any, before: Any, full: Any) -> Any:
    """The written value where nothing differs, and the new one where something does."""
    if _equal(before, full):
        return written
    if full is _ABSENT:
        return _ABSENT
    if written is _ABSENT:
        return full
    if isinstance(written, dict) and isinstance(before, dict) and isinstance(full, dict):
        return _merged_fields(written, before, full)
    if isinstance(written, list) and isinstance(before, list) and isinstance(full, list):
        return _merged_items(written, before, full)
    return full


def _merged_fields(written: Value, before: Value, full: Value) -> Value:
    leaving = {name: before[name] for name in written if name in before and name not in full}
    coming = {name: full[name] for name in full if name not in before and name not in written}
    renamed, _ = becoming(leaving, coming)
    found: Value = {}
    for name, value in written.items():
        if name in renamed:
            new = renamed[name]
            found[new] = _merged(value, before[name], full[new])
        elif name in full or name not in before:
            inner = _merged(value, before.get(name, _ABSENT), full.get(name, _ABSENT))
            found[name] = inner
    order = list(full)
    for name in full:
        if name in found or name in renamed.values():
            continue
        inner = _merged(_ABSENT, before.get(name, _ABSENT), full[name])
        if inner is not _ABSENT:
            found = _placed(found, name, inner, order)
    return found


def _placed(found: Value, name: str, value: Any, order: list[str]) -> Value:
    """With a new field behind the one that the version has before it, or before the next one."""
    position = order.index(name)
    earlier = next((each for each in reversed(order[:position]) if each in found), None)
    later = next((each for each in order[position + 1 :] if each in found), None)
    made: Value = {}
    if (earlier is None and later is None) or (earlier is None and name in _AT_THE_END):
        return {**found, name: value}
    for each, inner in found.items():
        if earlier is None and each == later:
            made[name] = value
        made[each] = inner
        if each == earlier:
            made[name] = value
    return made


def _merged_items(written: list[Any], before: list[Any], full: list[Any]) -> list[Any]:
    if len(written) != len(before):
        return full
    return [
        full[at] if old is None else _merged(written[old], before[old], full[at])
        for old, at in steps(before, full)
        if at is not None
    ]


def _slim(found: Value, written: Value, pipeline: Pipeline, converted: Decoded) -> Value:
    """Without the new fields that the version has by default, if there are any."""
    meant = _meaning(pipeline, converted.spoke, found)
    if meant is None:
        return found
    for path in _new(found, written, ()):
        less = _without(found, [path])
        if _equal(_meaning(pipeline, converted.spoke, less), meant):
            found = less
    return found


def _new(found: Value, written: Value, path: Path) -> list[Path]:
    """The paths of fields that are not in the file, the outermost of each.

    Where something that is in the file is no longer there, new fields may say what it said.
    """
    paths: list[Path] = []
    nothing_left = found.keys() >= written.keys()
    for name, value in found.items():
        if name not in written and nothing_left:
            paths.append((*path, name))
        elif isinstance(value, dict) and isinstance(written.get(name), dict):
            paths += _new(value, written[name], (*path, name))
    return paths


def _completed(pipeline: Pipeline, spoke: Spoke, found: Value, full: Value) -> Value:
    """With the fields whose default is another one in this version than in the one before."""
    wanted = _meaning(pipeline, spoke, full)
    for _ in range(3):
        meant = _meaning(pipeline, spoke, found)
        if meant is None or wanted is None:
            return full
        unlike = [each.field for each in differences(meant, wanted)]
        if not unlike:
            return found
        found = copy.deepcopy(found)
        for path in unlike:
            _take_over(found, wanted, path)
    return full


def _take_over(found: Any, full: Any, path: Path) -> None:
    """Give one value what another has at a path, and what is on the way there."""
    for position, step in enumerate(path):
        inside = _at(full, step)
        if position == len(path) - 1 or not _has(found, step) or isinstance(full, list):
            if isinstance(found, list) and isinstance(full, list) and len(found) != len(full):
                found[:] = full
                return
            if inside is _ABSENT:
                if isinstance(found, dict):
                    found.pop(step, None)
                return
            if position == len(path) - 1 or not _has(found, step):
                _set(found, step, inside, list(full) if isinstance(full, dict) else [])
                return
        found, full = found[step], inside


def _has(value: Any, step: str | int) -> bool:
    return _at(value, step) is not _ABSENT and isinstance(_at(value, step), dict | list)


def _at(value: Any, step: str | int) -> Any:
    if isinstance(value, dict):
        return value.get(step, _ABSENT)
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        return value[step]
    return _ABSENT


def _set(found: Any, step: Any, value: Any, order: list[str]) -> None:
    if isinstance(found, dict) and step not in found:
        made = _placed(found, step, value, order)
        found.clear()
        found.update(made)
    elif isinstance(found, dict) or (isinstance(found, list) and step < len(found)):
        found[step] = value


def _meaning(pipeline: Pipeline, spoke: Spoke, value: Value) -> Value | None:
    """What a reader of a version makes of an object, or None where it is refused."""
    try:
        return pipeline.dump(pipeline.load(value, spoke=spoke, trusted=True))
    except KconvError:
        return None


def _without(value: Value, paths: Iterable[Path]) -> Value:
    found: Any = copy.deepcopy(value)
    for path in sorted(paths, key=len, reverse=True):
        inner = found
        for step in path[:-1]:
            inner = _at(inner, step)
        if isinstance(inner, dict):
            inner.pop(path[-1], None)
    return dict(found)


def _equal(one: Any, other: Any) -> bool:
    if one is _ABSENT or other is _ABSENT:
        return one is other
    return type(one) is type(other) and bool(one == other)
