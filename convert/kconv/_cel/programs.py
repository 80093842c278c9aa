"""`program`: an expression that is ready to be evaluated, or what is wrong with it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal

from kconv._cel.functions import LACKING
from kconv._cel.library import environment, types

_UNDECLARED: Final = re.compile(r"(?:undeclared reference to|no matching overload for) '(\w+)")
_LOCATED: Final = re.compile(r"ERROR: <input>:\d+:\d+: (.*)")
_OPTIONAL: Final = "cel.bind(oldSelf, hasOldSelf ? optional.of(oldSelf) : optional.none(), {})"


class Failed(Exception):
    """A rule cannot be evaluated on a value; the message says why."""


@dataclass(frozen=True, slots=True)
class Broken:
    """An expression that is none; ``why`` says so."""

    why: str


@dataclass(frozen=True, slots=True)
class Lacking:
    """An expression that needs something of Kubernetes which is not there, by its ``name``."""

    name: str


@dataclass(frozen=True, slots=True)
class Program:
    """An expression, compiled; ``is_transition`` says that it compares with what was before."""

    expression: Any
    is_transition: bool

    def evaluate(self, value: Any, old: Any = None, *, has_old: bool = False) -> Any:
        """Its value. Raises `Failed`."""
        data = {"self": value}
        if self.is_transition:
            data |= {"oldSelf": old, "hasOldSelf": has_old}
        try:
            found = self.expression.eval(data=data)
        except (RuntimeError, TypeError, ValueError) as error:
            raise Failed(_first(str(error))) from None
        if found.type() == types().ERROR:
            raise Failed(_first(str(found.plain_value())))
        return found.plain_value()


@lru_cache(4_000)
def program(
    text: str, *, gives: Literal["bool", "string"] = "bool", optional_old: bool = False
) -> Program | Broken | Lacking:
    """Compile an expression; `is_installed` must hold. Wherever types are known they are checked.

    With ``optional_old`` its ``oldSelf`` is an optional value.
    """
    is_transition = optional_old
    alone, compared = environment(old=False), environment(old=True)
    try:
        compiled = None if optional_old else alone.compile(text)
    except (RuntimeError, TypeError, ValueError):
        compiled, is_transition = None, True
    try:
        if compiled is None:
            written = _OPTIONAL.format(text) if optional_old else text
            compiled = compared.compile(written)
    except (RuntimeError, TypeError, ValueError) as error:
        names = {*_UNDECLARED.findall(str(error))}
        lacking = sorted(names & LACKING)
        return Lacking(lacking[0]) if lacking else Broken(_first(str(error)))
    kinds = types()
    wanted = kinds.BOOL if gives == "bool" else kinds.STRING
    if compiled.return_type() not in (wanted, kinds.DYN):
        return Broken(f"must evaluate to a {gives}")
    return Program(compiled, is_transition)


def _first(text: str) -> str:
    """What an error says, without where in the text it is."""
    located = _LOCATED.findall(text)
    found = located[0] if located else text.splitlines()[0]
    return re.sub(r"^[A-Z_]+: | \[[A-Z_]+\]$", "", found)
