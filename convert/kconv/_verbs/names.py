"""Rules for names, labels and annotations, with Kubernetes' own messages.

From ``k8s.io/apimachinery/pkg/util/validation``. Each function returns what is wrong with a
string, an empty list when nothing is.
"""

from __future__ import annotations

import re

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?\Z")
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\Z")
_PLAIN = re.compile(r"[a-z0-9][a-z0-9.-]*\Z")
"""What names mostly are."""

_QUALIFIED = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]\Z")

_SUBDOMAIN_MESSAGE = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used "
    "for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
_LABEL_MESSAGE = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "
    "must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex "
    "used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
_NAME_PART_MESSAGE = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end "
    "with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "
    "validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
_KEY_MESSAGE = (
    "a valid label key must consist of alphanumeric characters, '-', '_' or '.', with an "
    "optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
)
_VALUE_MESSAGE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value', "
    " or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)


def subdomain_problems(name: str) -> list[str]:
    """What keeps a string from being a DNS-1123 subdomain, the form of most names."""
    problems = ["must be no more than 253 characters"] if len(name) > 253 else []
    return problems if _SUBDOMAIN.match(name) else [*problems, _SUBDOMAIN_MESSAGE]


def dns_label_problems(name: str) -> list[str]:
    """What keeps a string from being a DNS-1123 label, the form of namespaces' names."""
    problems = ["must be no more than 63 characters"] if len(name) > 63 else []
    return problems if _LABEL.match(name) else [*problems, _LABEL_MESSAGE]


def label_name_problems(name: str) -> list[str]:
    """What keeps a string from being a qualified name, the form of label and annotation keys."""
    prefix, slash, part = name.rpartition("/")
    problems: list[str] = []
    if slash:
        if not prefix:
            problems.append("prefix part must be non-empty")
        elif "/" in prefix:
            return [_KEY_MESSAGE]
        else:
            problems += [f"prefix part {text}" for text in subdomain_problems(prefix)]
    if not part:
        problems.append("name part must be non-empty")
    elif len(part) > 63:
        problems.append("name part must be no more than 63 characters")
    if not _QUALIFIED.match(part):
        problems.append(_NAME_PART_MESSAGE)
    return problems


def label_value_problems(value: str) -> list[str]:
    """What keeps a string from being the value of a label."""
    problems = ["must be no more than 63 characters"] if len(value) > 63 else []
    return problems if not value or _QUALIFIED.match(value) else [*problems, _VALUE_MESSAGE]


def is_plain(name: str) -> bool:
    """Whether a string is a step of a URL as names mostly are, lower-case letters and the like."""
    return _PLAIN.match(name) is not None


def path_segment_problems(name: str) -> list[str]:
    """What keeps a string from being one step of a URL."""
    if is_plain(name):
        return []
    if name in (".", ".."):
        return [f"may not be '{name}'"]
    problems = [f"may not contain '{char}'" for char in "/%" if char in name]
    if not name.isprintable():
        problems.append("may not contain control characters")
    return problems
