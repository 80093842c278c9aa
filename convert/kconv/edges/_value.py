"""`ValueRule`: a field of the spoke and one of the hub, each value with its counterpart."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Self

from kconv._errors import ConversionError
from kconv._paths import INVALID, Finding, Path, format_path, quote
from kconv.edges._declared_loss import Direction
from kconv.edges._plan import field_at
from kconv.edges._rule import Rule, Value, same_elements
from kconv.edges._steps import EACH, MISSING, Steps, format_steps, get, pairs, put
from kconv.fields import Spec, spec_of

if TYPE_CHECKING:
    from kconv._schema import Type

Convert = Callable[[Any], Any]


class Inexact(ValueError):
    """A value that the other side cannot hold; says why, in words that go behind the value."""


class ValueRule(Rule):
    """A field that has another form in the other version, value by value, at any depth.

    A value without a counterpart is not converted: that is a `ConversionError` with a finding.
    """

    whole = True
    carries = True

    def __init__(self, spoke: str, hub: str) -> None:
        super().__init__((spoke,), (hub,))
        self._spoke_spec: Spec | None = None
        self._hub_spec: Spec | None = None

    @abstractmethod
    def forward(self, value: Any) -> Any:
        """A value of the spoke as the hub has it. Raises `Inexact`."""

    @abstractmethod
    def backward(self, value: Any) -> Any:
        """A value of the hub as the spoke has it. Raises `Inexact`."""

    def among(self, others: Sequence[Rule], spoke: type[Type]) -> Self:
        """The rule that knows what the spoke's field is."""
        rule = super().among(others, spoke)
        field = field_at(spoke, self.spoke[0])
        rule._spoke_spec = None if field is None else spec_of(field)
        return rule

    def bound(self, hub: type[Type]) -> Self:
        """The rule that knows what the hub's field is."""
        rule = super().bound(hub)
        field = field_at(hub, self.hub[0])
        rule._hub_spec = None if field is None else spec_of(field)
        return rule

    def converter(self, direction: Direction) -> Convert:
        """What converts a single value, for paths without ``[*]``. Raises `ConversionError`."""
        forward = direction == "to hub"
        convert = self.forward if forward else self.backward
        path = self.spoke[0] if forward else self.hub[0]
        target = self.hub[0] if forward else self.spoke[0]

        def converted(value: Any) -> Any:
            try:
                return convert(value)
            except Inexact as error:
                raise refusal(path, value, error, target) from None

        return converted

    def to_hub(self, spoke: Value, hub: Value) -> None:
        """Spoke to hub, see the class."""
        self._move(spoke, self.spoke[0], hub, self.hub[0], self.forward)

    def to_spoke(self, hub: Value, spoke: Value) -> None:
        """Hub to spoke, see the class."""
        self._move(hub, self.hub[0], spoke, self.spoke[0], self.backward)

    def _move(
        self, source: Value, path: Steps, target: Value, to: Steps, convert: Convert
    ) -> None:  # fmt: skip
        for one, steps, other, rest in pairs(source, path, target, to):
            found = get(one, steps)
            if found is MISSING:
                continue
            try:
                put(other, rest, None if found is None else convert(found))
            except Inexact as error:
                at = (*_path_to(source, path, one), *steps)
                raise refusal(at, found, error, to) from None

    def problems(self) -> list[str]:
        """What `Scheme.freeze` refuses about the rule."""
        return same_elements(self, self.spoke[0], self.hub[0])


def refusal(path: Path, value: Any, why: Exception, target: Steps) -> ConversionError:
    """The error of a value that has no counterpart at ``target``."""
    message = f"{quote(value)} cannot be held by {format_steps(target)}: {why}"
    finding = Finding(path, INVALID, message)
    return ConversionError(f"{format_path(path)}: {message}", findings=[finding])


def whole_number(value: int, spec: Spec | None) -> int:
    """A whole number, if it is one that the field can be. Raises `Inexact`."""
    low, high = (None, None) if spec is None or spec.range is None else spec.range
    if low is not None and high is not None and not low <= value <= high:
        raise Inexact(f"{value} does not fit in {spec.format if spec else ''}")
    return value


def _path_to(value: Any, steps: Steps, holder: Any, at: Path = ()) -> Path:
    """The path of an object that ``steps`` lead into by their ``[*]``."""
    if value is holder or EACH not in steps:
        return at
    before = steps[: steps.index(EACH)]
    inner, rest = get(value, before), steps[len(before) + 1 :]
    for key, each in inner.items() if isinstance(inner, dict) else enumerate(inner):
        if each is holder:
            return (*at, *before, key)
        if EACH in rest and (found := _path_to(each, rest, holder, (*at, *before, key))):
            return found
    return ()


def misfit(rule: Rule, path: Steps, what: str) -> str:
    """What `Scheme.freeze` says of a field that a rule cannot join."""
    return f"{rule}: {format_steps(path)} {what}"
