"""What a scalar of YAML is to kubectl (sigs.k8s.io/yaml), and which texts have to be quoted.

kubectl reads YAML 1.1 as its own library has it: ``y`` and ``on`` are booleans, ``010`` and
``0o10`` are eight, ``1e3`` is a number, dates and ``12:30`` are texts.
"""

from __future__ import annotations

import base64
import binascii
import re
import struct
from typing import Any, Final

from kconv._codec.json import valid_text

TAG: Final = "tag:yaml.org,2002:"

_TRUE = ("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON")
_FALSE = ("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF")
_INFINITE = (".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF")
_WORDS: Final[dict[str, Any]] = {
    **dict.fromkeys(_TRUE, True),
    **dict.fromkeys(_FALSE, False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(_INFINITE, float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}
_STARTS_NUMBER: Final = frozenset("+-.0123456789")
_INTEGER = re.compile(
    r"(?P<sign>[-+]?)(?:0[xX](?P<hex>[0-9a-fA-F]+)|0[bB](?P<binary>[01]+)"
    r"|0[oO]?(?P<octal>[0-7]+)|(?P<decimal>0|[1-9][0-9]*))\Z",
    re.ASCII,
)
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z", re.ASCII)
_FRACTION = re.compile(r"\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+(?:_[0-9]+)*)?\Z", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:\Z|[Tt ])", re.ASCII)


def plain(text: str) -> Any:
    """What a scalar is that is neither quoted nor tagged."""
    if text in _WORDS:
        return _WORDS[text]
    return _number(text) if text[0] in _STARTS_NUMBER else text


def _number(text: str) -> Any:
    """The number that a text is, or the text."""
    digits = text.replace("_", "")
    if text[0] == ".":
        return _float(digits, text) if _FRACTION.match(text) else text
    match = _INTEGER.match(digits)
    if match is None:
        return _float(digits, text)
    for name, base in (("hex", 16), ("binary", 2), ("octal", 8), ("decimal", 10)):
        if match[name] is not None:
            # Decimal ones that are too large for 64 bits are floats to kubectl.
            limit = 2**63 + 1 if match["sign"] == "-" else 2**64
            if base == 10 and (len(match[name]) > 20 or int(match[name]) >= limit):
                return _float(digits, text)
            return int(match["sign"] + match[name], base)
    raise AssertionError(text)


def _float(digits: str, text: str) -> Any:
    value = float(digits) if _FLOAT.match(digits) else float("inf")
    return text if value in (float("inf"), float("-inf")) else value


def tagged(tag: str, text: str) -> Any:
    """What a scalar with a tag is; one with a tag of its own is a text.

    Raises ``ValueError`` for what the tag does not allow.
    """
    kind = tag.removeprefix(TAG) if tag.startswith(TAG) else ""
    if kind == "binary":
        try:
            data = base64.b64decode(text.replace("\n", "").replace("\r", ""), validate=True)
        except binascii.Error:
            raise ValueError(text) from None
        return valid_text(data)
    if kind == "timestamp":
        if not _DATE.match(text):
            raise ValueError(text)
        return text
    types: Any = {"bool": bool, "int": int, "float": (int, float), "null": type(None)}.get(kind)
    if types is None:
        return text
    value = plain(text)
    if not isinstance(value, types) or (kind != "bool" and isinstance(value, bool)):
        raise ValueError(text)
    return float(value) if kind == "float" else value


def json_value(value: Any) -> Any:
    """A scalar as it is once it went through JSON, where Go writes 5.0 as 5.

    Raises ``ValueError`` for what JSON has no number for.
    """
    if not isinstance(value, float):
        return value
    if value != value or value in (float("inf"), float("-inf")):
        raise ValueError(value)
    return int(value) if value.is_integer() and abs(value) < 2**63 else value


def key_text(value: Any) -> str | None:
    """The key that a scalar is; None where it cannot be one."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if -(2**63) <= value < 2**63 else None
    return _short_float(value) if isinstance(value, float) else None


def _short_float(value: float) -> str:
    """A float in the fewest digits that tell it from others of 32 bits, which is what Go writes."""
    if value != value:
        return ".nan"
    try:
        short = struct.unpack("f", struct.pack("f", value))[0]
    except OverflowError:
        short = float("inf") if value > 0 else float("-inf")
    if short in (float("inf"), float("-inf")):
        return ".inf" if short > 0 else "-.inf"
    packed = struct.pack("f", short)
    written = (f"{short:.{digits}e}" for digits in range(9))
    shortest = next(text for text in written if struct.pack("f", float(text)) == packed)
    mantissa, _, power = shortest.partition("e")
    exponent = int(power)
    if not -4 <= exponent < 6:
        return f"{mantissa}e{power[0]}{abs(exponent):02d}"
    decimals = max(len(mantissa.lstrip("-").replace(".", "")) - 1 - exponent, 0)
    return f"{short:.{decimals}f}"


# What some reader takes for no text: kubectl's, PyYAML's (YAML 1.1) or one of YAML 1.2.
_WORD = r"y|yes|n|no|true|false|on|off|null|[-+]?\.inf|\.nan"
_AMBIGUOUS = re.compile(
    rf"(?:|~|=|<<|(?i:{_WORD})"
    r"|[-+]?(?:0[bBoOxX]?[0-9a-fA-F]+|[0-9]+)"
    r"|[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]*)(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?[0-9]+(?::[0-5]?[0-9])+(?:\.[0-9]*)?"
    r"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}.*)\Z",
    re.ASCII | re.DOTALL,
)
_UNPRINTED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff\U00010000-\U0010ffff]"
)


def is_ambiguous(text: str) -> bool:
    """Whether a text, written without quotes, is something else to one of the readers."""
    # There may be underscores anywhere in numbers.
    return _AMBIGUOUS.match(text.replace("_", "")) is not None


def needs_escapes(text: str) -> bool:
    """Whether a text has characters that readers agree on only if they are escaped."""
    return _UNPRINTED.search(text) is not None
