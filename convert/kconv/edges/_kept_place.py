"""Where rules keep values that a version has no field for.

Objects of the Kubernetes API keep them in an annotation, documents in the field that their hub
names (``kept`` of its ``Meta``).
"""

from __future__ import annotations

from typing import Any, ClassVar, Protocol

from kconv._document import document_options
from kconv._resource import KindType
from kconv._schema import Type
from kconv.edges._annotation import Annotation
from kconv.edges._steps import MISSING, copied

Value = dict[str, Any]


class KeptPlace(Protocol):
    """A place within an object, of the hub or of a version, that keeps values by path."""

    what: ClassVar[str]
    """What messages call it."""
    name: str

    def take(self, value: Value, key: str) -> Any:
        """Take one value out of the place; `MISSING` when there is none."""

    def keep(self, value: Value, key: str, kept: Any) -> None:
        """Add one value. Raises `ConversionError` where there is no room."""


class KeptField:
    """A field of a document that keeps values."""

    what: ClassVar = "field"

    def __init__(self, name: str) -> None:
        self.name = name

    def take(self, value: Value, key: str) -> Any:
        """Take one value out of it, and the field away when it was the last."""
        held = value.get(self.name)
        if not isinstance(held, dict) or key not in held:
            return MISSING
        rest = {name: each for name, each in held.items() if name != key}
        if rest:
            value[self.name] = rest
        else:
            del value[self.name]
        return held[key]

    def keep(self, value: Value, key: str, kept: Any) -> None:
        """Add one value to it."""
        held = value.get(self.name)
        others = held if isinstance(held, dict) else {}
        value[self.name] = {**others, key: copied(kept)}


def kept_place(hub: type[Type], annotation: str) -> KeptPlace:
    """Where the rules of a kind keep values: the field that its hub names, or an annotation.

    A document's field has no name where its hub says none, which `Scheme.freeze` refuses.
    """
    options = document_options(hub) if issubclass(hub, KindType) else None
    return Annotation(annotation) if options is None else KeptField(options.kept)
