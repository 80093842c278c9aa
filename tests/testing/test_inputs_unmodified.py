"""Snapshots see what changed in place, and what was replaced by a copy."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from kconv.testing._failure import Broken
from kconv.testing._inputs_unmodified import Snapshot


def held(snapshot: Snapshot) -> str:
    """What the snapshot complains of."""
    with pytest.raises(Broken) as caught:
        snapshot.hold("it", "", None)
    return str(caught.value)


def test_untouched() -> None:
    Snapshot({"a": [{"b": 1}]}).hold("it", "", None)


def test_a_changed_value() -> None:
    value: dict[str, Any] = {"a": [{"b": 1}]}
    snapshot = Snapshot(value)
    value["a"][0]["b"] = 2
    assert held(snapshot) == "it changes its input.\n  a[0].b: was 1, is 2"


def test_an_equal_copy() -> None:
    value: dict[str, Any] = {"a": [{"b": 1}], "c": {}}
    snapshot = Snapshot(value)
    value["a"] = copy.deepcopy(value["a"])
    shown = held(snapshot)
    assert "a: was replaced by another object of the same value" in shown
    assert "a[0]: was replaced" in shown
    assert "c: was" not in shown
