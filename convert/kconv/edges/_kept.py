"""Values that annotations kept, judged by the hub's field that they are for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import marshmallow

from kconv._paths import DEPTH, nests_deeper
from kconv._schema import Type
from kconv.edges._plan import field_at
from kconv.edges._steps import MISSING, Steps
from kconv.fields._spec import AnyField


@dataclass(frozen=True, slots=True)
class Kept:
    """A field of a hub, as what decides about values that were kept for it."""

    hub: type[Type]
    path: Steps
    field: AnyField

    @classmethod
    def at(cls, hub: type[Type], path: Steps) -> Kept | None:
        """The field at a path through objects; None where the hub has none there."""
        field = field_at(hub, path)
        return None if field is None else cls(hub, path, field)

    def decode(self, value: Any) -> Any:
        """The value in its canonical form.

        `MISSING` where it is null, of another type, nested too deep to be read again, or breaks
        one of the field's own rules.
        """
        if value is None or nests_deeper(value, DEPTH - len(self.path)):
            return MISSING
        try:
            found = self.field.deserialize(value)
        except marshmallow.ValidationError:
            return MISSING
        return found if self._sound(found) else MISSING

    def _sound(self, value: Any) -> bool:
        # The hub judges it where it lies: without the rules that groups add, which are for writes.
        whole = value
        for step in reversed(self.path):
            whole = {step: whole}
        findings = self.hub.instance().check_fields(whole)
        return not any(each.path[: len(self.path)] == self.path for each in findings)
