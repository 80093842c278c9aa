"""The objects of the database in memory, as a server answers reads from them."""

from kconv._serve.memory.cached_row import CachedRow
from kconv._serve.memory.collection import Collection
from kconv._serve.memory.follower import Follower, Listener
from kconv._serve.memory.limits import CACHE_BYTES, MemoryUse

__all__ = ["CACHE_BYTES", "CachedRow", "Collection", "Follower", "Listener", "MemoryUse"]
