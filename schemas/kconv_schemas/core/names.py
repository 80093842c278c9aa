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
_SUBDOMAIN = re.compile(rf"{_LABEL.pattern}(\.{_LABEL.pattern})*")
_SUBDOMAIN_MESSAGE = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used "
    "for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
_NAME = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_NAME_MESSAGE = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end "
    "with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "
    "validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
_QUALIFIED_MESSAGE = (
    "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start "
    "and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex "
    "used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS "
    "subdomain prefix and '/' (e.g. 'example.com/MyName')"
)
_PATH = re.compile(r"[A-Za-z0-9/\-._~%!$&'()*+,;=:]+")
_PATH_MESSAGE = "Invalid path (regex used for validation is '^[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+$')"
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


def port_name(path: Path, value: str) -> Iterator[Finding]:
    """Findings for the name of a port that is no IANA service name (RFC 6335)."""
    if not value:
        return
    if len(value) > 15:
        yield invalid(path, value, "must be no more than 15 characters")
    if not re.fullmatch(r"[-a-z0-9]+", value):
        yield invalid(
            path,
            value,
            "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)",
        )
    if not re.search(r"[a-z]", value):
        yield invalid(path, value, "must contain at least one letter (a-z)")
    if "--" in value:
        yield invalid(path, value, "must not contain consecutive hyphens")
    if value.startswith("-") or value.endswith("-"):
        yield invalid(path, value, "must not begin or end with a hyphen")


def domain_prefixed_path(path: Path, value: str) -> Iterator[Finding]:
    """Findings for what is no domain followed by a path, such as ``example.com/controller``."""
    host, slash, rest = value.partition("/")
    if not value:
        yield required(path)
    elif not slash or not host or not rest:
        yield invalid(path, value, 'must be a domain-prefixed path (such as "acme.io/foo")')
    else:
        if not _SUBDOMAIN.fullmatch(host) or len(host) > 253:
            yield invalid(path, host, _SUBDOMAIN_MESSAGE)
        if not _PATH.fullmatch(rest):
            yield invalid(path, rest, _PATH_MESSAGE)


def qualified_name(path: Path, value: str) -> Iterator[Finding]:
    """Findings for what is no name, or a domain and a name, such as ``example.com/name``."""
    prefix, slash, name = value.rpartition("/")
    if slash and "/" in prefix:
        yield invalid(path, value, _QUALIFIED_MESSAGE)
        return
    if slash and not prefix:
        yield invalid(path, value, "prefix part must be non-empty")
    elif slash and (len(prefix) > 253 or not _SUBDOMAIN.fullmatch(prefix)):
        yield invalid(path, value, f"prefix part {_SUBDOMAIN_MESSAGE}")
    if not name:
        yield invalid(path, value, "name part must be non-empty")
    elif len(name) > 63:
        yield invalid(path, value, "name part must be no more than 63 bytes")
    if not _NAME.fullmatch(name):
        yield invalid(path, value, _NAME_MESSAGE)


def path_segment(path: Path, value: str) -> Iterator[Finding]:
    """Findings for what could be no step of a URL."""
    if value in (".", ".."):
        yield invalid(path, value, f"may not be '{value}'")
    for char in "/%":
        if char in value:
            yield invalid(path, value, f"may not contain '{char}'")
