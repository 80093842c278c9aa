"""v1beta3 to the hub and back, as ``pkg/apis/flowcontrol/v1beta3/conversion.go`` does it."""

from __future__ import annotations

from typing import Any

from kconv.edges import Functions
from kconv_schemas.flowcontrol.defaults import KEEPS_ZERO

Value = dict[str, Any]


def to_hub(spoke: Value, hub: Value) -> None:
    """The hub tells 0 from unset, and needs no annotation for it."""
    _copy_shares(spoke, hub)
    _without_mark(hub["metadata"])


def to_spoke(hub: Value, spoke: Value) -> None:
    """Shares of 0 are marked, so that they do not become the default."""
    if _copy_shares(hub, spoke) == 0:
        spoke["metadata"].setdefault("annotations", {})[KEEPS_ZERO] = ""


def _copy_shares(source: Value, target: Value) -> int | None:
    shares: int | None = ((source.get("spec") or {}).get("limited") or {}).get(_SHARES)
    if shares is not None:
        target["spec"]["limited"][_SHARES] = shares
    return shares


def _without_mark(metadata: Value) -> None:
    annotations = metadata.get("annotations")
    if annotations and annotations.pop(KEEPS_ZERO, None) is not None and not annotations:
        del metadata["annotations"]


_SHARES = "nominalConcurrencyShares"
_PATH = f"spec.limited.{_SHARES}"

ZERO_SHARES = Functions(spoke=(_PATH,), hub=(_PATH,), to_hub=to_hub, to_spoke=to_spoke)
"""How shares of 0 survive in v1beta3."""
