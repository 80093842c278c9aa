"""Garbage collection: objects go with those that they name as their owners."""

from kconv._verbs.garbage.collector import Collected, Collector

__all__ = ["Collected", "Collector"]
