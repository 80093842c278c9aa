"""JSON patch (RFC 6902) with JSON pointers (RFC 6901), as Kubernetes' library does it.

That is version 4 of evanphx/json-patch, which in some places is laxer than the RFC: an index may
count from the end, a null is there as little as an absent member is, ``replace`` and ``copy`` take
an absent member of an object, and an operation without a value has null.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from typing import Any

from kconv._verbs.refusal import bad_request, unprocessable

MEMBERS = ("op", "path", "from", "value")
"""What an operation may have."""

OPERATIONS_LIMIT = 10_000
COPY_LIMIT = 3 * 1024 * 1024
"""How many values ``copy`` operations of one patch may add, against patches made to explode."""

_INDEX = re.compile(r"[+-]?[0-9]{1,18}")
_ABSENT = object()


def apply_json_patch(value: Any, operations: Sequence[Any]) -> Any:
    """The document after all operations, in order.

    Raises `kconv._verbs.refusal.Refusal`: 400 for an operation that is no object, 422 for one that
    does not apply (a path that is not there, a test that fails, an operation of no known kind).
    """
    document = copy.deepcopy(value)
    if not isinstance(document, dict | list):
        raise unprocessable()
    budget = COPY_LIMIT
    for operation in operations:
        name, path = _read(operation)
        given = operation.get("value")
        if name == "add":
            _add(document, path, copy.deepcopy(given))
        elif name == "remove":
            _remove(document, path)
        elif name == "replace":
            document = _replace(document, path, copy.deepcopy(given))
        elif name == "test":
            _test(document, path, given)
        elif name == "move":
            source = _pointer(operation.get("from"))
            moved = _get(document, source)
            _remove(document, source)
            _add(document, path, None if moved is _ABSENT else moved)
        else:
            copied = _get(document, _pointer(operation.get("from")))
            copied = None if copied is _ABSENT else copy.deepcopy(copied)
            budget -= _size(copied)
            if budget < 0:
                raise unprocessable()
            _add(document, path, copied)
    return document


def same(left: Any, right: Any) -> bool:
    """Whether two JSON values are equal; unlike Python's ``==``, true is not 1."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return bool(left == right)


def _read(operation: Any) -> tuple[str, list[str]]:
    if operation is None:
        operation = {}
    if not isinstance(operation, dict):
        raise bad_request("error decoding patch: an operation is not an object")
    name = operation.get("op")
    if name not in ("add", "remove", "replace", "test", "move", "copy"):
        raise unprocessable()
    return name, _pointer(operation.get("path"))


def _pointer(text: Any) -> list[str]:
    """The steps of a pointer; what comes before the first slash counts for nothing."""
    if not isinstance(text, str):
        raise unprocessable()
    return [step.replace("~1", "/").replace("~0", "~") for step in text.split("/")[1:]]


def _index(items: list[Any], step: str, *, insert: bool = False) -> int:
    """The place in a list; -1 is the last one, and the one after it for what is inserted."""
    if insert and step == "-":
        return len(items)
    if _INDEX.fullmatch(step) is None:
        raise unprocessable()
    index, length = int(step), len(items) + insert
    if not -length <= index < length:
        raise unprocessable()
    return index + length if index < 0 else index


def _get(document: Any, path: Sequence[str]) -> Any:
    """What is at a path, `_ABSENT` where an object has no such member."""
    container, step = _container(document, path)
    if isinstance(container, dict):
        return container.get(step, _ABSENT)
    return container[_index(container, step)]


def _container(document: Any, path: Sequence[str]) -> tuple[Any, str]:
    """The object or list that a path ends in, and the last step. The whole is in none."""
    if not path:
        raise unprocessable()
    found = document
    for step in path[:-1]:
        if isinstance(found, dict):
            found = found.get(step)
        elif isinstance(found, list):
            found = found[_index(found, step)]
        if not isinstance(found, dict | list):
            raise unprocessable()
    return found, path[-1]


def _add(document: Any, path: Sequence[str], value: Any) -> None:
    container, step = _container(document, path)
    if isinstance(container, dict):
        container[step] = value
    else:
        container.insert(_index(container, step, insert=True), value)


def _replace(document: Any, path: Sequence[str], value: Any) -> Any:
    if not path:
        if not isinstance(value, dict | list):
            raise unprocessable()
        return value
    container, step = _container(document, path)
    if isinstance(container, dict):
        container[step] = value
    else:
        container[_index(container, step)] = value
    return document


def _test(document: Any, path: Sequence[str], value: Any) -> None:
    found = _get(document, path) if path else document
    if found is _ABSENT:
        found = None
    # What is not there equals null, and an operation without a value.
    if not same(found, value):
        raise unprocessable()


def _remove(document: Any, path: Sequence[str]) -> None:
    container, step = _container(document, path)
    if isinstance(container, list):
        container.pop(_index(container, step))
    elif step in container:
        del container[step]
    else:
        raise unprocessable()


def _size(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + sum(len(key) + _size(inner) for key, inner in value.items())
    if isinstance(value, list):
        return 1 + sum(_size(inner) for inner in value)
    return len(value) if isinstance(value, str) else 1
