"""What a server would refuse of an object that is converted anyway."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from kconv._errors import ObjectRef, Problem
from kconv._paths import REQUIRED, Path
from kconv._scheme import Spoke


def lacks(value: Any, findings: Sequence[Problem]) -> bool:
    """Whether a required field is not there; one that is there and empty is another matter."""
    return any(each.reason == REQUIRED and _at(value, each.path) is None for each in findings)


def _at(value: Any, path: Path) -> Any:
    for step in path:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def refusals(
    where: str, spoke: Spoke, ref: ObjectRef, findings: Sequence[Problem]
) -> Iterator[str]:
    """A line for each rule of a version that an object breaks."""
    gvk = spoke.gvk if spoke.envelope else ref
    ref = replace(ref, group=gvk.group, version=gvk.version, kind=gvk.kind)
    title = str(ref) if ref.name or not spoke.envelope else f"{ref} without a name"
    for finding in findings:
        yield f"{where}: {title}: {finding}; a server would refuse it"
