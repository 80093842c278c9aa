"""Edits of how documents without Kubernetes' envelope are read, done to the example's orders."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from kconv._check.lock import Locks, locks_of
from kconv._scheme import Scheme
from shop.versions import register

EDITS = [
    ("make nulls absent", {"nulls": "absent"}),
    ("drop unknown fields", {"unknown": "drop"}),
    ("keep unknown fields", {"unknown": "keep"}),
]


def orders() -> Locks:
    """The locks of the example."""
    scheme = Scheme()
    register(scheme)
    return locks_of(scheme.freeze())


def edits_of(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each edit of the lock document of one version: its family, and what it makes."""
    for family, facts in EDITS:
        edited = copy.deepcopy(document)
        for kind in edited["kinds"].values():
            kind["document"].update(facts)
        yield family, edited
