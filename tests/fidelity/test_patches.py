"""Patches as the libraries do them that Kubernetes' API server is made of."""

import json
from pathlib import Path
from typing import Any

from fidelity.test_decoding import peers
from fixtures.recorded import Case, LeftOut, verdict
from kconv._schema import Type
from kconv._verbs.patches import apply_json_patch, merge_patch, strategic_merge
from kconv._verbs.patches.jsonpatch import same
from kconv._verbs.refusal import Refusal
from kconv.fields import Integer, List, Map, Object, String


class RetainKeysItem(Type):
    name = String()
    value = String()
    other = String()
    simpleMap = Map(String())
    mergingIntList = List(Integer(), patch_strategy="merge")
    mergingList = List(Object(lambda: MergeItem), patch_strategy="merge", merge_key="name")
    nonMergingList = List(Object(lambda: MergeItem))


class MergeItem(Type):
    """The type that the cases of strategic merge patches are about."""

    name = String()
    value = String()
    other = String()
    mergingList = List(Object(lambda: MergeItem), patch_strategy="merge", merge_key="name")
    nonMergingList = List(Object(lambda: MergeItem))
    mergingIntList = List(Integer(), patch_strategy="merge")
    nonMergingIntList = List(Integer())
    mergeItemPtr = List(Object(lambda: MergeItem), patch_strategy="merge", merge_key="name")
    simpleMap = Map(String())
    replacingItem = Object(RetainKeysItem, patch_strategy="replace")
    retainKeysMap = Object(RetainKeysItem, patch_strategy="retainKeys")
    retainKeysMergingList = List(
        Object(lambda: MergeItem), patch_strategy="merge,retainKeys", merge_key="name"
    )


def settled(value: Any) -> Any:
    """What becomes of a patched document once it is decoded: no nulls, no directives left over."""
    if isinstance(value, dict):
        return {
            key: settled(each)
            for key, each in value.items()
            if each is not None and not key.startswith("$")
        }
    return list(map(settled, value)) if isinstance(value, list) else value


STRATEGIC_LEFT_OUT = (
    LeftOut(
        "no stored object has a field that its type does not declare",
        lambda case: "unable to find api field" in case["expected"].get("error", ""),
    ),
)


def test_strategic_merge_patches(reference: Path) -> None:
    def wrong(case: Case) -> str:
        given, expected = case["input"], case["expected"]
        try:
            original, patch = json.loads(given["original"]), json.loads(given["patch"])
            merged = strategic_merge(original, patch, MergeItem)
        except (Refusal, json.JSONDecodeError) as error:
            return "" if "error" in expected else f"{given}: {error}, not {expected['result']}"
        if "error" in expected:
            return f"{given}: {merged}, though {expected['error']}"
        result = settled(expected["result"])
        return "" if settled(merged) == result else f"{given}: {merged}, not {result}"

    cases = peers(reference, "strategic_merge_patch")
    cases += peers(reference, "strategic_merge_patch_cross")
    assert len(cases) > 1_300
    assert verdict(cases, wrong, STRATEGIC_LEFT_OUT) == []


JSON_LEFT_OUT = (
    LeftOut(
        "a merge patch that is no object is refused when it is read",
        lambda case: case["expected"].get("error") == "Invalid JSON Patch",
    ),
)


def test_json_and_merge_patches(reference: Path) -> None:
    def wrong(case: Case) -> str:
        given, expected = case["input"], case["expected"]
        is_merge = given.get("kind", case["is"]) == "merge"
        try:
            document, patch = json.loads(given["doc"]), json.loads(given["patch"])
            patched = (
                merge_patch(document, patch) if is_merge else apply_json_patch(document, patch)
            )
        except (Refusal, json.JSONDecodeError) as error:
            return "" if "error" in expected else f"{given}: {error}, not {expected['result']}"
        if "error" in expected:
            return f"{given}: {patched}, though {expected['error']}"
        result = expected["result"]
        result = json.loads(result) if isinstance(result, str) else result
        return "" if same(patched, result) else f"{given}: {patched}, not {result}"

    cases = [{**case, "is": "json"} for case in peers(reference, "json_patch")]
    cases += [{**case, "is": "json"} for case in peers(reference, "json_patch_cross")]
    cases += [{**case, "is": "merge"} for case in peers(reference, "merge_patch")]
    assert len(cases) > 1_000
    assert verdict(cases, wrong, JSON_LEFT_OUT) == []
