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
_BEYOND: Final = re.compile(r"recursion (?:limit|depth)|codepoint limit")
_OPTIONAL: Final = "cel.bind(oldSelf, hasOldSelf ? optional.of(oldSelf) : optional.none(), {})"


class Failed(Exception):
    """A rule cannot be evaluated on a value; the message says why."""


@dataclass(frozen=True, slots=True)
class Broken:
    """An expression that is none; ``why`` says so."""

    why: str


@dataclass(frozen=True, slots=True)
class Lacking:
    """An expression that needs something of Kubernetes which is not there; ``why`` says what."""

    why: str


@dataclass(frozen=True, slots=True)
class Program:
    """An expression, compiled; ``is_transition`` says that it is judged with what was before.

    ``uses_old`` says that it looks at that.
    """

    expression: Any
    is_transition: bool
    uses_old: bool = False

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
    alone, compared = environment(old=False), environment(old=True)
    try:
        compiled = alone.compile(text)
    except (RuntimeError, TypeError, ValueError):
        compiled = None
    uses_old = compiled is None
    is_transition = uses_old or optional_old
    try:
        if compiled is None or optional_old:
            written = _OPTIONAL.format(text) if optional_old else text
            compiled = compared.compile(written)
    except (RuntimeError, TypeError, ValueError) as error:
        names = {*_UNDECLARED.findall(str(error))}
        lacking = sorted(names & LACKING)
        if lacking:
            return Lacking(f"kconv has no {lacking[0]}()")
        if _BEYOND.search(str(error)):
            return Lacking("it is nested too deep, or too long, for kconv")
        return Broken(_first(str(error)))
    kinds = types()
    wanted = kinds.BOOL if gives == "bool" else kinds.STRING
    if compiled.return_type() not in (wanted, kinds.DYN):
        return Broken(f"must evaluate to a {gives}")
    return Program(compiled, is_transition, uses_old)


def _first(text: str) -> str:
    """What an error says, without where in the text it is."""
    located = _LOCATED.findall(text)
    found = located[0] if located else text.splitlines()[0]
    return re.sub(r"^[A-Z_]+: | \[[A-Z_]+\]$", "", found)
