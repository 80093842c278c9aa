"""Taking what documents keep of other versions out of them, and putting it back in.

A document keeps it in the field that its hub names. A place with a column for it stores
the two apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kconv._errors import UsageError
from kconv._pipeline.loose import Loose
from kconv._pipeline.values import Decoded
from kconv._pipeline.view import View
from kconv._scheme import HubKind

Value = dict[str, Any]


def kept_field(kind: HubKind) -> str:
    """The field in which documents of a kind keep values. Raises `UsageError` if they have none."""
    name = kind.document.kept if kind.document else ""
    if not name:
        raise UsageError(f'{kind.group_kind} keeps nothing; its hub says where: kept = "…"')
    return name


def without_kept(decoded: Decoded) -> tuple[Decoded, Value | None]:
    """A document without what it keeps, and that; None where it keeps nothing."""
    name = kept_field(decoded.spoke.kind)
    view = View(decoded.native)
    kept = view.get(name)
    if kept is None:
        return decoded, None
    rest = view.copied()
    del rest[name]
    return Decoded(decoded.spoke, _like(decoded.native, rest.native), decoded.warnings), kept


def with_kept(decoded: Decoded, kept: Mapping[str, Any] | None) -> Decoded:
    """A document with what it keeps, which was stored apart, in place of what is in it."""
    name = kept_field(decoded.spoke.kind)
    if not kept:
        return decoded
    whole = View(decoded.native).copied()
    whole[name] = dict(kept)
    return Decoded(decoded.spoke, _like(decoded.native, whole.native), decoded.warnings)


def _like(native: Any, made: Any) -> Any:
    return Loose(made) if type(native) is Loose else made
