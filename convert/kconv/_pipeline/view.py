"""`View`: the fields of a value by name, in whichever form the engine keeps the value."""

from __future__ import annotations

import copy
from collections.abc import Iterator, MutableMapping
from typing import Any, Final

from msgspec import UNSET

_REQUIRED: Final = object()


class View(MutableMapping[str, Any]):
    """Reads and sets the fields of one object, a dict or a compiled struct, without converting it.

    What a field holds is handed out as the engine keeps it: an object within it needs a view of its
    own. Setting a field changes the object in place; `copied` makes one that may be changed.
    """

    __slots__ = ("native",)

    def __init__(self, native: Any) -> None:
        self.native = native

    def __getitem__(self, name: str) -> Any:
        value = self._value(name)
        if value is UNSET:
            raise KeyError(name)
        return value

    # The mixin's own go by exceptions, and a write asks for some fifty fields.
    def get(self, name: str, default: Any = None) -> Any:
        value = self._value(name)
        return default if value is UNSET else value

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._value(name) is not UNSET

    def pop(self, name: str, default: Any = _REQUIRED) -> Any:
        value = self._value(name)
        if value is not UNSET:
            del self[name]
            return value
        if default is _REQUIRED:
            raise KeyError(name)
        return default

    def _value(self, name: str) -> Any:
        native = self.native
        if isinstance(native, dict):
            return native.get(name, UNSET)
        attribute = native.__attributes__.get(name)
        return UNSET if attribute is None else getattr(native, attribute)

    def __setitem__(self, name: str, value: Any) -> None:
        if isinstance(self.native, dict):
            self.native[name] = value
        else:
            setattr(self.native, self.native.__attributes__[name], value)

    def __delitem__(self, name: str) -> None:
        if isinstance(self.native, dict):
            del self.native[name]
        elif name in self:
            setattr(self.native, self.native.__attributes__[name], UNSET)
        else:
            raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        if isinstance(self.native, dict):
            yield from self.native
            return
        for name, attribute in self.native.__attributes__.items():
            if getattr(self.native, attribute, UNSET) is not UNSET:
                yield name

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def copied(self) -> View:
        """A view of a copy, whose fields can be set; what they hold is shared."""
        native = self.native
        return View(dict(native) if isinstance(native, dict) else copy.copy(native))


def value_at(native: Any, steps: tuple[str, ...]) -> Any:
    """What is at a path of field names within a value; None when nothing is."""
    for step in steps:
        if isinstance(native, dict):
            native = native.get(step)
        elif hasattr(native, "__attributes__"):
            native = View(native).get(step)
        else:
            return None
    return native
