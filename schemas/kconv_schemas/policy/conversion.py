"""The selectors of v1beta1, as ``pkg/apis/policy/v1beta1/conversion.go`` converts them.

An empty selector matches no pod in v1beta1, and every pod of the namespace in v1. What matches all
or nothing in the other version asks for a label that no pod has.
"""

from __future__ import annotations

from typing import Any

from kconv.edges import Functions

_LABEL = "pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match"

Value = dict[str, Any]


def _selector(operator: str) -> Value:
    return {"matchExpressions": [{"key": _LABEL, "operator": operator}]}


_NONE, _ALL = _selector("Exists"), _selector("DoesNotExist")


def to_hub(spoke: Value, hub: Value) -> None:
    """What is empty matches nothing."""
    _convert(spoke, hub, empty=_NONE, becomes_empty=_ALL)


def to_spoke(hub: Value, spoke: Value) -> None:
    """What is empty matches everything."""
    _convert(hub, spoke, empty=_ALL, becomes_empty=_NONE)


def _convert(source: Value, target: Value, empty: Value, becomes_empty: Value) -> None:
    selector = (source.get("spec") or {}).get("selector")
    if selector is None:
        return
    if not any(selector.values()):
        selector = empty
    elif selector == becomes_empty:
        selector = {}
    target["spec"]["selector"] = selector


EMPTY_SELECTOR = Functions(
    spoke=("spec.selector",), hub=("spec.selector",), to_hub=to_hub, to_spoke=to_spoke
)
"""How selectors of v1beta1 differ from the hub's."""
