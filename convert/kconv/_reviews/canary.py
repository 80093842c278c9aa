"""Trying a webhook with objects of a custom resource, over every ordered pair of its versions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Final

from kconv._differences import ABSENT, ORDER, differences, is_zero
from kconv._paths import MapKey, format_path, quote
from kconv._pipeline.object_loss import Lost
from kconv._reviews.client import Ask
from kconv._structural import full_objects

Value = Mapping[str, Any]

NAME: Final = "kconv-canary"
_TEXTS: Final = ("labels", "annotations")


@dataclass(frozen=True, slots=True)
class Change:
    """What did not come back of an object as it was; ``is_wrong`` where no rule says that it may.

    Without an API package nobody can tell: then it is what somebody has to look at.
    """

    object: str
    lost: Lost
    is_wrong: bool = False

    def __str__(self) -> str:
        lost = self.lost
        path = format_path(lost.path)
        if lost.order:
            return f"{path} has another order"
        was = "was absent" if lost.value is ABSENT else f"was {quote(lost.value)}"
        now = "is gone" if lost.became is None else f"is {quote(lost.became)}"
        return f"{path} {was}, {now}" + (f" ({lost.reason})" if lost.reason else "")


Compare = Callable[[str, str, Value, Value, Value], Iterator[Change]]
"""What has changed of an object on the way from one apiVersion to another, and back.

It takes both, the object, what it became there, and what came back.
"""


@dataclass(slots=True)
class Pair:
    """What became of objects on their way from one version to another, and back.

    ``problems`` are why the API server would refuse the answer; ``ignored`` what it would drop
    without a word; ``changes`` what did not come back as it was, each path once.
    """

    source: str
    target: str
    objects: int = 0
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Samples:
    """Objects of a version; ``left_out`` are the fields that none of them has, and why."""

    objects: list[dict[str, Any]]
    left_out: Mapping[str, str]


def samples(
    kind: str, api_version: str, namespace: str = "default", schema: Value | None = None
) -> Samples:
    """Objects that every webhook must convert.

    One of nothing but metadata; a part of one, for the API server has what a field manager owns
    converted as an object of its own; and such as have all the fields of the structural ``schema``.
    """
    bare = {"apiVersion": api_version, "kind": kind}
    head = {**bare, "metadata": _metadata(NAME, 0, namespace)}
    made: list[dict[str, Any]] = [head, bare]
    if not schema:
        return Samples(made, {})
    full = full_objects(schema, head)
    for at, each in enumerate(full.objects, 1):
        made.append({**bare, "metadata": _metadata(f"{NAME}-{at}", at, namespace), **each})
    return Samples(made, full.left_out)


def _metadata(name: str, number: int, namespace: str) -> dict[str, Any]:
    return {
        "name": name,
        **({"namespace": namespace} if namespace else {}),
        "uid": f"00000000-0000-4000-8000-{number + 1:012}",
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "generation": 1,
        "labels": {"kconv.dev/canary": "true"},
        "annotations": {"kconv.dev/canary": "true"},
    }


def try_pairs(
    ask: Ask, objects: Mapping[str, Sequence[Value]], compare: Compare | None = None
) -> list[Pair]:
    """Ask for the objects of each version in every other one, all in one review, and back again.

    ``objects`` are by apiVersion. What came back is compared by value unless told otherwise.
    Raises `Unavailable` where nobody answers.
    """
    found = []
    for source in objects:
        for target in objects:
            if source != target and objects[source]:
                found.append(_try(ask, source, target, objects[source], compare or by_value))
    return found


def _try(ask: Ask, source: str, target: str, objects: Sequence[Value], compare: Compare) -> Pair:
    pair = Pair(source, target, len(objects))
    there = _asked(ask, pair, objects, target, "")
    back = _asked(ask, pair, [each for _, each in there], source, "on the way back: ")
    known: set[str] = set()
    for at, after in back:
        place, became = there[at]
        for each in compare(source, target, objects[place], became, after):
            path = format_path(each.lost.path)
            if path not in known:
                known.add(path)
                pair.changes.append(each)
    return pair


def _asked(
    ask: Ask, pair: Pair, objects: Sequence[Value], to: str, way: str
) -> list[tuple[int, Value]]:
    """What came back, each with its place among the objects that were asked for.

    Where a review is refused, each object is asked for by itself: one that cannot be converted is
    to hide nothing of the others.
    """
    if not objects:
        return []
    answer = ask(deepcopy(list(objects)), to)
    pair.seconds = pair.seconds or answer.seconds
    refused = answer.judgement.refused
    if not refused:
        pair.ignored += [f"{way}{each}" for each in answer.judgement.ignored]
        return list(enumerate(answer.judgement.objects))
    found: list[tuple[int, Value]] = []
    problems: list[str] = []
    for at, each in enumerate(objects if len(objects) > 1 else ()):
        alone = ask([deepcopy(each)], to).judgement
        problems += [f"{name_of(each)}: {why}" for why in alone.refused]
        found += [] if alone.refused else [(at, alone.objects[0])]
    pair.problems += [f"{way}{each}" for each in (problems if found and problems else refused)]
    return found


def name_of(value: Value) -> str:
    """What an object is called in messages."""
    return str((value.get("metadata") or {}).get("name") or "a part of an object")


def by_value(
    source: str, target: str, before: Value, there: Value, back: Value
) -> Iterator[Change]:
    """Every field that did not come back as it was, and what was added that says something."""
    for each in differences(content(before), content(back)):
        if each.before is ABSENT and is_zero(each.after):
            continue
        became = None if each.after is ABSENT else each.after
        order = each.path[-1] == ORDER
        yield Change(name_of(before), Lost(each.field, each.before, became, "", order))
    yield from texts_lost(before, back)


def texts_lost(before: Value, back: Value) -> Iterator[Change]:
    """Labels and annotations that did not come back; a webhook may add some."""
    for name in _TEXTS:
        now = (back.get("metadata") or {}).get(name) or {}
        for key, text in ((before.get("metadata") or {}).get(name) or {}).items():
            if now.get(key) != text:
                lost = Lost(("metadata", name, MapKey(key)), text, now.get(key))
                yield Change(name_of(before), lost)


def content(value: Value) -> Value:
    """What is to come back: a field that is empty is as good as none."""
    return {name: each for name, each in value.items() if name != "metadata" and each}
