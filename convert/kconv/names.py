"""Rules for names, labels, keys and paths, in the words of Kubernetes.

From ``k8s.io/apimachinery/pkg/util/validation`` and ``pkg/api/validation/path``. Each function
returns what is wrong with a text, an empty list when nothing is: sentences that an error puts
behind the value, as `kconv.invalid` does.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from functools import cache, lru_cache, wraps
from typing import Final

__all__ = [
    "config_key_problems",
    "dns1035_label_problems",
    "dns_label_problems",
    "domain_prefixed_path_problems",
    "environment_variable_problems",
    "http_header_problems",
    "ip_problems",
    "is_plain",
    "label_name_problems",
    "label_value_problems",
    "path_prefix_problems",
    "path_segment_problems",
    "percent_problems",
    "port_name_problems",
    "port_problems",
    "qualified_name_problems",
    "subdomain_problems",
    "wildcard_subdomain_problems",
]

_LABEL: Final = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN: Final = rf"{_LABEL}(\.{_LABEL})*"
_LABEL_1035: Final = r"[a-z]([-a-z0-9]*[a-z0-9])?"
_QUALIFIED: Final = r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_KEY: Final = r"[-._a-zA-Z0-9]+"
_HEADER: Final = r"[-A-Za-z0-9]+"
_PATH: Final = r"[A-Za-z0-9/\-._~%!$&'()*+,;=:]+"
_PERCENT: Final = r"[0-9]+%"
_PLAIN: Final = re.compile(r"[a-z0-9][a-z0-9.-]*\Z")
"""What names mostly are."""

_SUBDOMAIN_MESSAGE: Final = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used "
    f"for validation is '{_SUBDOMAIN}')"
)
_WILDCARD_MESSAGE: Final = (
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which "
    "must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric "
    rf"character (e.g. '*.example.com', regex used for validation is '\*\.{_SUBDOMAIN}')"
)
_LABEL_MESSAGE: Final = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "
    "must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex "
    f"used for validation is '{_LABEL}')"
)
_LABEL_1035_MESSAGE: Final = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an "
    "alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', "
    f"regex used for validation is '{_LABEL_1035}')"
)
_NAME_PART_MESSAGE: Final = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end "
    "with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "
    f"validation is '{_QUALIFIED}')"
)
_LABEL_KEY_MESSAGE: Final = (
    "a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start "
    "and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex "
    f"used for validation is '{_QUALIFIED}') with an optional DNS subdomain prefix and '/' (e.g. "
    "'example.com/MyName')"
)
_QUALIFIED_MESSAGE: Final = (
    "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start "
    "and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex "
    f"used for validation is '{_QUALIFIED}') with an optional DNS subdomain prefix and '/' (e.g. "
    "'example.com/MyName')"
)
_VALUE_MESSAGE: Final = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value', "
    f" or '12345', regex used for validation is '({_QUALIFIED})?')"
)
_KEY_MESSAGE: Final = (
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. "
    f"'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '{_KEY}')"
)
_HEADER_MESSAGE: Final = (
    "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', "
    f"regex used for validation is '{_HEADER}')"
)
_ENV_MESSAGE: Final = (
    "a valid environment variable name must consist only of printable ASCII characters other "
    "than '='"
)
_PERCENT_MESSAGE: Final = (
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or "
    f"'93%', regex used for validation is '{_PERCENT}')"
)


_SHORT: Final = 256

Rule = Callable[[str], list[str]]


def _of_few(rule: Rule) -> Rule:
    """A rule for texts that come again and again, such as keys of labels: it remembers them."""

    @lru_cache(4_096)
    def known(text: str) -> tuple[str, ...]:
        return tuple(rule(text))

    @wraps(rule)
    def problems(text: str) -> list[str]:
        return list(known(text)) if len(text) <= _SHORT else rule(text)

    return problems


def _is(pattern: str, text: str) -> bool:
    return _compiled(pattern).fullmatch(text) is not None


_compiled = cache(re.compile)


def subdomain_problems(name: str) -> list[str]:
    """What keeps a text from being a DNS-1123 subdomain, the form of most names."""
    problems = ["must be no more than 253 characters"] if len(name.encode()) > 253 else []
    return problems if _is(_SUBDOMAIN, name) else [*problems, _SUBDOMAIN_MESSAGE]


def wildcard_subdomain_problems(name: str) -> list[str]:
    """What keeps a text from being a DNS-1123 subdomain with a wildcard for its first label."""
    problems = ["must be no more than 253 characters"] if len(name.encode()) > 253 else []
    return problems if _is(rf"\*\.{_SUBDOMAIN}", name) else [*problems, _WILDCARD_MESSAGE]


@_of_few
def dns_label_problems(name: str) -> list[str]:
    """What keeps a text from being a DNS-1123 label, the form of namespaces' names."""
    problems = ["must be no more than 63 characters"] if len(name.encode()) > 63 else []
    if _is(_LABEL, name):
        return problems
    return [*problems, "must not contain dots" if _is(_SUBDOMAIN, name) else _LABEL_MESSAGE]


