"""The nodes of a JSON text."""

from __future__ import annotations

import json
import re
from typing import Final

from kconv._layout.nodes import Entry, Mapping, Node, NotEditable, Scalar, Sequence
from kconv._paths import DEPTH

_SPACE: Final = re.compile(r"[ \t\n\r]*")
_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[^\s,:\[\]{}"]+', re.DOTALL)


def json_documents(text: str) -> list[Node]:
    """The root of each document: there may be several, one after another."""
    found: list[Node] = []
    at = _skip(text, 0)
    while at < len(text):
        root = _node(text, at, 0)
        found.append(root)
        at = _skip(text, root.end)
    return found


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return at if found is None else found.end()


def _node(text: str, at: int, depth: int) -> Node:
    if depth > DEPTH:
        raise NotEditable("it nests too deep")
    opening = text[at : at + 1]
    if opening == "{":
        return _object(text, at, depth)
    if opening == "[":
        return _array(text, at, depth)
    found = _TOKEN.match(text, at)
    if found is None:
        raise NotEditable("it is not JSON")
    try:
        value = json.loads(found[0])
    except ValueError:
        raise NotEditable("it is not JSON") from None
    style = '"' if opening == '"' else None
    return Scalar(at, at, found.end(), value, style=style, body=at)


def _object(text: str, start: int, depth: int) -> Mapping:
    made = Mapping(start, start, start, {}, flow=True)
    at = _skip(text, start + 1)
    while text[at : at + 1] != "}":
        key = _node(text, at, depth + 1)
        at = _skip(text, key.end)
        if text[at : at + 1] != ":" or not isinstance(key.value, str):
            raise NotEditable("it is not JSON")
        node = _node(text, _skip(text, at + 1), depth + 1)
        made.entries.append(Entry(key, node, key.value))
        made.value[key.value] = node.value
        at = _behind(text, node.end, "}")
    made.end = at + 1
    return made


def _array(text: str, start: int, depth: int) -> Sequence:
    made = Sequence(start, start, start, [], flow=True)
    at = _skip(text, start + 1)
    while text[at : at + 1] != "]":
        item = _node(text, at, depth + 1)
        made.items.append(item)
        made.value.append(item.value)
        at = _behind(text, item.end, "]")
    made.end = at + 1
    return made


def _behind(text: str, at: int, closing: str) -> int:
    at = _skip(text, at)
    if text[at : at + 1] == ",":
        return _skip(text, at + 1)
    if text[at : at + 1] != closing:
        raise NotEditable("it is not JSON")
    return at
