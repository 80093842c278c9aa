"""What names within objects may look like, in the words of ``k8s.io/apimachinery``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kconv import Finding, Path, invalid, required

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_LABEL_MESSAGE = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "
    "must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used "
    "for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
_KEY = re.compile(r"[-._a-zA-Z0-9]+")
_KEY_MESSAGE = (
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. "
    "'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
)


def label_name(path: Path, value: str | None) -> Iterator[Finding]:
    """Findings for a required name that is not a DNS-1123 label."""
    if not value:
        yield required(path)
        return
    if len(value) > 63:
        yield invalid(path, value, "must be no more than 63 bytes")
    if not _LABEL.fullmatch(value):
        yield invalid(path, value, _LABEL_MESSAGE)


def config_key(path: Path, value: str) -> Iterator[Finding]:
    """Findings for a key of a ConfigMap or Secret that could not be a file's name."""
    if len(value) > 253:
        yield invalid(path, value, "must be no more than 253 bytes")
    if not _KEY.fullmatch(value):
        yield invalid(path, value, _KEY_MESSAGE)
    if value in (".", ".."):
        yield invalid(path, value, f"must not be '{value}'")
    elif value.startswith(".."):
        yield invalid(path, value, "must not start with '..'")
