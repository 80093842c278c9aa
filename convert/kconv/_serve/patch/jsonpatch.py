"""JSON patch (RFC 6902) with JSON pointers (RFC 6901)."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from kconv._paths import quote
from kconv._serve.status import bad_request, unprocessable

OPERATIONS_LIMIT = 10_000
COPY_LIMIT = 3 * 1024 * 1024
"""How many values ``copy`` operations of one patch may add, against patches made to explode."""

_WITH_VALUE = ("add", "replace", "test")
_WITH_FROM = ("move", "copy")
_ABSENT = object()


def apply_json_patch(value: Any, operations: Sequence[Any]) -> Any:
    """The document after all operations, in order.

    Raises `kconv._serve.status.Refusal`: 400 for an operation that is malformed, 422 for one that
    does not apply (a path that is not there, a test that fails).
    """
    document = copy.deepcopy(value)
    budget = COPY_LIMIT
    for operation in operations:
        name, path, source = _read(operation)
        if name == "remove":
            document = _remove(document, path)[0]
        elif name == "test":
            if not same(_get(document, path), operation["value"]):
                raise unprocessable()
        elif name == "replace":
            if path:
                _get(document, path)
            document = _put(document, path, copy.deepcopy(operation["value"]), replace=True)
        elif name == "add":
            document = _put(document, path, copy.deepcopy(operation["value"]))
        elif name == "move":
            if path[: len(source)] == source and path != source:
                raise unprocessable()
            document, moved = _remove(document, source)
            document = _put(document, path, moved)
        else:
            copied = copy.deepcopy(_get(document, source))
            budget -= _size(copied)
            if budget < 0:
                raise unprocessable()
            document = _put(document, path, copied)
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


def _read(operation: Any) -> tuple[str, list[str], list[str]]:
    if not isinstance(operation, dict):
        raise bad_request("error decoding patch: an operation is not an object")
    name = operation.get("op")
    if name not in (*_WITH_VALUE, *_WITH_FROM, "remove"):
        raise bad_request(f"error decoding patch: unexpected kind of operation: {quote(name)}")
    if name in _WITH_VALUE and "value" not in operation:
        raise bad_request(f"error decoding patch: operation {name} has no value")
    source = _pointer(operation.get("from")) if name in _WITH_FROM else []
    return name, _pointer(operation.get("path")), source


def _pointer(text: Any) -> list[str]:
    if not isinstance(text, str) or (text and not text.startswith("/")):
        raise bad_request(f"error decoding patch: {quote(text)} is not a JSON pointer")
    return [step.replace("~1", "/").replace("~0", "~") for step in text.split("/")[1:]]


def _index(items: list[Any], step: str, *, insert: bool = False) -> int:
    if insert and step == "-":
        return len(items)
    plain = step.isascii() and step.isdigit() and (step == "0" or step[0] != "0")
    if not plain or len(step) > 9 or int(step) >= len(items) + insert:
        raise unprocessable()
    return int(step)


def _get(document: Any, path: Sequence[str]) -> Any:
    found = document
    for step in path:
        if isinstance(found, dict):
            found = found.get(step, _ABSENT)
        elif isinstance(found, list):
            found = found[_index(found, step)]
        else:
            found = _ABSENT
        if found is _ABSENT:
            raise unprocessable()
    return found


def _put(document: Any, path: Sequence[str], value: Any, *, replace: bool = False) -> Any:
    if not path:
        return value
    parent, last = _get(document, path[:-1]), path[-1]
    if isinstance(parent, dict):
        parent[last] = value
    elif isinstance(parent, list) and replace:
        parent[_index(parent, last)] = value
    elif isinstance(parent, list):
        parent.insert(_index(parent, last, insert=True), value)
    else:
        raise unprocessable()
    return document


def _remove(document: Any, path: Sequence[str]) -> tuple[Any, Any]:
    if not path:
        raise unprocessable()
    parent, last = _get(document, path[:-1]), path[-1]
    if isinstance(parent, dict) and last in parent:
        return document, parent.pop(last)
    if isinstance(parent, list):
        return document, parent.pop(_index(parent, last))
    raise unprocessable()


def _size(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + sum(len(key) + _size(inner) for key, inner in value.items())
    if isinstance(value, list):
        return 1 + sum(_size(inner) for inner in value)
    return len(value) if isinstance(value, str) else 1
