"""A conversion rule that does something else, or is gone."""

from __future__ import annotations

from collections.abc import Iterator

from kconv.check.change import KindChange
from kconv.check.rule import Rule
from kconv.check.verdict import Verdict, Whom, breaking, minor

_LEDGER = ("lose", "preserve")
"""Rules that only say what the ledger of loss has too, which has its own rules."""

_BREAKS = "the same object means something else in the other versions than before"


def judge(change: KindChange) -> Iterator[Verdict]:
    """Other particulars, such as the values of a map-values; a rule that went.

    A rule that another one about the same fields replaced may do the same.
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
    came = {_claims(text): text for text in new.keys() - old.keys()}
    for text in sorted(old.keys() - new.keys()):
        name, sides = text.partition("(")[0], _claims(text)
        if sides in came:
            yield minor(
                f"{text} became {came[sides]}",
                Whom.CONVERSIONS,
                "objects convert otherwise, unless both rules do the same",
                "convert the golden data of past releases with both",
            )
        elif name not in _LEDGER:
            yield breaking(
                f"{text} was removed",
                Whom.CONVERSIONS,
                _BREAKS,
                "put the rule back, or replace it by one about the same fields",
            )


def _claims(text: str) -> str:
    return text.partition("(")[2].partition(" #")[0]


RULE = Rule("conversion-changed", judge)
