"""`View`: the fields of a value by name, in whichever form the engine keeps the value."""

from __future__ import annotations

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

    # The mixin's own go by exceptions, and by each other: a write asks for some fifty fields.
    def __getitem__(self, name: str) -> Any:
        value = self.get(name, UNSET)
        if value is UNSET:
            raise KeyError(name)
        return value

    def get(self, name: str, default: Any = None) -> Any:
        native = self.native
        if isinstance(native, dict):
            return native.get(name, default)
        attribute = native.__attributes__.get(name)
        if attribute is None:
            return default
        value = getattr(native, attribute)
        return default if value is UNSET else value

    def __contains__(self, name: object) -> bool:
        native = self.native
        if isinstance(native, dict):
            return name in native
        attribute = native.__attributes__.get(name)
        return attribute is not None and getattr(native, attribute) is not UNSET

    def pop(self, name: str, default: Any = _REQUIRED) -> Any:
        value = self.get(name, UNSET)
        if value is not UNSET:
            del self[name]
            return value
        if default is _REQUIRED:
            raise KeyError(name)
        return default

    def drop(self, *names: str) -> None:
        """Have some fields absent."""
        native = self.native
        if isinstance(native, dict):
            for name in names:
                native.pop(name, None)
            return
        attributes = native.__attributes__
        for name in names:
            attribute = attributes.get(name)
            if attribute is not None:
                setattr(native, attribute, UNSET)

    def take(self, source: View, *names: str) -> None:
        """Have some fields as another object of the type has them, absent where they are there."""
        native, other = self.native, source.native
        if not isinstance(native, dict) and not isinstance(other, dict):
            attributes = native.__attributes__
            if attributes is other.__attributes__:
                for name in names:
                    attribute = attributes.get(name)
                    if attribute is not None:
                        setattr(native, attribute, getattr(other, attribute))
                return
        for name in names:
            if name in source:
                self[name] = source[name]
            else:
                self.drop(name)

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

    def __bool__(self) -> bool:
        native = self.native
        if isinstance(native, dict):
            return bool(native)
        for attribute in native.__attributes__.values():
            if getattr(native, attribute, UNSET) is not UNSET:
                return True
        return False

    def copied(self) -> View:
        """A view of a copy, whose fields can be set; what they hold is shared."""
        native = self.native
        return View(dict(native) if isinstance(native, dict) else native.__copy__())


def metadata_of(native: Any) -> View:
    """The metadata of an object."""
    return View(native["metadata"] if isinstance(native, dict) else native.metadata)


def with_metadata(native: Any, metadata: View) -> Any:
    """A copy of an object with other metadata, which shares all else."""
    if isinstance(native, dict):
        return {**native, "metadata": metadata.native}
    fresh = native.__copy__()
    fresh.metadata = metadata.native
    return fresh


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
