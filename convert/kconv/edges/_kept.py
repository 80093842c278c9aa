"""Values that were kept, judged by the hub's field that they are for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import marshmallow

from kconv._document import document_options
from kconv._nesting import nests_deeper
from kconv._paths import DEPTH
from kconv._resource import KindType
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
    null: bool = False
    """Whether null is a value of its own, as it may be in documents."""

    @classmethod
    def at(cls, hub: type[Type], path: Steps) -> Kept | None:
        """The field at a path through objects; None where the hub has none there."""
        field = field_at(hub, path)
        options = document_options(hub) if issubclass(hub, KindType) else None
        null = options is not None and options.keeps_null
        return None if field is None else cls(hub, path, field, null)

    def decode(self, value: Any) -> Any:
        """The value in its canonical form.

        `MISSING` where it is null (unless that is a value to the kind), of another type, nested too
        deep to be read again, or breaks one of the field's own rules.
        """
        if value is None:
            return None if self.null and not self.field.required else MISSING
        if nests_deeper(value, DEPTH - len(self.path)):
            return MISSING
        try:
            found = self.field.deserialize(value)
        except marshmallow.ValidationError:
            return MISSING
        if not self._sound(found):
            return MISSING
        # It was canonical when it was kept, and its nulls are values then.
        return value if self.null else found

    def _sound(self, value: Any) -> bool:
        # The hub judges it where it lies: without the rules that groups add, which are for writes.
        whole = value
        for step in reversed(self.path):
            whole = {step: whole}
        findings = self.hub.instance().check_fields(whole)
        return not any(each.path[: len(self.path)] == self.path for each in findings)
