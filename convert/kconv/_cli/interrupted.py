"""`Interrupted`: Ctrl-C with something to say."""

from __future__ import annotations


class Interrupted(Exception):
    """Ctrl-C came; says what stays as it is, and what goes on from there."""
