"""Bytes to JSON-shaped values and back: JSON and YAML, with limits that hold before memory does.

`kconv._codec.json` and `kconv._codec.yaml` decode and encode; this package holds what they share.
"""

from kconv._codec.limits import LIMIT
from kconv._paths import DEPTH

__all__ = ["DEPTH", "LIMIT"]
