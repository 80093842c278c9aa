"""JSON merge patch (RFC 7386)."""

from __future__ import annotations

import copy
from typing import Any


def merge_patch(value: Any, patch: Any) -> Any:
    """The value with a patch merged into it: objects merge, null removes, the rest replaces."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    merged = dict(value) if isinstance(value, dict) else {}
    for key, change in patch.items():
        if change is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), change)
    return merged
