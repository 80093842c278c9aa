"""One string in a version that is several fields in the other: ``host:port``, ``640x480``."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Self

from kconv._differences import ZERO
from kconv._errors import ConversionError
from kconv._paths import INVALID, Finding
from kconv.edges._cast import cast_to, is_castable
from kconv.edges._declared_loss import Loss
from kconv.edges._plan import field_at, shape
from kconv.edges._rule import EACH_BY_FUNCTIONS, Rule, Value
from kconv.edges._steps import MISSING, format_steps, get, put
from kconv.edges._value import Inexact, misfit, refusal
from kconv.fields import Spec, spec_of
from kconv.fields._spec import AnyField

if TYPE_CHECKING:
    from kconv._schema import Type

_USE = "use Functions"


class Split(Rule):
    """The spoke's string is the hub's fields, joined by ``separator``.

    Fields that are integers or booleans are read from the texts that they have, and only from
    these: ``08`` is no part that comes back the same, and an object with it is not converted.

    The last field takes what is left, separators included. A part that is absent in the hub is
    empty in the spoke, and trailing empty parts are left out. Any other part that holds the
    separator could not be told apart again: such an object is not converted.
    """

    name = "split"
    whole = True

    def __init__(self, spoke: str, hub: Sequence[str], *, separator: str) -> None:
        super().__init__(spoke, hub)
        self.separator = separator
        self._joined: Spec | None = None
        self._specs: list[Spec | None] = [None] * len(self.hub)

    def among(self, others: Sequence[Rule], spoke: type[Type]) -> Self:
        """The rule that knows whether the whole may be empty."""
        rule = copy.copy(self)
        field = field_at(spoke, self.spoke[0])
        rule._joined = None if field is None else spec_of(field)
        return rule

    def bound(self, hub: type[Type]) -> Self:
        """The rule that knows which parts are no strings."""
        rule = copy.copy(self)
        fields = [field_at(hub, path) for path in self.hub]
        rule._specs = [None if field is None else spec_of(field) for field in fields]
        return rule

    def to_hub(self, spoke: Value, hub: Value) -> None:
        """Spoke to hub, see the class."""
        found = get(spoke, self.spoke[0])
        if found is MISSING or found is None:
            return
        parts = str(found).split(self.separator, len(self.hub) - 1)
        for steps, spec, part in zip(self.hub, self._specs, parts, strict=False):
            if part:
                try:
                    put(hub, steps, part if spec is None or spec.any_text else cast_to(spec, part))
                except Inexact as error:
                    raise refusal(self.spoke[0], found, error, steps) from None

    def to_spoke(self, hub: Value, spoke: Value) -> None:
        """Hub to spoke, see the class."""
        found = [get(hub, steps) for steps in self.hub]
        parts = ["" if part is MISSING or part is None else cast_to(None, part) for part in found]
        while parts and not parts[-1]:
            parts.pop()
        for steps, part in zip(self.hub[:-1], parts, strict=False):
            if self.separator in part:
                message = (
                    f'"{part}" holds "{self.separator}", which separates '
                    f"it from the next part in {format_steps(self.spoke[0])}"
                )
                raise ConversionError(
                    f"{format_steps(steps)}: {message}",
                    findings=[Finding(steps, INVALID, message)],
                )
        if parts:
            put(spoke, self.spoke[0], self.separator.join(parts))

    def problems(self) -> list[str]:
        """What `Scheme.freeze` refuses about the rule."""
        if any("*" in path for path in (*self.spoke, *self.hub)):
            return [f"{self}: split works on paths without [*]; {EACH_BY_FUNCTIONS}"]
        return []

    def misfits(self, spoke: Sequence[AnyField], hub: Sequence[AnyField]) -> list[str]:
        """Fields that are no strings, or parts that are neither that nor integers or booleans."""
        found = []
        if not spec_of(spoke[0]).any_text:
            found = [misfit(self, self.spoke[0], f"is no string but {shape(spoke[0])}; {_USE}")]
        for path, field in zip(self.hub, hub, strict=True):
            if not is_castable(spec_of(field)):
                found.append(misfit(self, path, f"is no string but {shape(field)}; {_USE}"))
            elif not spec_of(field).any_text and not spec_of(spoke[0]).pattern:
                at = format_steps(self.spoke[0])
                what = f"is {shape(field)}, and {at} takes any text; give that a pattern"
                found.append(misfit(self, path, what))
        return found

    def losses(self) -> Iterator[Loss]:
        """Texts that are empty, where they may be: joined, they say as little as absent ones."""
        for steps, spec in zip(self.hub, self._specs, strict=True):
            if spec is None or (spec.any_text and spec.may_be_empty):
                yield Loss((*steps, ZERO), "to spoke", reason="an empty part is as good as none")
        if self._joined is None or self._joined.may_be_empty:
            yield Loss((*self.spoke[0], ZERO), "to hub", reason="an empty string has no parts")
