"""Warnings: of a version on its way out, and of a CRD's rules that nobody judges here."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from kconv._crds import declared_twice, unjudged_of
from kconv._paths import quote
from kconv._scheme import HubKind, Spoke
from kconv._structural import StructuralKind
from kconv._verbs.answer import Answer


def deprecation(spoke: Spoke) -> bytes:
    """The ``Warning`` header for a deprecated version, worded as Kubernetes does; or empty."""
    if isinstance(spoke.kind, StructuralKind):
        said = spoke.kind.warnings.get(spoke.options.version)
        return b"" if said is None else f"299 - {quote(said)}".encode()
    deprecated = spoke.options.deprecated
    if deprecated is None:
        return b""
    text = f"{spoke.api_version} {spoke.options.kind} is deprecated"
    if deprecated.since:
        text += f" in v{deprecated.since}+"
    if deprecated.removed_in:
        text += f", unavailable in v{deprecated.removed_in}+"
    if deprecated.replacement:
        text += f"; use {deprecated.replacement}"
    return f'299 - "{text}"'.encode()


def with_unjudged(answer: Answer, kinds: Iterable[HubKind]) -> Answer:
    """The answer to the write of a CRD, with what in it nobody judges.

    And with why it is not served, where one of ``kinds`` is in its way.
    """
    if answer.encoded is None:
        return answer
    data = answer.encoded.data
    said = (*unjudged_of(data), *declared_twice(data, kinds))
    return msgspec.structs.replace(answer, warnings=(*answer.warnings, *said))
