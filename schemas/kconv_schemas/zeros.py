"""Which fields leave out their zero: those that Kubernetes declares ``omitempty``, by value.

``tools/write-zeros`` writes the list.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import marshmallow

from kconv import Type, omits_zero
from kconv.fields import spec_of

_STRUCTURES = ("scalar", "list", "map")


@cache
def _listed() -> dict[str, list[str]]:
    found: dict[str, list[str]] = json.loads(Path(__file__).with_suffix(".json").read_bytes())
    return found


def declare(version: str, *hubs: type[Type]) -> None:
    """Say it of these hubs, whose shapes are those of ``version``, and of all types within them.

    A version is named by its packages: ``core.v1``.
    """
    left, seen = list(hubs), set(hubs)
    while left:
        cls = left.pop()
        name_in_list = f"{version}.{cls.__name__}" if cls in hubs else _name_of(cls)
        names = _listed().get(name_in_list, ())
        declared: Mapping[str, marshmallow.fields.Field[Any]] = cls._declared_fields
        for attribute, field in declared.items():
            name, spec = field.data_key or attribute, spec_of(field)
            if name in names and name not in cls.omitted and spec.structure in _STRUCTURES:
                omits_zero(cls, name)
            while spec.element is not None:
                spec = spec_of(spec.element)
            inner = spec.object_type
            if inner is not None and inner not in seen:
                seen.add(inner)
                left.append(inner)


def _name_of(cls: type[Type]) -> str:
    """``core.v1.Container`` for that of ``kconv_schemas.core.v1.types.container``."""
    package, *where = cls.__module__.split(".")
    return ".".join((*where[:2], cls.__name__)) if package == __package__ else ""
