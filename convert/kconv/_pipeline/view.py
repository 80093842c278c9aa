"""`View`: the fields of a value by name, in whichever form the engine keeps the value."""

from __future__ import annotations

import copy
from collections.abc import Iterator, MutableMapping
from typing import Any

from msgspec import UNSET


class View(MutableMapping[str, Any]):
    """Reads and sets the fields of one object, a dict or a compiled struct, without converting it.

    What a field holds is handed out as the engine keeps it: an object within it needs a view of its
    own. Setting a field changes the object in place; `copied` makes one that may be changed.
    """

    __slots__ = ("native",)

    def __init__(self, native: Any) -> None:
        self.native = native

    def __getitem__(self, name: str) -> Any:
        if isinstance(self.native, dict):
            return self.native[name]
        value = getattr(self.native, self.native.__attributes__.get(name, ""), UNSET)
        if value is UNSET:
            raise KeyError(name)
        return value

    def __setitem__(self, name: str, value: Any) -> None:
        if isinstance(self.native, dict):
            self.native[name] = value
        else:
            setattr(self.native, self.native.__attributes__[name], value)

    def __delitem__(self, name: str) -> None:
        if isinstance(self.native, dict):
            del self.native[name]
        else:
            _ = self[name]
            setattr(self.native, self.native.__attributes__[name], UNSET)

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