def dns1035_label_problems(name: str) -> list[str]:
    """What keeps a text from being a DNS-1035 label, which begins with a letter."""
    problems = ["must be no more than 63 characters"] if len(name.encode()) > 63 else []
    return problems if _is(_LABEL_1035, name) else [*problems, _LABEL_1035_MESSAGE]


@_of_few
def label_name_problems(name: str) -> list[str]:
    """What keeps a text from being the key of a label or an annotation."""
    return _qualified(name, _LABEL_KEY_MESSAGE)


@_of_few
def qualified_name_problems(name: str) -> list[str]:
    """What keeps a text from being a name, or a domain and a name: ``example.com/name``."""
    return _qualified(name, _QUALIFIED_MESSAGE)


def _qualified(name: str, of_more_parts: str) -> list[str]:
    prefix, slash, part = name.rpartition("/")
    problems: list[str] = []
    if slash:
        if not prefix:
            problems.append("prefix part must be non-empty")
        elif "/" in prefix:
            return [of_more_parts]
        else:
            problems += [f"prefix part {text}" for text in subdomain_problems(prefix)]
    if not part:
        problems.append("name part must be non-empty")
    elif len(part.encode()) > 63:
        problems.append("name part must be no more than 63 bytes")
    if not _is(_QUALIFIED, part):
        problems.append(_NAME_PART_MESSAGE)
    return problems


@_of_few
def label_value_problems(value: str) -> list[str]:
    """What keeps a text from being the value of a label."""
    problems = ["must be no more than 63 bytes"] if len(value.encode()) > 63 else []
    return problems if not value or _is(_QUALIFIED, value) else [*problems, _VALUE_MESSAGE]


def config_key_problems(key: str) -> list[str]:
    """What keeps a text from being a key of a ConfigMap or Secret, which is a file's name."""
    problems = ["must be no more than 253 characters"] if len(key.encode()) > 253 else []
    if not _is(_KEY, key):
        problems.append(_KEY_MESSAGE)
    if key in (".", ".."):
        problems.append(f"must not be '{key}'")
    elif key.startswith(".."):
        problems.append("must not start with '..'")
    return problems


def is_plain(name: str) -> bool:
    """Whether a text is a step of a URL as names mostly are, lower-case letters and the like."""
    return _PLAIN.match(name) is not None


def path_segment_problems(name: str) -> list[str]:
    """What keeps a text from being one step of a URL."""
    if is_plain(name):
        return []
    if name in (".", ".."):
        return [f"may not be '{name}'"]
    return path_prefix_problems(name)


def path_prefix_problems(name: str) -> list[str]:
    """What keeps a text from being the beginning of one step of a URL."""
    problems = [f"may not contain '{char}'" for char in "/%" if char in name]
    if not name.isprintable():
        problems.append("may not contain control characters")
    return problems


def domain_prefixed_path_problems(text: str) -> list[str]:
    """What keeps a text from being a domain and a path, such as ``example.com/controller``."""
    host, slash, rest = text.partition("/")
    if not slash or not host or not rest:
        return ['must be a domain-prefixed path (such as "acme.io/foo")']
    problems = subdomain_problems(host)
    if not _is(_PATH, rest):
        problems.append(f"Invalid path (regex used for validation is '^{_PATH}$')")
    return problems


def port_name_problems(name: str) -> list[str]:
    """What keeps a text from being the name of a port, an IANA service name (RFC 6335)."""
    problems = ["must be no more than 15 characters"] if len(name) > 15 else []
    if not _is(r"[-a-z0-9]+", name):
        problems.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    if not re.search(r"[a-z]", name):
        problems.append("must contain at least one letter (a-z)")
    if "--" in name:
        problems.append("must not contain consecutive hyphens")
    if name.startswith("-") or name.endswith("-"):
        problems.append("must not begin or end with a hyphen")
    return problems


def port_problems(port: int) -> list[str]:
    """What keeps a number from being that of a port."""
    return [] if 1 <= port <= 65535 else ["must be between 1 and 65535, inclusive"]


def environment_variable_problems(name: str) -> list[str]:
    """What keeps a text from being the name of an environment variable."""
    return [] if _is(r"[ -<>-~]+", name) else [_ENV_MESSAGE]


def http_header_problems(name: str) -> list[str]:
    """What keeps a text from being the name of an HTTP header."""
    return [] if _is(_HEADER, name) else [_HEADER_MESSAGE]


def percent_problems(text: str) -> list[str]:
    """What keeps a text from being a share, such as ``25%``."""
    return [] if _is(_PERCENT, text) else [_PERCENT_MESSAGE]


def ip_problems(text: str) -> list[str]:
    """What keeps a text from being an IP address in its canonical form."""
    message = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        if _is(r"\d+(\.\d+){3}", text) and all(int(part) < 256 for part in text.split(".")):
            return ["must not have leading 0s"]
        return [message]
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            return [message]
        if address.ipv4_mapped is not None:
            return ["must not be an IPv4-mapped IPv6 address"]
    return []
