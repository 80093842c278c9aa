"""Trying a webhook with objects of a custom resource, over every ordered pair of its versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from kconv._differences import differences
from kconv._paths import format_path
from kconv._reviews.client import Ask

Value = Mapping[str, Any]


@dataclass(slots=True)
class Pair:
    """What became of objects on their way from one version to another, and back.

    ``problems`` are why the API server would refuse the answer; ``ignored`` what it would drop
    without a word; ``lost`` the paths that did not come back.
    """

    source: str
    target: str
    objects: int = 0
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)


def samples(kind: str, api_version: str, namespace: str = "default") -> list[dict[str, Any]]:
    """Objects that every webhook must convert: one of nothing but metadata, and a part of one.

    The API server has what a field manager owns converted as an object of its own.
    """
    return [
        {
            "apiVersion": api_version,
            "kind": kind,
            "metadata": {
                "name": "kconv-canary",
                **({"namespace": namespace} if namespace else {}),
                "uid": "00000000-0000-4000-8000-000000000001",
                "creationTimestamp": "2026-01-01T00:00:00Z",
                "generation": 1,
                "labels": {"kconv.dev/canary": "true"},
                "annotations": {"kconv.dev/canary": "true"},
            },
        },
        {"apiVersion": api_version, "kind": kind},
    ]


def try_pairs(ask: Ask, objects: Mapping[str, Sequence[Value]]) -> list[Pair]:
    """Ask for the objects of each version in every other one, all in one review, and back again.

    ``objects`` are by apiVersion. Raises `Unavailable` where nobody answers.
    """
    found = []
    for source in objects:
        for target in objects:
            if source != target and objects[source]:
                found.append(_try(ask, source, target, objects[source]))
    return found


def _try(ask: Ask, source: str, target: str, objects: Sequence[Value]) -> Pair:
    pair = Pair(source, target, len(objects))
    there = ask(deepcopy(list(objects)), target)
    pair.seconds = there.seconds
    pair.problems += there.judgement.refused
    pair.ignored += there.judgement.ignored
    if pair.problems:
        return pair
    back = ask(there.judgement.objects, source)
    if back.judgement.refused:
        pair.problems += [f"on the way back: {each}" for each in back.judgement.refused]
        return pair
    lost: dict[str, None] = {}
    for before, after in zip(objects, back.judgement.objects, strict=True):
        for each in differences(_content(before), _content(after)):
            lost[format_path(each.path)] = None
    pair.lost += lost
    return pair


def _content(value: Value) -> Value:
    """What is to come back: a field that is empty is as good as none."""
    return {name: each for name, each in value.items() if name != "metadata" and each}
