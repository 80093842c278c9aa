"""No breaking edit of a shipped schema passes, and no harmless one is called breaking."""

import sys
from functools import cache

from check.mutations.confusion import Outcome, outcomes, table
from check.mutations.policy import BREAKING
from kconv._check.rules import RULE_NAMES


@cache
def found() -> list[Outcome]:
    return list(outcomes())


def test_no_breaking_edit_passes() -> None:
    assert [each for each in found() if each.breaking and not each.called_breaking] == []


def test_every_edit_is_called_rightly() -> None:
    sys.stdout.write(f"\n{table(found())}\n")
    assert [each for each in found() if not each.right] == []


def test_there_are_enough_edits_of_every_family() -> None:
    assert len(found()) >= 60
    assert sum(each.source == "modules" for each in found()) >= 30
    never = BREAKING.keys() - {each.family for each in found()}
    assert never == set()


def test_every_rule_fires_in_a_change_of_a_shipped_group() -> None:
    fired = {rule for each in found() for rule in each.rules}
    assert sorted(fired) == RULE_NAMES
