"""Since and until when releases of Kubernetes serve a version of a kind, and what replaces it.

The data beside it is written by ``tools/write-releases`` from what the API's types say of
themselves. A version that is not in there is served by every release, as far as is known.
"""

from __future__ import annotations

import json
from pathlib import Path

Kinds = dict[str, tuple[str, str, str, str]]
"""By kind: introduced in, deprecated in, removed in, replaced by (a version and a kind)."""

_said = json.loads(Path(__file__).with_suffix(".json").read_bytes())

NEWEST: str = _said["newest"]
"""The newest release that is known."""

RELEASES: dict[str, Kinds] = {
    version: {kind: tuple(said) for kind, said in kinds.items()}
    for version, kinds in _said["releases"].items()
}
