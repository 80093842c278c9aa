"""A conversion rule that does something else, or is gone."""

from __future__ import annotations

from collections.abc import Iterator

from kconv._check.change import KindChange
from kconv._check.newfields import got_version, paths
from kconv._check.rule import Rule
from kconv._check.verdict import Verdict, Whom, breaking, minor

_LEDGER = ("lose", "preserve", "when-absent")
"""Rules that only say what the ledger of loss has too, which has its own rules."""

_BREAKS = "the same object means something else in the other versions than before"
_LOOK = "convert the golden data of past releases before and after"


def judge(change: KindChange) -> Iterator[Verdict]:
    """Other particulars, such as the values of a map-values; a rule that came or went.

    A rule that another one about the same fields replaced may do the same. Where the kind got a
    version, the hub probably got another shape, and the rules of the older versions follow it.
    """
    old, new = change.old.conversion.rules, change.new.conversion.rules
    for text in sorted(old.keys() & new.keys()):
        if old[text] != new[text]:
            yield breaking(
                f"{text}: {dict(old[text])} became {dict(new[text])}",
                Whom.CONVERSIONS,
                _BREAKS,
                "put it back; a new version may convert otherwise",
            )
    came = {_claims(text): text for text in sorted(new.keys() - old.keys())}
    gone = {_claims(text): text for text in sorted(old.keys() - new.keys())}
    for sides in sorted(came.keys() & gone.keys()):
        yield minor(
            f"{gone[sides]} became {came[sides]}",
            Whom.CONVERSIONS,
            "objects convert otherwise, unless both rules do the same",
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


RULE = Rule("conversion-changed", judge)
