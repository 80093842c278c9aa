"""On which line of a file something is."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Final

from kconv._files.embedded import IN_LAST_APPLIED, IN_MANAGED_FIELDS, LAST_APPLIED
from kconv._files.helm import IN_RELEASE
from kconv._layout.json_tree import json_documents
from kconv._layout.nodes import Mapping, Node, NotEditable, Sequence
from kconv._layout.yaml_tree import yaml_documents

_PATHS: Final = {
    IN_LAST_APPLIED: ("metadata", "annotations", LAST_APPLIED),
    IN_MANAGED_FIELDS: ("metadata", "managedFields"),
    IN_RELEASE: ("data", "release"),
}


class Lines:
    """Finds lines in a text, which is looked at only where one is asked for."""

    def __init__(self, data: bytes, format: str) -> None:
        self._data = data
        self._format = format

    def of(self, document: int, item: int | None, what: str) -> int:
        """The line, from 1, of a field of a document, or of an item of a list; 1 where unknown."""
        steps: list[str | int] = [] if item is None else ["items", item]
        return self.at(document, [*steps, *_PATHS.get(what, (what,))])

    def at(self, document: int, steps: Iterable[str | int]) -> int:
        """The line of what is under some keys and indices of a document, as far as they go."""
        if document >= len(self._roots):
            return 1
        node = self._roots[document]
        at = node.start
        for step in steps:
            found = _step(node, step)
            if found is None:
                break
            at, node = found
        return self._text.count("\n", 0, at) + 1

    @cached_property
    def _text(self) -> str:
        return self._data.decode("utf-8-sig", "replace")

    @cached_property
    def _roots(self) -> list[Node]:
        read = json_documents if self._format == "json" else yaml_documents
        try:
            return read(self._text)
        except NotEditable:
            return []


def _step(node: Node, step: str | int) -> tuple[int, Node] | None:
    """Where a key or an item begins, and its value."""
    if isinstance(node, Mapping):
        found = [(each.start, each.node) for each in node.entries if each.name == step]
        return found[-1] if found else None
    if isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items):
        return node.items[step].start, node.items[step]
    return None
