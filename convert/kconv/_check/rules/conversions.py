"""How a version converts to and from the hub."""

from __future__ import annotations

from collections.abc import Iterator

from kconv._check.change import KindChange
from kconv._check.newfields import got_version, paths
from kconv._check.rule import rule
from kconv._check.verdict import Verdict, Whom, breaking, minor

_LEDGER = ("lose", "preserve", "when-absent")
"""Rules that only say what the ledger of loss has too, which has its own rules."""

_BREAKS = "the same object means something else in the other versions than before"
_LOOK = "convert the golden data of past releases before and after"


@rule("conversion-changed")
def conversion_changed(change: KindChange) -> Iterator[Verdict]:
    """A conversion rule that does something else, or is gone.

    Other particulars, such as the values of a map-values; a rule that came or went.

    A rule that another one about the same fields replaced may do the same. Where the kind got a
    version, the hub probably got another shape, and the rules of the older versions follow it.
    """
    if change.old.conversion.via != change.new.conversion.via:
        ways = [
            each.via or "the hub itself" for each in (change.old.conversion, change.new.conversion)
        ]
        yield minor(
            f"it converts by way of {ways[1]}, and did by way of {ways[0]}",
            Whom.CONVERSIONS,
            "its rules are others now, and objects convert in another way unless they do the same",
            _LOOK,
        )
        return
    old, new = change.old.conversion.rules, change.new.conversion.rules
    for text in sorted(old.keys() & new.keys()):
        if old[text] != new[text]:
            yield breaking(
                f"{text}: {dict(old[text])} became {dict(new[text])}",
                Whom.CONVERSIONS,
                _BREAKS,
                "put it back; a new version may convert in another way",
            )
    came = {_claims(text): text for text in sorted(new.keys() - old.keys())}
    gone = {_claims(text): text for text in sorted(old.keys() - new.keys())}
    for sides in sorted(came.keys() & gone.keys()):
        yield minor(
            f"{gone[sides]} became {came[sides]}",
            Whom.CONVERSIONS,
            "objects convert in another way, unless both rules do the same",
            _LOOK,
        )
    verdict = minor if got_version(change) else breaking
    for sides in sorted(gone.keys() - came.keys()):
        if not gone[sides].startswith(_LEDGER):
            yield verdict(f"{gone[sides]} was removed", Whom.CONVERSIONS, _BREAKS, _LOOK)
    had = paths(change.old_locks[change.version].types, change.old.type)
    for sides in sorted(came.keys() - gone.keys()):
        claimed = sides.partition(" <-> ")[0].split(", ")
        if not came[sides].startswith(_LEDGER) and any(each in had for each in claimed):
            yield verdict(f"{came[sides]} was added", Whom.CONVERSIONS, _BREAKS, _LOOK)


def _claims(text: str) -> str:
    return text.partition("(")[2].partition(" #")[0]


@rule("edge-removed")
def edge_removed(change: KindChange) -> Iterator[Verdict]:
    """A kind that no longer converts to the other versions of what is stored.

    The version hangs on another hub now: its objects are stored elsewhere.
    """
    if change.old.stored_as != change.new.stored_as:
        yield breaking(
            f"its edge to the hub of {change.old.stored_as} is gone; it is stored as "
            f"{change.new.stored_as}",
            Whom.STORED,
            f"objects stored as {change.old.stored_as} are no longer found in this version",
            "put the edge back: register the version with the hub that it had",
        )


@rule("kept-moved")
def kept_moved(change: KindChange) -> Iterator[Verdict]:
    """Fields that objects keep in a place which the code no longer reads.

    What objects of this version hold of newer ones is in the annotation that the base names; what
    documents hold of them, in the field.
    """
    now = change.new.conversion.kept
    what = "field" if change.old.document else "annotation"
    todo = (
        'put kept = "{}" back into the Meta of the hub'
        if change.old.document
        else "read the old annotation too: Functions() can, where the rule names another"
    )
    for path, place in sorted(change.old.conversion.kept.items()):
        if now.get(path) != place:
            yield breaking(
                f"{path} was kept in the {what} {place}, now "
                + (f"in {now[path]}" if path in now else "in none"),
                Whom.STORED,
                f"what objects of this version keep in {place} is no longer read",
                todo.format(place),
                path,
            )
