"""`TrackedDocument`: a document that tells the session when it changes, at whatever depth.

Lists and objects within it are made to tell it when they are first looked at, so that a document
that is only read costs nothing for them.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, SupportsIndex, TypeVar

from sqlalchemy.ext.mutable import Mutable

if TYPE_CHECKING:
    from kconv.sqlalchemy._writing import Encoded

_Default = TypeVar("_Default")
_MISSING: Any = object()


def plain(value: Any) -> Any:
    """A value as dicts and lists that tell nobody."""
    if isinstance(value, Mapping):
        items = dict.items(value) if isinstance(value, dict) else value.items()
        return {key: plain(each) for key, each in items}
    if isinstance(value, list | tuple):
        return (
            [plain(each) for each in list.__iter__(value)]
            if isinstance(value, list)
            else [plain(each) for each in value]
        )
    return value


class _Tracked:
    """What the containers of a document have in common."""

    __slots__ = ()

    def _changed(self) -> None:
        raise NotImplementedError

    def _document(self) -> TrackedDocument:
        raise NotImplementedError

    def _tracked(self, value: Any) -> Any:
        """A value as it is put into the document: containers are copied."""
        if isinstance(value, dict):
            return TrackedDict(value, self._document())
        if isinstance(value, list | tuple):
            return TrackedList(value, self._document())
        return value

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return copy.deepcopy(plain(self), memo)


class _TrackedMapping(_Tracked, dict[str, Any]):
    __slots__ = ()

    def __getitem__(self, key: str) -> Any:
        value = dict.__getitem__(self, key)
        if type(value) is dict or type(value) is list:
            value = self._tracked(value)
            dict.__setitem__(self, key, value)
        return value

    def get(self, key: str, default: Any = None) -> Any:
        """The value under a key."""
        return self[key] if key in self else default  # noqa: SIM401 - this is `get`

    def values(self) -> Any:
        """The values, as those that are looked up."""
        return [self[key] for key in self]

    def items(self) -> Any:
        """Keys and values, as those that are looked up."""
        return [(key, self[key]) for key in self]

    def __setitem__(self, key: str, value: Any) -> None:
        dict.__setitem__(self, key, self._tracked(value))
        self._changed()

    def __delitem__(self, key: str) -> None:
        dict.__delitem__(self, key)
        self._changed()

    def setdefault(self, key: str, default: Any = None) -> Any:
        """The value under a key, which gets ``default`` if it has none."""
        if key not in self:
            self[key] = default
        return self[key]

    def pop(self, key: str, default: Any = _MISSING) -> Any:
        """Take a key out."""
        if key not in self and default is not _MISSING:
            return default
        value = plain(dict.pop(self, key))
        self._changed()
        return value

    def popitem(self) -> tuple[str, Any]:
        """Take the last key out."""
        key, value = dict.popitem(self)
        self._changed()
        return key, plain(value)

    def update(self, *others: Any, **values: Any) -> None:
        """Set many keys."""
        for key, value in dict(*others, **values).items():
            dict.__setitem__(self, key, self._tracked(value))
        self._changed()

    def __ior__(self, other: Any) -> Any:  # type: ignore[misc]  # what is made by | is no document
        self.update(other)
        return self

    def clear(self) -> None:
        """Take all keys out."""
        dict.clear(self)
        self._changed()

    def copy(self) -> dict[str, Any]:
        """A dict that tells nobody; what is within it as well."""
        copied: dict[str, Any] = plain(self)
        return copied


class TrackedDict(_TrackedMapping):
    """An object within a document."""

    __slots__ = ("_root",)

    def __init__(self, value: Mapping[str, Any], root: TrackedDocument) -> None:
        super().__init__(value)
        self._root = root

    def _changed(self) -> None:
        self._root.changed()

    def _document(self) -> TrackedDocument:
        return self._root

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        return dict, (plain(self),)


class TrackedList(_Tracked, list[Any]):
    """A list within a document."""

    __slots__ = ("_root",)

    def __init__(self, value: Iterable[Any], root: TrackedDocument) -> None:
        super().__init__(value)
        self._root = root

    def _changed(self) -> None:
        self._root.changed()

    def _document(self) -> TrackedDocument:
        return self._root

    def _at(self, index: int) -> Any:
        value = list.__getitem__(self, index)
        if type(value) is dict or type(value) is list:
            value = self._tracked(value)
            list.__setitem__(self, index, value)
        return value

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self._at(each) for each in range(*index.indices(len(self)))]
        return self._at(index)

    def __iter__(self) -> Iterator[Any]:
        for index in range(len(self)):
            if index >= len(self):
                return
            yield self._at(index)

    def __reversed__(self) -> Iterator[Any]:
        return iter(self[::-1])

    def __setitem__(self, index: Any, value: Any) -> None:
        many = isinstance(index, slice)
        made = [self._tracked(each) for each in value] if many else self._tracked(value)
        list.__setitem__(self, index, made)
        self._changed()

    def __delitem__(self, index: Any) -> None:
        list.__delitem__(self, index)
        self._changed()

    def append(self, value: Any) -> None:
        """Add an element at the end."""
        list.append(self, self._tracked(value))
        self._changed()

    def extend(self, values: Iterable[Any]) -> None:
        """Add elements at the end."""
        list.extend(self, [self._tracked(each) for each in values])
        self._changed()

    def __iadd__(self, values: Iterable[Any]) -> Any:  # type: ignore[misc]  # as list has it
        self.extend(values)
        return self

    def __imul__(self, times: SupportsIndex) -> Any:
        list.__setitem__(self, slice(None), [self._tracked(each) for each in plain(self) * times])
        self._changed()
        return self

    def insert(self, index: SupportsIndex, value: Any) -> None:
        """Put an element in."""
        list.insert(self, index, self._tracked(value))
        self._changed()

    def pop(self, index: SupportsIndex = -1) -> Any:
        """Take an element out."""
        value = plain(list.pop(self, index))
        self._changed()
        return value

    def remove(self, value: Any) -> None:
        """Take the first element that equals a value out."""
        list.remove(self, value)
        self._changed()

    def clear(self) -> None:
        """Take all elements out."""
        list.clear(self)
        self._changed()

    def sort(self, *, key: Callable[[Any], Any] | None = None, reverse: bool = False) -> None:
        """Sort the elements."""
        list.sort(self, key=key, reverse=reverse)
        self._changed()

    def reverse(self) -> None:
        """Turn the order round."""
        list.reverse(self)
        self._changed()

    def copy(self) -> list[Any]:
        """A list that tells nobody; what is within it as well."""
        copied: list[Any] = plain(self)
        return copied

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        return list, (plain(self),)


class TrackedDocument(Mutable, _TrackedMapping):
    """A document in a column: a dict whose changes, at any depth, the session sees.

    ``written`` is what a flush is about to write for it.
    """

    written: Encoded | None = None

    @classmethod
    def coerce(cls, key: str, value: Any) -> TrackedDocument | None:
        """Any dict as a document that is tracked. Raises ``ValueError`` for what is none."""
        if isinstance(value, TrackedDocument):
            return value
        if isinstance(value, Mapping):
            return cls(plain(value))
        coerced: TrackedDocument | None = Mutable.coerce(key, value)
        return coerced

    def _changed(self) -> None:
        self.changed()

    def _document(self) -> TrackedDocument:
        return self

    def __getstate__(self) -> dict[str, Any]:
        return {}

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        return type(self), (plain(self),)
