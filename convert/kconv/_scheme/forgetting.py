"""What is worked out about a kind goes with it: caches by kind or version, and who clears them.

A `kconv._scheme.Scheme.changeable` gives kinds up while a server runs. Caches are the scheme's to
clear, so that none keeps what is gone, however often kinds come and go.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, Generic, TypeVar
from weakref import WeakValueDictionary

from kconv._scheme.spoke import HubKind, Spoke

K = TypeVar("K")
V = TypeVar("V")


class KindCache(dict[K, V], Generic[K, V]):
    """A dict whose keys, parts of keys or values are kinds or their versions."""

    def keep(self, kinds: Collection[HubKind]) -> None:
        """Forget what is of other kinds than these."""
        for key, value in list(self.items()):
            if any(kind not in kinds for kind in _kinds_in((key, value))):
                self.pop(key, None)


class KindCounts(KindCache[K, int], Generic[K]):
    """How often, by kind or version."""

    def __missing__(self, key: K) -> int:
        return 0


class Caches:
    """The caches of a scheme that are still in use."""

    def __init__(self) -> None:
        self._caches: WeakValueDictionary[int, KindCache[Any, Any]] = WeakValueDictionary()

    def add(self, cache: KindCache[Any, Any]) -> None:
        """Clear it from now on, for as long as somebody has it."""
        self._caches[id(cache)] = cache

    def keep(self, kinds: Collection[HubKind]) -> None:
        """Have all of them forget what is of other kinds than these."""
        for each in list(self._caches.values()):
            each.keep(kinds)


def _kinds_in(value: Any) -> Iterator[HubKind]:
    if isinstance(value, HubKind):
        yield value
    elif isinstance(value, Spoke):
        yield value.kind
    elif isinstance(value, tuple):
        for part in value:
            yield from _kinds_in(part)
