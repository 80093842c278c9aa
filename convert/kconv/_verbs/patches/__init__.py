"""The patch types of the Kubernetes API, as functions on JSON values.

Nothing here changes its arguments; each function returns a new document.
"""

from kconv._verbs.patches.apply import APPLY_PATCH, PATCH_TYPES, Patch, patch_types, read_patch
from kconv._verbs.patches.jsonpatch import apply_json_patch
from kconv._verbs.patches.merge import merge_patch
from kconv._verbs.patches.strategic import strategic_merge

__all__ = [
    "APPLY_PATCH",
    "PATCH_TYPES",
    "Patch",
    "apply_json_patch",
    "merge_patch",
    "patch_types",
    "read_patch",
    "strategic_merge",
]
