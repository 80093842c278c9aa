"""Which fields leave out their zero: those that Kubernetes declares ``omitempty``, by value.

``tools/write-zeros`` writes the list.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from kconv import Type, omitted_zeros

_SHAPES = {"autoscaling.hub": "autoscaling.v2", "batch.hub": "batch.v1", "core.hub": "core.v1"}
"""The versions whose shapes hubs have."""


@cache
def _listed() -> dict[str, list[str]]:
    found: dict[str, list[str]] = json.loads(Path(__file__).with_suffix(".json").read_bytes())
    return found


@omitted_zeros
def omitted(cls: type[Type]) -> Iterable[str]:
    """The fields of a type of this package, of which the list may have more than it declares."""
    package, *where = cls.__module__.split(".")
    if package != __package__:
        return ()
    version = ".".join(where[:2])
    return _listed().get(f"{_SHAPES.get(version, version)}.{cls.__name__}", ())
