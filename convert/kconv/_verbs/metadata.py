"""What a server puts into ``metadata``, and what it keeps of it, whatever the kind.

From ``k8s.io/apiserver/pkg/registry/rest``.
"""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from kconv._pipeline.view import View
from kconv._scheme import HubKind
from kconv._verbs.kind_rules import has_generation
from kconv.fields._time import format_time

_SUFFIX_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
_SUFFIX_LENGTH = 5
_GENERATED_LIMIT = 63 - _SUFFIX_LENGTH

Meta = Mapping[str, Any]


def now() -> datetime:
    """The present, in UTC."""
    return datetime.now(UTC)


def timestamp() -> str:
    """The present as the API writes it, to the second."""
    return _timestamp(int(time.time()))


@lru_cache(1)
def _timestamp(second: int) -> str:
    return format_time(datetime.fromtimestamp(second, UTC))


def generate_name(prefix: str) -> str:
    """A name from a ``generateName``: the prefix, cut so that all fits in 63, and 5 letters."""
    suffix = "".join(secrets.choice(_SUFFIX_ALPHABET) for _ in range(_SUFFIX_LENGTH))
    return prefix[:_GENERATED_LIMIT] + suffix


def _new_uid() -> str:
    """A random UUID (version 4 of RFC 9562), as `uuid` makes them.

    Unique, and no secret: the system's own source of randomness takes ten times as long.
    """
    digits = f"{random.getrandbits(128) & _RANDOM | _VERSION_4:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


_RANDOM = 0xFFFFFFFF_FFFF_0FFF_3FFF_FFFFFFFFFFFF
_VERSION_4 = 0x00000000_0000_4000_8000_000000000000


def begin(meta: View, namespace: str, kind: HubKind) -> View:
    """The metadata of a new object: what only the server says is set, or taken out."""
    fresh = meta.copied()
    fresh.drop("deletionTimestamp", "deletionGracePeriodSeconds", "selfLink")
    if not fresh.get("name") and fresh.get("generateName"):
        fresh["name"] = generate_name(fresh["generateName"])
    if namespace:
        fresh["namespace"] = namespace
    fresh["uid"] = _new_uid()
    fresh["creationTimestamp"] = timestamp()
    if has_generation(kind):
        fresh["generation"] = 1
    return fresh


_KEPT = (
    "namespace",
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generation",
)


def carry_over(meta: View, old: View) -> View:
    """The metadata of an update: what clients cannot change stays as it was.

    It has no managedFields; they follow from all that changes.
    """
    merged = meta.copied()
    merged.drop("managedFields", "selfLink", "resourceVersion")
    merged.take(old, *_KEPT)
    return merged
