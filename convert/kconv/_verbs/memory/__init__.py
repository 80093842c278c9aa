"""The objects of the database in memory, as a server answers reads from them."""

from kconv._verbs.memory.cached_row import CachedRow
from kconv._verbs.memory.collection import Collection
from kconv._verbs.memory.follower import Follower, Listener
from kconv._verbs.memory.limits import CACHE_BYTES, MemoryUse

__all__ = ["CACHE_BYTES", "CachedRow", "Collection", "Follower", "Listener", "MemoryUse"]
