"""Comparing releases: ``1.4rc1`` is earlier than ``1.4``, and ``1.9`` than ``v1.10``.

Releases are ordered as Python packages are (PEP 440, which reads the names of semantic versioning
too, but for pre-releases of other names than alpha, beta, preview and rc). What is no such version
has no place in that order.
"""

from __future__ import annotations

from packaging.version import InvalidVersion, Version

from kconv._errors import UsageError


def version_of(release: str) -> Version | None:
    """The version that a release's name is; None where it is none."""
    try:
        return Version(release)
    except InvalidVersion:
        return None


def checked_release(release: str) -> str:
    """The release as it is, empty for none. Raises `UsageError` for a name that is no version."""
    if release and version_of(release) is None:
        raise UsageError(f'--release: "{release}" is not a version such as 1.4, v2.0 or 1.4rc1')
    return release


def earlier(one: str, other: str) -> bool | None:
    """Whether a release comes before another; None where either is no version."""
    first, second = version_of(one), version_of(other)
    return None if first is None or second is None else first < second


def release_key(release: str) -> tuple[bool, Version, str]:
    """What names of releases are sorted by: those that are no versions come first, by name."""
    version = version_of(release)
    return version is not None, version or Version("0"), release
