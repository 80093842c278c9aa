"""Fields that two rules of an edge write, so that it would be for their order to decide."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Literal

from kconv._paths import INVALID, Finding
from kconv._scheme.spoke import Spoke
from kconv.edges import Functions, Rule
from kconv.edges._steps import Steps, format_steps


def claim_problems(spoke: Spoke) -> Iterator[Finding]:
    """Findings about fields of the spoke or the hub that more than one rule writes."""
    for side in ("spoke", "hub"):
        yield from _twice(spoke, side)


def _twice(spoke: Spoke, side: Literal["spoke", "hub"]) -> Iterator[Finding]:
    writes: list[tuple[Rule, Steps]] = []
    for rule in spoke.rules:
        if not rule.only_absent:
            paths = rule.spoke if side == "spoke" else rule.hub
            # A function may well be said twice to convert a field; a part of Split may not.
            once = dict.fromkeys(paths) if isinstance(rule, Functions) else paths
            writes += [(rule, path) for path in once]
    for (one, path), (other, beside) in combinations(writes, 2):
        if path == beside:
            within = path
        elif _holds(one, path, other, beside):
            within = beside
        elif _holds(other, beside, one, path):
            within = path
        else:
            continue
        by = f"twice by {one}" if one is other else f"by both {one} and {other}"
        where = f"the {side}'s {format_steps(within)}"
        message = f"{where} is written {by}; leave it to one rule, such as one Functions"
        yield Finding(within, INVALID, f"{spoke.gvk}: {message}")


def _holds(outer: Rule, path: Steps, inner: Rule, within: Steps) -> bool:
    """Whether a rule writes all of a field within which another rule writes."""
    return outer.whole and inner.whole and len(path) < len(within) and within[: len(path)] == path
