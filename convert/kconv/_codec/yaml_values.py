"""The values of YAML documents, built from the parser's events as kubectl's library builds them.

PyYAML composes trees of nodes by rules of its own: it refuses an anchor that is there twice, and
knows nothing of what a later ``<<`` overrides.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from kconv._codec.limits import NODES, too_deep
from kconv._codec.yaml_scalars import TAG, json_value, key_text, plain, tagged
from kconv._errors import DecodeError, TooLarge, shortened
from kconv._paths import DEPTH, Path

_UNFINISHED: Final = object()
"""What an anchor stands for within the value that it is put on."""


def documents(parser: Any, size: int) -> Iterator[tuple[Any, list[Path]]]:
    """The value of each document that is not empty, with the paths of keys that it repeats.

    ``parser`` is a loader of PyYAML's on a text of ``size`` bytes. Raises `DecodeError` for what
    is not JSON-shaped, `TooLarge` beyond the limits, and ``yaml.YAMLError``.
    """
    while True:
        event = parser.get_event()
        if isinstance(event, StreamEndEvent):
            return
        if isinstance(event, DocumentStartEvent):
            # Without aliases there is at most a value for every few bytes.
            builder = _Builder(parser, NODES + size // 4)
            value = builder.json(builder.value(parser.get_event(), 0))
            if value is not None:
                yield value, builder.duplicates


class _Builder:
    """Turns the events of one document into a value, counting what aliases expand to.

    Scalars stay as YAML has them until they are put somewhere: a key is spelled in another way
    than a value.
    """

    def __init__(self, parser: Any, limit: int) -> None:
        self.event = parser.get_event
        self.duplicates: list[Path] = []
        self.anchors: dict[str, tuple[Any, int]] = {}
        """The values that aliases stand for, and how many values each expands to."""
        self.path: list[str | int] = []
        self.nodes = 0
        self.limit = limit
        self.at: Event | None = None

    def json(self, value: Any) -> Any:
        """A value where JSON is to hold it."""
        if not isinstance(value, float):
            return value
        try:
            return json_value(value)
        except ValueError:
            raise _refused(self.at, f"JSON has no number {value}") from None

    def value(self, event: Event, depth: int) -> Any:
        """The value that an event begins; of a scalar what YAML has it for."""
        self.nodes += 1
        if self.nodes > self.limit:
            raise self._too_many()
        if depth > DEPTH:
            raise too_deep()
        self.at = event
        if isinstance(event, AliasEvent):
            return self._copied(self._anchored(event), depth)
        before = self.nodes
        tag, anchor = event.tag, event.anchor  # type: ignore[attr-defined]  # only these have them
        if tag is not None and tag.startswith(TAG) and ("/" in tag[len(TAG) :]):
            raise _refused(event, f"the tag {tag} has no meaning in the API")
        if isinstance(event, ScalarEvent):
            found = scalar_value(event)
        else:
            if anchor is not None:
                self.anchors[anchor] = _UNFINISHED, 0
            found = (
                self._mapping(depth)
                if isinstance(event, MappingStartEvent)
                else self._sequence(depth)
            )
        if anchor is not None:
            self.anchors[anchor] = found, self.nodes - before
        return found

    def _too_many(self) -> TooLarge:
        return TooLarge(
            f"the document expands to more than {self.limit} values; are aliases nested?"
        )

    def _anchored(self, event: AliasEvent) -> Any:
        if event.anchor not in self.anchors:
            raise _refused(event, f"unknown anchor {event.anchor!r}")
        found, size = self.anchors[event.anchor]
        if found is _UNFINISHED:
            raise _refused(event, f"the value of anchor {event.anchor!r} contains itself")
        self.nodes += size
        if self.nodes > self.limit:
            raise self._too_many()
        return found

    def _copied(self, value: Any, depth: int) -> Any:
        """What an alias stands for, to be changed without its original."""
        if not isinstance(value, dict | list):
            return value
        if depth > DEPTH:
            raise too_deep()
        if isinstance(value, dict):
            return {key: self._copied(each, depth + 1) for key, each in value.items()}
        return [self._copied(each, depth + 1) for each in value]

    def _sequence(self, depth: int) -> list[Any]:
        found: list[Any] = []
        path = self.path
        path.append(0)
        while not isinstance(event := self.event(), SequenceEndEvent):
            path[-1] = len(found)
            found.append(self.json(self.value(event, depth + 1)))
        path.pop()
        return found

    def _mapping(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        own: dict[str, bool] = {}
        path = self.path
        path.append("")
        while not isinstance(event := self.event(), MappingEndEvent):
            if is_merge(event):
                # As they come: each overrides what is there, and is overridden by what follows.
                for source in self._merged(depth):
                    found.update(source)
                continue
            key = self._key(event, depth)
            path[-1] = key
            if own.get(key) is False:
                self.duplicates.append(tuple(path))
            own[key] = key in own
            found[key] = self.json(self.value(self.event(), depth + 1))
        path.pop()
        return found

    def _key(self, event: Event, depth: int) -> str:
        value = self.value(event, depth + 1)
        key = value if type(value) is str else key_text(value)
        if key is None:
            raise _refused(event, "a key must be a string")
        return key

    def _merged(self, depth: int) -> list[dict[str, Any]]:
        """The maps that follow a ``<<``, the last one of which counts most."""
        event = self.event()
        many = isinstance(event, SequenceStartEvent)
        value = self.value(event, depth + 1)
        sources = value[::-1] if many else [value]
        if not all(isinstance(source, dict) for source in sources):
            raise _refused(event, "<< takes a map or a list of maps")
        return sources


def is_merge(event: Event) -> bool:
    """Whether a key is a ``<<``, which takes over the entries of other maps."""
    if not isinstance(event, ScalarEvent) or event.value != "<<":
        return False
    return bool(event.implicit[0] if event.tag is None else event.tag == f"{TAG}merge")


def scalar_value(event: ScalarEvent) -> Any:
    """What a scalar of YAML is; ``json_value`` says what it is in JSON. Raises `DecodeError`."""
    text, tag = event.value, event.tag
    if tag is None:
        return plain(text) if event.implicit[0] else text
    try:
        return tagged(tag, text)
    except ValueError:
        kind = tag.removeprefix(TAG)
        raise _refused(event, f"{shortened(text, 200)!r} is not a value of {kind}") from None


def _refused(event: Event | None, why: str) -> DecodeError:
    mark = None if event is None else event.start_mark
    where = f" line {mark.line + 1}, column {mark.column + 1}:" if mark else ""
    return DecodeError(f"yaml parse error:{where} {why}")
