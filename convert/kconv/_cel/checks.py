"""`Checker`: expressions checked by the types of a schema, and what they may cost."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

from kconv._cel.costs import estimate
from kconv._cel.declared import Declared, sizes_of, typed
from kconv._cel.expressions import TooDeep, kind_of, read
from kconv._cel.literals import literal_problems
from kconv._cel.programs import LOCATED, OPTIONAL, Program, fits, not_of_type, program
from kconv._cel.sizes import MOST

_NUMBER: Final = "(?:int|uint|double)"
_ORDER: Final = re.compile(
    rf"found no matching overload for '_[<>]=?_' applied to '\({_NUMBER}, {_NUMBER}\)'"
)
"""Numbers of two types, which Kubernetes compares; so does the library when it evaluates."""

_WORDS: Final = (
    (re.compile(r" not found in struct .*"), ""),
    (re.compile(r"google\.protobuf\.Timestamp"), "timestamp"),
    (re.compile(r"google\.protobuf\.Duration"), "duration"),
    (re.compile(r"self\.Object\d+"), "object"),
    (re.compile(r"null_type"), "null"),
)
"""What Kubernetes calls what the library calls otherwise."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What is wrong with an expression, if something is; else its cost."""

    why: str = ""
    cost: int = 0


class Checker:
    """Checks the expressions of a schema, whose type is ``root``."""

    def __init__(self, root: Declared) -> None:
        self._root = root
        self._made: Callable[[Declared, bool], Any] | None = None
        self._environments: dict[tuple[int, bool], Any] = {}

    def check(
        self,
        text: str,
        declared: Declared,
        *,
        gives: Literal["bool", "string"] = "bool",
        optional_old: bool = False,
        old: bool = False,
    ) -> Checked:
        """Check an expression that compiles if nothing is known of types (`program`).

        ``declared`` is the type of its ``self``, within the root; ``old`` says that it looks at
        what was before.
        """
        kinds = self._environment(declared, old or optional_old)
        try:
            compiled = kinds.compile(OPTIONAL.format(text) if optional_old else text)
        except (RuntimeError, TypeError, ValueError) as error:
            said = [each for each in LOCATED.findall(str(error)) if not _ORDER.search(each)]
            if said:
                return Checked(why=f"compilation failed: {_worded(said[0])}")
            known = program(text, gives=gives, optional_old=optional_old)
            if not isinstance(known, Program):
                return Checked()
            compiled = known.expression
        else:
            if not fits(compiled, gives):
                return Checked(why=not_of_type(gives))
        try:
            found = read(compiled.serialize())
        except TooDeep:
            return Checked(cost=MOST)
        for why in literal_problems(found):
            return Checked(why=f"compilation failed: {why}")
        whole = found.expr
        if optional_old and kind_of(whole) == "comprehension_expr":
            whole = whole.comprehension_expr.result
        return Checked(cost=estimate(found, whole, sizes_of(declared)))

    def _environment(self, declared: Declared, old: bool) -> Any:
        found = self._environments.get((id(declared), old))
        if found is None:
            if self._made is None:
                self._made = typed(self._root)
            found = self._environments[id(declared), old] = self._made(declared, old)
        return found


def _worded(text: str) -> str:
    for pattern, word in _WORDS:
        text = pattern.sub(word, text)
    return text
