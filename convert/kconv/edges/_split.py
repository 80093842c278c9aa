"""One string in a version that is several fields in the other: ``host:port``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kconv._differences import ZERO
from kconv._errors import ConversionError
from kconv.edges._declared_loss import Loss
from kconv.edges._plan import shape
from kconv.edges._rule import Rule, Value
from kconv.edges._steps import MISSING, format_steps, get, put
from kconv.fields import spec_of
from kconv.fields._spec import AnyField


class Split(Rule):
    """The spoke's string is the hub's strings, joined by ``separator``.

    The last field takes what is left, separators included. A part that is absent in the hub is
    empty in the spoke, and trailing empty parts are left out. Any other part that holds the
    separator could not be told apart again: such an object is not converted.
    """

    name = "split"
    whole = True

    def __init__(self, spoke: str, hub: Sequence[str], *, separator: str) -> None:
        super().__init__((spoke,), tuple(hub))
        self.separator = separator

    def to_hub(self, spoke: Value, hub: Value) -> None:
        """Spoke to hub, see the class."""
        found = get(spoke, self.spoke[0])
        if found is not MISSING and found is not None:
            parts = str(found).split(self.separator, len(self.hub) - 1)
            for steps, part in zip(self.hub, parts, strict=False):
                if part:
                    put(hub, steps, part)

    def to_spoke(self, hub: Value, spoke: Value) -> None:
        """Hub to spoke, see the class."""
        found = [get(hub, steps) for steps in self.hub]
        parts = ["" if part is MISSING or part is None else str(part) for part in found]
        while parts and not parts[-1]:
            parts.pop()
        for steps, part in zip(self.hub[:-1], parts, strict=False):
            if self.separator in part:
                raise ConversionError(
                    f'{format_steps(steps)}: "{part}" holds "{self.separator}", which separates '
                    f"it from the next part in {format_steps(self.spoke[0])}"
                )
        if parts:
            put(spoke, self.spoke[0], self.separator.join(parts))

    def problems(self) -> list[str]:
        """What `Scheme.freeze` refuses about the rule."""
        if any("*" in path for path in (*self.spoke, *self.hub)):
            return [f"{self}: split works on paths without [*]"]
        return []

    def misfits(self, spoke: Sequence[AnyField], hub: Sequence[AnyField]) -> list[str]:
        """Fields that are no strings."""
        fields = zip((*self.spoke, *self.hub), (*spoke, *hub), strict=True)
        return [
            f"{self}: {format_steps(path)} is no string but {shape(field)}; use Functions"
            for path, field in fields
            if not spec_of(field).any_text
        ]

    def losses(self) -> Iterator[Loss]:
        """Parts that are empty: joined, they say as little as absent ones."""
        for steps in self.hub:
            yield Loss((*steps, ZERO), "to spoke", reason="an empty part is as good as none")
        yield Loss((*self.spoke[0], ZERO), "to hub", reason="an empty string has no parts")
