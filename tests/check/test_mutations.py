"""No breaking edit of a shipped schema passes, and no harmless one is called breaking."""

import sys

from check.mutations.confusion import outcomes, table
from check.mutations.policy import BREAKING
from kconv._check.rules import RULE_NAMES


def test_edits_of_shipped_schemas() -> None:
    """One test, since to make and judge all edits takes long."""
    found = list(outcomes())
    assert [each for each in found if each.breaking and not each.called_breaking] == []
    sys.stdout.write(f"\n{table(found)}\n")
    assert [each for each in found if not each.right] == []
    # There are enough of every family, and every rule fires in a change of a shipped group.
    assert len(found) >= 60
    assert sum(each.source == "modules" for each in found) >= 30
    assert BREAKING.keys() <= {each.family for each in found}
    assert sorted({rule for each in found for rule in each.rules}) == RULE_NAMES
