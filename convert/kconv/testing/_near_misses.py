"""Hypothesis strategies for nearly valid documents, with one or two mistakes."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as st

from kconv._paths import Path
from kconv._scheme import Spoke
from kconv.testing._strategies import documents

_ODD: list[Any] = [
    None,
    "",
    0,
    -1,
    1,
    1.0,
    1.5,
    True,
    False,
    [],
    {},
    [None],
    {"a": None},
    "text",
    "1",
    "100m",
    "1.5Gi",
    "0.1m",
    "2026-01-02T03:04:05Z",
    "2026-02-30T03:04:05Z",
    "2024-02-29T03:04:05.5+02:00",
    "1h30m",
    "aGk=",
    "aGk",
    2**31,
    2**63,
    [1, "a"],
    {"unknown": 1},
    {"name": "x"},
]
"""What takes the place of a value: right here, wrong there, on the edge elsewhere."""


def nearly(spoke: Spoke) -> st.SearchStrategy[dict[str, Any]]:
    """Objects of a spoke with up to three places changed: another value, none, or one too many."""
    return st.builds(
        _mutated,
        documents(spoke),
        st.just(("kind", "apiVersion") if spoke.envelope else ()),
        st.lists(
            st.tuples(st.integers(0, 10**6), st.sampled_from(_ODD), st.sampled_from(_HOW)),
            max_size=3,
        ),
    )


_HOW = ("replace", "remove", "add", "repeat")


def _mutated(
    document: dict[str, Any], head: tuple[str, ...], changes: list[tuple[int, Any, str]]
) -> dict[str, Any]:
    mutated = copy.deepcopy(document)
    for number, value, how in changes:
        places = _places(mutated, head)
        if places:
            _change(mutated, places[number % len(places)], copy.deepcopy(value), how)
    return mutated


def _places(value: Any, head: tuple[str, ...], path: Path = ()) -> list[Path]:
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    found: list[Path] = []
    for key, each in inner:
        if path or key not in head:
            found.append((*path, key))
            if isinstance(each, dict | list):
                found.extend(_places(each, head, (*path, key)))
    return found


def _change(document: Any, path: Path, value: Any, how: str) -> None:
    for step in path[:-1]:
        document = document[step]
    last: Any = path[-1]
    if how == "remove" and isinstance(document, dict):
        del document[last]
    elif how == "add" and isinstance(document, dict):
        document["unknownField"] = value
    elif how == "repeat" and isinstance(document, list):
        document.append(copy.deepcopy(document[last]))
    else:
        document[last] = value
