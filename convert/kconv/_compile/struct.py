"""`Struct`: the compiled value of a type, with the reading and writing of a dict.

Rules and computed defaults are written for dicts; this lets them run on compiled values as they
are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

import msgspec
from msgspec import UNSET


class Struct(msgspec.Struct):
    """Base of all compiled types.

    Attributes are called as in the YAML, but where Python does not allow that: ``__attributes__``
    has the attribute of each field by its name. An absent field is ``msgspec.UNSET``.
    """

    __attributes__: ClassVar[Mapping[str, str]] = {}
    __objects__: ClassVar[dict[str, Callable[[Any], Any]]] = {}
    """What compiles the values of fields that hold objects, by attribute."""

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a field; ``default`` when it is absent."""
        value = getattr(self, self.__attributes__.get(name, ""), UNSET)
        return default if value is UNSET else value

    def setdefault(self, name: str, default: Any = None) -> Any:
        """The value of a field, which is set to ``default`` when it is absent."""
        attribute = self.__attributes__[name]
        value = getattr(self, attribute, UNSET)
        if value is UNSET:
            self[name] = default
            return getattr(self, attribute)
        return value

    def pop(self, name: str, *default: Any) -> Any:
        """Take a field's value away; KeyError without a default when it is absent."""
        if name in self:
            value = self[name]
            del self[name]
            return value
        if default:
            return default[0]
        raise KeyError(name)

    def update(self, *others: Any, **values: Any) -> None:
        """Set the fields that mappings, or pairs, and arguments say."""
        for name, value in dict(*others, **values).items():
            self[name] = value

    def values(self) -> Iterator[Any]:
        """The values of the fields that are set."""
        return (self[name] for name in self)

    def keys(self) -> Iterator[str]:
        """The names of the fields that are set, as declared."""
        return iter(self)

    def items(self) -> Iterator[tuple[str, Any]]:
        """Names and values of the fields that are set, as declared."""
        return ((name, self[name]) for name in self)

    def __contains__(self, name: str) -> bool:
        return getattr(self, self.__attributes__.get(name, ""), UNSET) is not UNSET

    def __getitem__(self, name: str) -> Any:
        value = getattr(self, self.__attributes__.get(name, ""), UNSET)
        if value is UNSET:
            raise KeyError(name)
        return value

    def __setitem__(self, name: str, value: Any) -> None:
        attribute = self.__attributes__[name]
        compiled = self.__objects__.get(attribute)
        setattr(self, attribute, value if compiled is None else compiled(value))

    def __delitem__(self, name: str) -> None:
        setattr(self, self.__attributes__[name], UNSET)

    def __iter__(self) -> Iterator[str]:
        for attribute, name in zip(
            self.__struct_fields__, self.__struct_encode_fields__, strict=True
        ):
            if getattr(self, attribute) is not UNSET:
                yield name


# So that rules may ask for one. There is no __len__: an object is true however little it holds.
Mapping.register(Struct)
