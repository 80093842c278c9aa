"""What a verb is told besides the object: dry runs, limits, preconditions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kconv._paths import quote
from kconv._pipeline import FieldValidation
from kconv._verbs.propagation import Propagation

_DIGITS = 20

Match = Literal["", "Exact", "NotOlderThan"]


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """Of create, update, patch, apply and delete.

    ``field_manager`` is whom the fields are going to belong to that the write sets; ``force`` lets
    an apply take fields from others.
    """

    dry_run: bool = False
    field_validation: FieldValidation = "Warn"
    field_manager: str = ""
    force: bool = False


@dataclass(frozen=True, slots=True)
class DeleteOptions:
    """What a delete insists on, and what becomes of the objects that name this one as an owner."""

    dry_run: bool = False
    uid: str = ""
    resource_version: str = ""
    propagation: Propagation = ""


@dataclass(frozen=True, slots=True)
class ListOptions:
    """Of list, watch and delete collection; ``resource_version`` None is: the newest."""

    limit: int = 0
    continue_token: str = ""
    resource_version: int | None = None
    match: Match = ""
    watch: bool = False
    bookmarks: bool = False
    send_initial_events: bool | None = None
    timeout_seconds: float | None = None


def bounded(text: str, digits: str) -> int:
    """A number of checked ``digits``; one too long for 64 bits becomes some that is, too."""
    significant = digits.lstrip("0") or "0"
    if len(significant) > _DIGITS:
        return 2**64
    return -int(significant) if text[0] == "-" else int(significant)


def parse_resource_version(text: str) -> int | None:
    """A resourceVersion parameter as a number, None for the empty string.

    Raises ``ValueError`` with Kubernetes' message for anything else.
    """
    if not text:
        return None
    said = quote(text)
    why = f"resourceVersion: Invalid value: {said}: strconv.ParseUint: parsing {said}: "
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"{why}invalid syntax")
    number = bounded(text, text)
    if number >= 2**64:
        raise ValueError(f"{why}value out of range")
    return number
