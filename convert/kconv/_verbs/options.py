"""What a verb is told besides the object: dry runs, limits, preconditions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kconv._pipeline import FieldValidation

Match = Literal["", "Exact", "NotOlderThan"]


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """Of create, update, patch and delete."""

    dry_run: bool = False
    field_validation: FieldValidation = "Warn"


@dataclass(frozen=True, slots=True)
class DeleteOptions:
    """What a delete insists on. Propagation policies are accepted: nothing depends on anything."""

    dry_run: bool = False
    uid: str = ""
    resource_version: str = ""


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
    timeout_seconds: int | None = None
