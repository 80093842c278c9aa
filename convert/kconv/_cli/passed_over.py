"""What is said of files that are passed over: a line per reason, or each of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from kconv._cli.console import say
from kconv._files.foreign import PassedOver


def say_passed_over(passed: Sequence[PassedOver], verbose: bool) -> None:
    """Say what is no manifest to convert: how many for each reason, with ``verbose`` all names."""
    if verbose:
        for each in passed:
            say(f"passed over {each}")
        return
    reasons = Counter(each.reason for each in passed)
    for reason, number in reasons.most_common():
        say(f"passed over {number:,}: {reason}")
    if reasons:
        say("-v names them")
