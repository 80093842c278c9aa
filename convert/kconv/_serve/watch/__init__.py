"""Watches: changes as they happen, from any resourceVersion that the change log reaches."""

from kconv._serve.watch.hub import WatchHub
from kconv._serve.watch.stream import Watch, open_watch

__all__ = ["Watch", "WatchHub", "open_watch"]
