"""The nodes of YAML documents, from the parser's events.

Composed nodes would not do: to PyYAML an alias has the place of its anchor, and the end of a
collection in lines is behind the comments that follow it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from kconv._codec import yaml as yaml_codec
from kconv._codec.yaml_scalars import json_value, key_text
from kconv._codec.yaml_values import is_merge, scalar_value
from kconv._layout.nodes import Alias, Entry, Mapping, Node, NotEditable, Scalar, Sequence

_PROPERTIES = re.compile(r"(?:[&!][^\s,\[\]{}]*(?:[ \t]*#[^\n\r]*(?=[\r\n]))?\s+|\s+|#[^\n\r]*)+")
_LINE = re.compile(r"[^\n\r]*")
_TRAILING_LINES = re.compile(r"[ \t]*(?:\r\n|\n|\r)(?:[ \t]*(?:\r\n|\n|\r))*[ \t]*\Z")


def yaml_documents(text: str) -> list[Node]:
    """The root of each document that is not empty. Raises `NotEditable` for what does not parse.

    ``text`` has no byte order mark: it would not be counted.
    """
    try:
        return [root for root in _documents(text) if root.value is not None]
    except yaml.YAMLError as error:
        raise NotEditable(f"it does not parse: {' '.join(str(error).split())}") from None


def _documents(text: str) -> Iterator[Node]:
    parser: Any = yaml_codec.PARSER(text)
    while True:
        event = parser.get_event()
        if isinstance(event, StreamEndEvent):
            return
        if isinstance(event, DocumentStartEvent):
            yield _Builder(parser, text).node(parser.get_event())


class _Builder:
    """Makes the nodes of one document."""

    def __init__(self, parser: Any, text: str) -> None:
        self.event = parser.get_event
        self.text = text
        self.anchors: dict[str, Node] = {}

    def node(self, event: Any) -> Node:
        start, end = event.start_mark.index, event.end_mark.index
        if isinstance(event, AliasEvent):
            target = self.anchors.get(str(event.anchor))
            if target is None:
                raise NotEditable(f"unknown anchor {event.anchor!r}")
            return Alias(start, start, end, target.value, target=target)
        if isinstance(event, ScalarEvent):
            made: Node = self._scalar(event, start, end)
        elif isinstance(event, MappingStartEvent):
            made = self._mapping(event, start, end)
        else:
            assert isinstance(event, SequenceStartEvent), "there are no others within a document"
            made = self._sequence(event, start, end)
        if event.anchor is not None:
            made.anchor = event.anchor
            self.anchors[event.anchor] = made
        return made

    def _content(self, event: Any, start: int, end: int) -> int:
        """Where the value begins behind its anchor and tag."""
        if event.anchor is None and (event.tag is None or self.text[start : start + 1] != "!"):
            return start
        found = _PROPERTIES.match(self.text, start)
        return min(found.end(), end) if found else end

    def _scalar(self, event: ScalarEvent, start: int, end: int) -> Scalar:
        content = self._content(event, start, end)
        if event.style is None and content < end and not event.value:
            content = end  # an anchor or a tag and nothing behind it
        value = json_value(scalar_value(event))
        body = content
        if event.style in ("|", ">"):
            head = _LINE.match(self.text, content, end)
            assert head is not None, "it matches whatever there is"
            body = head.end()
            keeps = "+" in head[0].split("#")[0]
            if not keeps and (found := _TRAILING_LINES.search(self.text, body, end)):
                end = found.start()
        return Scalar(start, content, end, value, style=event.style or None, body=body)

    def _mapping(self, event: Any, start: int, end: int) -> Mapping:
        made = Mapping(start, start, end, {}, flow=bool(event.flow_style))
        if event.anchor is not None:
            self.anchors[event.anchor] = made
        while True:
            inner = self.event()
            if isinstance(inner, MappingEndEvent):
                made.end = _end_of(inner)
                break
            key = self.node(inner)
            if isinstance(inner, ScalarEvent) and is_merge(inner):
                made.entries.append(Entry(key, self.node(self.event()), "", merge=True))
                for source in _merged(made.entries[-1].node):
                    made.value.update(source)
                continue
            if not isinstance(inner, ScalarEvent):
                raise NotEditable("a key that is no plain word")
            value = scalar_value(inner)
            name = value if type(value) is str else key_text(value)
            if name is None:
                raise NotEditable("a key that is no text")
            node = self.node(self.event())
            made.entries.append(Entry(key, node, name))
            made.value[name] = node.value
        if not made.flow:
            made.end = made.entries[-1].node.end
        made.content = self._inner_start(event, start, made.end, made.flow, "{")
        return made

    def _sequence(self, event: Any, start: int, end: int) -> Sequence:
        made = Sequence(start, start, end, [], flow=bool(event.flow_style))
        while True:
            inner = self.event()
            if isinstance(inner, SequenceEndEvent):
                made.end = _end_of(inner)
                break
            item = self.node(inner)
            made.items.append(item)
            made.value.append(item.value)
        if not made.flow:
            made.end = made.items[-1].end
        made.content = self._inner_start(event, start, made.end, made.flow, "[")
        return made

    def _inner_start(self, event: Any, start: int, end: int, flow: bool, bracket: str) -> int:
        content = self._content(event, start, end)
        return self.text.index(bracket, content) if flow else content


def _end_of(event: Any) -> int:
    return int(event.end_mark.index)


def _merged(node: Node) -> list[dict[str, Any]]:
    value = node.value
    sources = value[::-1] if isinstance(value, list) else [value]
    if not all(isinstance(source, dict) for source in sources):
        raise NotEditable("<< takes a map or a list of maps")
    return sources
