"""The objects of the database in memory, as a server answers reads from them."""

from kconv._verbs.memory.cached_row import CachedRow
from kconv._verbs.memory.collection import Collection
from kconv._verbs.memory.direct import Direct
from kconv._verbs.memory.follower import Follower, Listener
from kconv._verbs.memory.limits import CACHE_BYTES, MemoryUse
from kconv._verbs.memory.protocol import Memory

__all__ = [
    "CACHE_BYTES",
    "CachedRow",
    "Collection",
    "Direct",
    "Follower",
    "Listener",
    "Memory",
    "MemoryUse",
]
