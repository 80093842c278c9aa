"""Selectors of Scale, as ``pkg/apis/apps/v1beta1/conversion.go`` converts them."""

from __future__ import annotations

import re
from typing import Any

from kconv import ConversionError, quote

_NAME = r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
_KEY = rf"([a-z0-9]([-a-z0-9.]{{0,251}}[a-z0-9])?/)?{_NAME}"
_VALUE = rf"({_NAME})?"
_EQUAL = re.compile(rf"\s*(?P<key>{_KEY})\s*==?\s*(?P<value>{_VALUE})\s*")
_OTHER = re.compile(
    rf"\s*(!?\s*{_KEY}|{_KEY}\s*!=\s*{_VALUE}|{_KEY}\s*[<>]\s*[0-9]+"
    rf"|{_KEY}\s+(in|notin)\s*\(\s*{_VALUE}(\s*,\s*{_VALUE})*\s*\))\s*"
)
_COMMA = re.compile(r",(?![^(]*\))")

Value = dict[str, Any]


def to_hub(spoke: Value, hub: Value) -> None:
    """The selector, or the labels written as one."""
    status = spoke.get("status") or {}
    labels = status.get("selector") or {}
    text = status.get("targetSelector")
    text = text or ",".join(f"{key}={labels[key]}" for key in sorted(labels))
    if text:
        hub["status"]["selector"] = text


def to_spoke(hub: Value, spoke: Value) -> None:
    """The selector, and its labels if it asks for nothing else.

    Raises `ConversionError` for a text that is no selector.
    """
    text = (hub.get("status") or {}).get("selector")
    if text:
        spoke["status"]["targetSelector"] = text
        labels = _labels(text)
        if labels:
            spoke["status"]["selector"] = labels


def _labels(text: str) -> Value:
    labels, all_equal = {}, True
    for requirement in _COMMA.split(text):
        equal = _EQUAL.fullmatch(requirement)
        if equal:
            labels[equal["key"]] = equal["value"]
        elif _OTHER.fullmatch(requirement):
            all_equal = False
        else:
            raise ConversionError(f"status.selector: {quote(text)} is no label selector")
    return labels if all_equal else {}
