"""The formats that texts of a structural schema are held to; any other one is a mere word."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from datetime import date
from ipaddress import IPv4Address, IPv6Address, ip_network
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from kconv.fields import parse_duration, parse_time

_MAC: Final = re.compile(r"([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}")
_HOST: Final = re.compile(
    r"(?=.{1,253}\Z)([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
)
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+")


def _matches(pattern: re.Pattern[str]) -> Callable[[str], object]:
    def read(text: str) -> None:
        if pattern.fullmatch(text) is None:
            raise ValueError(text)

    return read


def _uuid(text: str) -> None:
    UUID(text)


def _base64(text: str) -> None:
    base64.b64decode(text, validate=True)


def _uri(text: str) -> None:
    if not urlsplit(text).scheme and not text.startswith("/"):
        raise ValueError(text)


_READERS: Final[Mapping[str, Callable[[str], object]]] = {
    "byte": _base64,
    "cidr": lambda text: ip_network(text, strict=False) if "/" in text else IPv4Address(""),
    "date": lambda text: date.fromisoformat(text) if len(text) == 10 else date.fromisoformat(""),
    "date-time": parse_time,
    "datetime": parse_time,
    "duration": parse_duration,
    "email": _matches(_EMAIL),
    "hostname": _matches(_HOST),
    "ipv4": IPv4Address,
    "ipv6": IPv6Address,
    "mac": _matches(_MAC),
    "uri": _uri,
    "uuid": _uuid,
}


def is_of_format(text: str, name: str) -> bool:
    """Whether a text is of a format; of one that nobody knows, every text is."""
    read = _READERS.get(name)
    if read is None:
        return True
    try:
        read(text)
    except (ValueError, binascii.Error):
        return False
    return True
