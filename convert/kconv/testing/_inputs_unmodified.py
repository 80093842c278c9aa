"""Conversions leave what they are given alone: values, and the very objects that hold them."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import UNSET

from kconv._differences import differences
from kconv._paths import Path, format_path
from kconv._pipeline import Decoded, Pipeline
from kconv._pipeline.plain import by_name
from kconv._scheme import Spoke
from kconv.edges._plan import Plan
from kconv.testing._failure import Broken
from kconv.testing._names import title


class Snapshot:
    """What a value looks like, and which objects it is made of."""

    def __init__(self, value: Any) -> None:
        self.value = value
        self.copy = _plain(value)
        self.parts = dict(_parts(value))

    def hold(self, about: str, advice: str, document: Any) -> None:
        """Raise `Broken` if the value has changed, or a part of it was replaced by a copy."""
        lines: list[object] = list(differences(self.copy, _plain(self.value)))
        now = dict(_parts(self.value))
        if not lines:
            lines = [
                f"{format_path(path)}: was replaced by another object of the same value"
                for path, part in self.parts.items()
                if now.get(path) is not part
            ]
        if lines:
            raise Broken(f"{about} changes its input.", lines, advice, document)


def input_kept(pipelines: dict[str, Pipeline], spoke: Spoke, document: dict[str, Any]) -> None:
    """Decoding and converting, to the hub and to every version, do not modify their input."""
    for engine, pipeline in pipelines.items():
        given = Snapshot(document)
        decoded = pipeline.load(document, spoke=spoke, trusted=True)
        given.hold(
            f"{title(spoke)}: decoding ({engine} engine)",
            "Fields and defaults make new values; they do not change the document.",
            document,
        )
        _conversions(engine, pipeline, decoded, document)
    _rules(spoke, decoded.value, "to_hub", spoke.forward, document)
    hub = pipeline.to_hub(decoded)
    for target in spoke.kind.spokes:
        source = hub if target.via is None else pipeline.from_hub(hub, target.via)
        _rules(target, source.value, "to_spoke", target.backward, document)


def _rules(
    spoke: Spoke, value: dict[str, Any], direction: str, plan: Plan, document: dict[str, Any]
) -> None:
    """Rules get a copy; one that changes it would change what the next rule sees."""
    source = copy.deepcopy(value)
    made = by_name(plan, value)
    before = Snapshot(source)
    for rule in spoke.rules:
        getattr(rule, direction)(source, made)
        sides = (title(spoke), "hub") if direction == "to_hub" else ("hub", title(spoke))
        about = f"{sides[0]} -> {sides[1]} (plain engine)"
        before.hold(about, _advice(spoke, direction), document)


def _conversions(
    engine: str, pipeline: Pipeline, decoded: Decoded, document: dict[str, Any]
) -> None:
    spoke = decoded.spoke
    before = Snapshot(decoded.native)
    hub = pipeline.to_hub(decoded)
    before.hold(f"{title(spoke)} -> hub ({engine} engine)", _advice(spoke, "to_hub"), document)
    between = Snapshot(hub.native)
    for target in spoke.kind.spokes:
        pipeline.from_hub(hub, target)
        about = f"hub -> {title(target)} ({engine} engine)"
        between.hold(about, _advice(target, "to_spoke"), document)
        before.hold(f"{title(spoke)} -> {about}", _advice(target, "to_spoke"), document)


def _advice(spoke: Spoke, direction: str) -> str:
    rules = "\n".join(f"  {rule}" for rule in spoke.rules) or "  none"
    return (
        f"A rule writes to its source, or to a part that source and target share. {direction} "
        "may write to\nthe target's fields that the rule claims, and must copy before it changes "
        f"anything else.\nRules of {title(spoke)}:\n{rules}"
    )


def _plain(value: Any) -> Any:
    return msgspec.to_builtins(value) if isinstance(value, msgspec.Struct) else copy.deepcopy(value)


def _parts(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, msgspec.Struct):
        yield path, value
        names = value.__struct_encode_fields__
        for attribute, name in zip(value.__struct_fields__, names, strict=True):
            inner = getattr(value, attribute)
            if inner is not UNSET:
                yield from _parts(inner, (*path, name))
    elif isinstance(value, dict):
        yield path, value
        for key, inner in value.items():
            yield from _parts(inner, (*path, key))
    elif isinstance(value, list):
        yield path, value
        for index, inner in enumerate(value):
            yield from _parts(inner, (*path, index))
