"""Until when a certificate is valid, read from its file.

The standard library says that of certificates of peers only, and only of those it has verified.
"""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

_CONTEXT_0: Final = 0xA0
_UTC_TIME: Final = 0x17

_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"


def valid_until(file: Path) -> datetime:
    """The end of the first certificate in a PEM file.

    Raises `ValueError` for a file without one, and `OSError`.
    """
    text = file.read_text(encoding="ascii", errors="replace")
    begin, end = text.find(_BEGIN), text.find(_END)
    if begin < 0 or end < begin:
        raise ValueError("there is no certificate in it")
    try:
        return _not_after(ssl.PEM_cert_to_DER_cert(text[begin : end + len(_END)]))
    except (IndexError, ValueError):
        raise ValueError("what is in it is no certificate") from None


def _not_after(der: bytes) -> datetime:
    """The field ``validity.notAfter`` of RFC 5280."""
    _, at, _ = _element(der, 0)
    _, at, _ = _element(der, at)
    tag, _, end = _element(der, at)
    if tag == _CONTEXT_0:  # the version, which is left out in the first one
        _, _, end = _element(der, end)
    for _ in range(2):  # the serial number is behind us: the algorithm, the issuer
        _, _, end = _element(der, end)
    _, validity, _ = _element(der, end)
    _, _, before = _element(der, validity)
    tag, begin, end = _element(der, before)
    # Years of two digits are of 1950 to 2049.
    text = der[begin:end].decode("ascii")
    if tag == _UTC_TIME:
        text = ("19" if text[:2] >= "50" else "20") + text
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)


def _element(der: bytes, at: int) -> tuple[int, int, int]:
    """The tag of an element, and where what is in it begins and ends."""
    tag, length = der[at], der[at + 1]
    begin = at + 2
    if length & 0x80:
        size = length & 0x7F
        length = int.from_bytes(der[begin : begin + size], "big")
        begin += size
    if begin + length > len(der):
        raise IndexError("it ends before its end")
    return tag, begin, begin + length
