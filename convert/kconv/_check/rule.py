"""`Rule`: a name and a function that judges one kind of difference."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from kconv._check.verdict import Verdict

C = TypeVar("C")


@dataclass(frozen=True, slots=True)
class Rule(Generic[C]):
    """A compatibility rule; ``name`` is what findings are called, ``judge`` yields verdicts."""

    name: str
    judge: Callable[[C], Iterable[Verdict]]


def rule(name: str) -> Callable[[Callable[[C], Iterable[Verdict]]], Rule[C]]:
    """Make a rule of that name of the function below."""

    def make(judge: Callable[[C], Iterable[Verdict]]) -> Rule[C]:
        return Rule(name, judge)

    return make
