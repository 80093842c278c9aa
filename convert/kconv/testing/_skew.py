"""Older releases read what this one writes: while both run side by side, and after a way back.

The proof is in the lock files that a release keeps beside its golden files: they say which fields,
types and values it knows. Its code is not there to ask.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from kconv._check import Severity, compare
from kconv._check.finding import Finding
from kconv._check.lock import FieldLock, Locks, TypeLock, locks_of, parsed, read_folder
from kconv._check.verdict import Whom
from kconv._paths import Path as FieldPath
from kconv._paths import format_path
from kconv._pipeline import Pipeline
from kconv._scheme import Spoke
from kconv.testing._failure import Broken
from kconv.testing._full_objects import full
from kconv.testing._names import title
from kconv.testing._release import LOCK

Types = Mapping[str, TypeLock]


class SkewWarning(UserWarning):
    """A release reads what is written today, and drops some of it."""


def locks_in(folder: Path, release: str) -> Locks:
    """The lock files that a release keeps; empty where it was stored without.

    Raises `UsageError` for a malformed one.
    """
    kept = folder / release / LOCK
    return parsed(read_folder(kept), str(kept)) if kept.is_dir() else {}


def read_by(pipeline: Pipeline, release: str, locks: Locks, spoke: Spoke) -> None:
    """What is written today in a version is readable for a release that had it.

    Raises `Broken` for a value that it cannot decode or does not know, and for a field that it
    needs and objects no longer have. Warns, `SkewWarning`, of fields that it would drop.
    """
    lock = locks[spoke.gvk.group_version]
    lines = [
        f"{each.path}: {each.changed} [{each.rule}]"
        for each in _unreadable(pipeline, locks, spoke)
    ]  # fmt: skip
    unknown: dict[str, None] = {}
    for source in spoke.kind.spokes:
        document = _written(pipeline, source, spoke)
        root = lock.kinds[spoke.options.kind].type
        for missing, path in _walk(document, root, lock.types, ()):
            if not missing:
                unknown[format_path(path)] = None
            elif (line := f"{format_path(path)}: is required there, and not written") not in lines:
                lines.append(line)
    if lines:
        raise Broken(
            f"Release {release} cannot read every {title(spoke)} that the code writes now.",
            lines,
            "Servers and clients of that release run beside those of the next, and after a way "
            "back. Put the\nchange into a new version, or into the release after the next "
            "(ApiTests(skew=…) says how many count).",
        )
    if unknown:
        what = f"release {release} drops what it does not know of {title(spoke)}"
        warnings.warn(f"{what}: {', '.join(unknown)}", SkewWarning, stacklevel=2)


def _unreadable(pipeline: Pipeline, locks: Locks, spoke: Spoke) -> Iterator[Finding]:
    """What `kconv check` finds against the release that its readers fail at."""
    today = locks_of(pipeline.scheme, [spoke.gvk.group])
    for each in compare(locks, today):
        if (each.version, each.kind) != (spoke.gvk.group_version, spoke.options.kind):
            continue
        if each.severity is Severity.BREAKING and (
            each.whom is Whom.READERS or each.rule == "field-retyped"
        ):
            yield each


def _written(pipeline: Pipeline, source: Spoke, target: Spoke) -> dict[str, Any]:
    """An object that was made with every field in one version, as another has it."""
    decoded = pipeline.load(full(source), spoke=source, trusted=True)
    if source is not target:
        decoded = pipeline.from_hub(pipeline.to_hub(decoded), target)
    document = pipeline.dump(decoded)
    head = ("apiVersion", "kind") if target.envelope else ()
    return {name: document[name] for name in document if name not in head}


def _walk(
    value: Mapping[str, Any], name: str, types: Types, at: FieldPath
) -> Iterator[tuple[bool, FieldPath]]:
    """Fields that the release does not know, and (True) those that it misses."""
    fields = types[name].fields
    for key, inner in value.items():
        if key not in fields:
            yield False, (*at, key)
        else:
            yield from _inside(inner, fields[key], types, (*at, key))
    for key, field in fields.items():
        filled = field.facts.keys() & {"default", "computedDefault"}
        if field.facts.get("required") and not filled and key not in value:
            yield True, (*at, key)


def _inside(
    value: Any, field: FieldLock, types: Types, at: FieldPath
) -> Iterator[tuple[bool, FieldPath]]:
    if field.of and isinstance(value, dict):
        yield from _walk(value, field.of, types, at)
    elif field.items is not None and isinstance(value, dict | list):
        steps = value.items() if isinstance(value, dict) else enumerate(value)
        for step, inner in steps:
            yield from _inside(inner, field.items, types, (*at, step))
