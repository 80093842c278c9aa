"""Watches: changes as they happen, from any resourceVersion that the change log reaches."""

from kconv.serve.watch.hub import WatchHub
from kconv.serve.watch.stream import Watch, open_watch

__all__ = ["Watch", "WatchHub", "open_watch"]
