"""Warnings that go with every answer of a version on its way out."""

from __future__ import annotations

from kconv._scheme import Spoke


def deprecation(spoke: Spoke) -> bytes:
    """The ``Warning`` header for a deprecated version, worded as Kubernetes does; or empty."""
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
