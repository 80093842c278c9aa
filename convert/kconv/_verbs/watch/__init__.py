"""Watches: changes as they happen, from any resourceVersion that the change log reaches."""

from kconv._verbs.watch.broadcaster import Broadcaster
from kconv._verbs.watch.events import Events
from kconv._verbs.watch.polled import Polled
from kconv._verbs.watch.stream import Watch

__all__ = ["Broadcaster", "Events", "Polled", "Watch"]
