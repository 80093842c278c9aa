"""Which version an object is of: from its first bytes, and from the whole document."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from kconv._errors import DecodeError, NotRegistered, ObjectRef, UsageError
from kconv._gvk import GroupVersion
from kconv._scheme import KindCache, Scheme, Spoke

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
        self._found: KindCache[bytes, Spoke] = scheme.clears(KindCache())
        self._last: tuple[bytes, Spoke | None, object] = (b"{}{}", None, scheme.kinds)

    def spoke(self, data: bytes) -> Spoke | None:
        """The spoke; None where the first two fields name none, or are others."""
        head, spoke, kinds = self._last
        now = self._scheme.kinds
        if kinds is now and data.startswith(head):
            return spoke
        match = _HEAD.match(data)
        if match is None:
            return None
        found = self._found.get(match[0]) or self._look_up(match)
        if found is not None:
            self._last = (match[0], found, now)
        return found

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


def spoke_of(scheme: Scheme, raw: Mapping[str, Any], expected: Spoke | None) -> Spoke:
    """The spoke that a document names; it must agree with the one that is ``expected``, if any.

    Raises `DecodeError` for one that names none, or another, and `NotRegistered`.
    """
    if expected is not None and not expected.envelope:
        return expected
    api_version, kind = raw.get("apiVersion"), raw.get("kind")
    for name, value in (("apiVersion", api_version), ("kind", kind)):
        if value is not None and not isinstance(value, str):
            raise DecodeError(f"couldn't get version/kind; {name} must be a string")
    if expected is not None:
        return _agreed(expected, api_version or "", kind or "")
    for name, value in (("Kind", kind), ("apiVersion", api_version)):
        if not value:
            missing = f"Object '{name}' is missing; every object says apiVersion and kind"
            raise DecodeError(missing + _documents(scheme))
    try:
        gv = GroupVersion.parse(str(api_version))
    except UsageError as error:
        raise DecodeError(error.message) from None
    return scheme.spoke(gv.kind(str(kind)))


def _documents(scheme: Scheme) -> str:
    """What to do about an object that may be a document, which says neither."""
    if not scheme.has_documents:
        return ""
    return "; documents do not: say which version and kind it is (--from GROUP/VERSION --kind KIND)"


def _agreed(expected: Spoke, api_version: str, kind: str) -> Spoke:
    ours = expected.gvk
    if kind and kind != ours.kind:
        _, _, version = api_version.rpartition("/")
        message = (
            f'{kind} in version "{version or ours.version}" cannot be handled as a '
            f"{ours.kind}: the kind in the data ({kind}) does not match the expected kind "
            f"({ours.kind})"
        )
        raise DecodeError(message, about=ObjectRef(ours.group, ours.version, ours.kind))
    if api_version and api_version != ours.api_version:
        message = (
            f"the API version in the data ({api_version}) does not match the expected API "
            f"version ({ours.api_version})"
        )
        raise DecodeError(message, about=ObjectRef(ours.group, ours.version, ours.kind))
    return expected
