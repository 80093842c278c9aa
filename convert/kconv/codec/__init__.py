"""Bytes to JSON-shaped values and back: JSON and YAML, with limits that hold before memory does.

`kconv.codec.json` and `kconv.codec.yaml` decode and encode; this package holds what they share.
"""

from kconv.codec.limits import LIMIT
from kconv.paths import DEPTH

__all__ = ["DEPTH", "LIMIT"]
