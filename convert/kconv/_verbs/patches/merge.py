"""JSON merge patch (RFC 7386), as Kubernetes' library does it."""

from __future__ import annotations

import copy
from typing import Any


def merge_patch(value: Any, patch: Any) -> Any:
    """The value with a patch merged into it: objects merge, null removes, the rest replaces.

    In a list that comes anew, or replaces one, objects lose their nulls, too; in a list that
    replaces an object they keep them.
    """
    if not isinstance(value, dict):
        return _without_nulls(patch)
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    merged = dict(value)
    for key, change in patch.items():
        if change is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), change)
    return merged


def _without_nulls(patch: Any) -> Any:
    if isinstance(patch, dict):
        return {key: _without_nulls(each) for key, each in patch.items() if each is not None}
    if isinstance(patch, list):
        return list(map(_without_nulls, patch))
    return patch
