"""`Interrupted`: Ctrl-C with something to say."""

from __future__ import annotations


class Interrupted(Exception):
    """Ctrl-C: the message says what is kept, and how to continue."""
