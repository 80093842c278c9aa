"""How documents without Kubernetes' envelope are read."""

from __future__ import annotations

from collections.abc import Iterator

from kconv._check.change import KindChange
from kconv._check.rule import rule
from kconv._check.verdict import Verdict, Whom, breaking, compatible


@rule("nulls-changed")
def nulls_changed(change: KindChange) -> Iterator[Verdict]:
    """Nulls that become absent, or that were absent and are values now.

    What is stored means something else, either way.
    """
    old, new = (each.document.get("nulls") for each in (change.old, change.new))
    if old and new and old != new:
        becomes = "dropped" if new == "absent" else "values of their own"
        yield breaking(
            f"null was {_told(old)}, and is {_told(new)}",
            Whom.STORED,
            f"nulls that stored documents hold are {becomes} from now on",
            f'put null = "{old}" back into the Meta of the hub; another kind may have it otherwise',
        )


def _told(nulls: str) -> str:
    return "as good as absent" if nulls == "absent" else "a value"


@rule("unknown-fields-changed")
def unknown_fields_changed(change: KindChange) -> Iterator[Verdict]:
    """Unknown fields that are refused or dropped now.

    Documents that hold some are no longer read, or lose them. Keeping them breaks nobody.
    """
    old, new = (each.document.get("unknown") for each in (change.old, change.new))
    if not old or not new or old == new:
        return
    changed = f"unknown fields were: {old}, now: {new}"
    if new == "keep":
        yield compatible(changed)
        return
    breaks = (
        "stored documents that hold unknown fields are no longer read"
        if new == "error"
        else "unknown fields of documents are lost when they are written"
    )
    yield breaking(
        changed,
        Whom.STORED,
        breaks,
        f'put unknown = "{old}" back into the Meta of the hub, or declare the fields first',
    )
