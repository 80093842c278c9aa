"""Watches: changes as they happen, from any resourceVersion that the change log reaches."""

from kconv._serve.watch.broadcaster import Broadcaster
from kconv._serve.watch.stream import Watch, open_watch

__all__ = ["Broadcaster", "Watch", "open_watch"]
