"""`program`: an expression that is ready to be evaluated, or what is wrong with it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal

from kconv._cel.expressions import TooDeep, read
from kconv._cel.functions import LACKING
from kconv._cel.library import environment, types
from kconv._cel.work import Reckoning

_UNDECLARED: Final = re.compile(r"(?:undeclared reference to|no matching overload for) '(\w+)")
LOCATED: Final = re.compile(r"ERROR: <input>:\d+:\d+: (.*)")
_BEYOND: Final = re.compile(r"recursion (?:limit|depth)|codepoint limit")
OPTIONAL: Final = "cel.bind(oldSelf, hasOldSelf ? optional.of(oldSelf) : optional.none(), {})"


class Failed(Exception):
    """A rule cannot be evaluated on a value; the message says why."""


class TooLong(Failed):
    """The evaluation of a rule on a value may take too long."""


@dataclass(frozen=True, slots=True)
class Broken:
    """An expression that is none; ``why`` says so, or of which type it ``is_not``."""

    why: str
    is_not: str = ""

    @property
    def said(self) -> str:
        """What the writer of a schema is told."""
        return self.why if self.is_not else f"compilation failed: {self.why}"


@dataclass(frozen=True, slots=True)
class Lacking:
    """An expression that needs something of Kubernetes which is not there; ``why`` says what."""

    why: str


_TOO_DEEP: Final = Lacking("it is nested too deep, or too long, for kconv")


@dataclass(frozen=True, slots=True)
class Program:
    """An expression, compiled; ``is_transition`` says that it is judged with what was before.

    ``uses_old`` says that it looks at that.
    """

    expression: Any
    reckoning: Reckoning
    is_transition: bool
    uses_old: bool = False

    def evaluate(self, value: Any, old: Any = None, *, has_old: bool = False) -> Any:
        """Its value. Raises `Failed`; `TooLong` where nothing was evaluated."""
        data = {"self": value}
        if self.is_transition:
            data |= {"oldSelf": old, "hasOldSelf": has_old}
        if self.reckoning.is_too_long(data):
            raise TooLong("operation cancelled: actual cost limit exceeded")
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
            written = OPTIONAL.format(text) if optional_old else text
            compiled = compared.compile(written)
    except (RuntimeError, TypeError, ValueError) as error:
        names = {*_UNDECLARED.findall(str(error))}
        lacking = sorted(names & LACKING)
        if lacking:
            return Lacking(f"kconv has no {lacking[0]}()")
        if _BEYOND.search(str(error)):
            return _TOO_DEEP
        return Broken(_first(str(error)))
    if not fits(compiled, gives):
        return Broken(not_of_type(gives), is_not=gives)
    try:
        reckoning = Reckoning(read(compiled.serialize()))
    except TooDeep:
        return _TOO_DEEP
    return Program(compiled, reckoning, is_transition, uses_old)


def fits(compiled: Any, gives: Literal["bool", "string"]) -> bool:
    """Whether an expression gives what it should, as far as its type is known."""
    kinds = types()
    wanted = kinds.BOOL if gives == "bool" else kinds.STRING
    return compiled.return_type() in (wanted, kinds.DYN)


def not_of_type(gives: str) -> str:
    """What is said of an expression of another type."""
    return f"{'cel expression ' if gives == 'bool' else ''}must evaluate to a {gives}"


def _first(text: str) -> str:
    """What an error says, without where in the text it is."""
    located = LOCATED.findall(text)
    found = located[0] if located else text.splitlines()[0]
    return re.sub(r"^[A-Z_]+: | \[[A-Z_]+\]$", "", found)
