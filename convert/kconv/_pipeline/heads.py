"""`Heads`: which version an object is of, from its first bytes."""

from __future__ import annotations

import re

from kconv._errors import NotRegistered, UsageError
from kconv._gvk import GroupVersion
from kconv._scheme import Scheme, Spoke

_HEAD = re.compile(
    rb'\s*\{\s*"(apiVersion|kind)"\s*:\s*"([\w./-]+)"\s*,\s*"(kind|apiVersion)"\s*:\s*"([\w./-]+)"'
)
"""The first two fields of an object, where they are kind and apiVersion."""

_REMEMBERED = 1000
"""How many spellings of such heads are remembered."""


class Heads:
    """Finds the spoke that a JSON object names in its first two fields.

    A guess: duplicate keys further on count more, so what is decoded has the last word.
    """

    def __init__(self, scheme: Scheme) -> None:
        self._scheme = scheme
        self._found: dict[bytes, Spoke] = {}
        self._last: tuple[bytes, Spoke | None] = (b"{}{}", None)

    def spoke(self, data: bytes) -> Spoke | None:
        """The spoke; None where the first two fields name none, or are others."""
        return self.match(data)[1]

    def match(self, data: bytes) -> tuple[bytes, Spoke | None]:
        """The bytes up to the end of the two fields, and the spoke."""
        last = self._last
        if data.startswith(last[0]):
            return last
        match = _HEAD.match(data)
        if match is None:
            return b"", None
        found = self._found.get(match[0]) or self._look_up(match)
        if found is None:
            return b"", None
        self._last = last = (match[0], found)
        return last

    def _look_up(self, match: re.Match[bytes]) -> Spoke | None:
        said = {match[1]: match[2].decode(), match[3]: match[4].decode()}
        if len(said) != 2:
            return None
        try:
            gvk = GroupVersion.parse(said[b"apiVersion"]).kind(said[b"kind"])
            spoke = self._scheme.spoke(gvk)
        except (UsageError, NotRegistered):
            return None
        if len(self._found) < _REMEMBERED:
            self._found[match[0]] = spoke
        return spoke
