"""The library that evaluates CEL, cel-expr-python, where it is installed.

It is cel-cpp: it checks types where they are known, bounds how often an expression may iterate, and
matches by RE2. Environments are built once, on first use. It takes moments and durations as the
messages of protobuf, which comes with it in ``kconv[crds]``.
"""

from __future__ import annotations

import importlib
from datetime import datetime
from functools import cache
from typing import Any, Final

from kconv._cel.functions import declarations

_EXTENSIONS: Final = ("strings.ExtStrings", "math.ExtMath", "bindings.ExtBindings")


@cache
def _cel() -> Any:
    try:
        importlib.import_module("google.protobuf.timestamp_pb2")
        return importlib.import_module("cel_expr_python.cel")
    except ImportError:
        return None


def is_installed() -> bool:
    """Whether rules can be evaluated."""
    return _cel() is not None


def timestamp(moment: datetime) -> Any:
    """A moment as expressions have it."""
    made = importlib.import_module("google.protobuf.timestamp_pb2").Timestamp()
    made.FromDatetime(moment)
    return made


def duration(nanoseconds: int) -> Any:
    """A duration as expressions have it."""
    made = importlib.import_module("google.protobuf.duration_pb2").Duration()
    made.FromNanoseconds(nanoseconds)
    return made


@cache
def environment(*, old: bool) -> Any:
    """Where rules are compiled: with ``self`` alone, or with what ``oldSelf`` is made of, too.

    Nothing is known of their types.
    """
    return environment_of(_cel().Type.DYN, old=old)


def environment_of(kind: Any, *, old: bool, pool: Any = None) -> Any:
    """The same with both of a type, whose messages are in a pool."""
    cel = _cel()
    variables = {"self": kind}
    if old:
        variables |= {"oldSelf": kind, "hasOldSelf": cel.Type.BOOL}
    return cel.NewEnv(
        descriptor_pool=pool,
        variables=variables,
        extensions=_extensions(),
        functions=declarations(cel),
    )


def _extensions() -> list[Any]:
    made = []
    for each in (*_EXTENSIONS, "optional.ExtOptional"):
        module, name = each.split(".")
        found = importlib.import_module(f"cel_expr_python.ext.ext_{module}")
        made.append(getattr(found, name)())
    return made


def types() -> Any:
    """The types that expressions have."""
    return _cel().Type
