"""What an object really loses on the way to another version: found by going there and back.

This is the one notion of loss: what `kconv convert` says, `kconv migrate` refuses and the kit for
users' own tests finds, in the same words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from kconv._differences import (
    ABSENT,
    FILLED,
    ORDER,
    ZERO,
    Difference,
    differences,
    is_zero,
)
from kconv._errors import InvalidObject, Problem
from kconv._paths import INVALID, Finding, Path, format_path, quote
from kconv._pipeline.pipeline import Pipeline
from kconv._pipeline.values import Decoded, HubObject
from kconv._schema import without_zeros
from kconv._scheme import Spoke
from kconv._scheme.ledger import losses_between
from kconv.edges import Loss
from kconv.edges._steps import EACH, Steps


@dataclass(frozen=True, slots=True)
class Lost:
    """A value that does not come back from another version as it was.

    It is gone, or ``became`` another, or is a list whose elements are the same in another
    ``order``. ``reason`` is that of the rule that acknowledges the loss, empty if none does.
    """

    path: Path
    value: Any
    became: Any = None
    reason: str = ""
    order: bool = False

    @property
    def what(self) -> str:
        """What becomes of the value, in words that go behind its path."""
        what = _in_words(self.value, ABSENT if self.became is None else self.became, self.order)
        return what + (f" ({self.reason})" if self.reason else "")

    @property
    def finding(self) -> Finding:
        """The loss as a finding about the field."""
        return Finding(self.path, INVALID, self.what)

    def __str__(self) -> str:
        return f"{format_path(self.path)}: {self.what}"


def _in_words(before: Any, after: Any, order: bool) -> str:
    if order:
        return "its elements would come back in another order"
    if before is ABSENT:
        return f"{quote(after)} would be added"
    return f"{quote(before)} would {'be lost' if after is ABSENT else f'become {quote(after)}'}"


def lost(pipeline: Pipeline, decoded: Decoded, read: Decoded) -> list[Lost]:
    """Every value of a decoded object that another version does not give back.

    ``read`` is what a reader of that version makes of the object that was written in it, with the
    version's defaults: what comes back by a default is no loss, and a zero that a default takes
    the place of is one. What is only added is none, nor is a zero that comes back absent where a
    rule says that so much is lost.

    Raises `ConversionError` if there is no way back, and what `Pipeline.load` raises if what the
    conversion makes cannot be read.
    """
    back = as_read(pipeline, pipeline.from_hub(pipeline.to_hub(read), decoded.spoke))
    return not_back(decoded, back, read.spoke)


def not_back(decoded: Decoded, back: Decoded, other: Spoke) -> list[Lost]:
    """Every value of a decoded object that did not come ``back`` from another version."""
    declared = list(losses_between(decoded.spoke, other))
    document = decoded.spoke.kind.document
    emptied = (*_ANNOTATIONS, ZERO) if document is None else (document.kept, ZERO)
    found: list[Lost] = []
    # Zeros that equal absence are lost as little as they are stored.
    before, after = (without_zeros(each.spoke.schema, each.value) for each in (decoded, back))
    for each in differences(before, after):
        if each.before is ABSENT or each.path == emptied:
            continue
        loss = next((loss for loss in declared if _declares(loss, each)), None)
        if loss is None or loss.path[-1] != ZERO or each.path[-1] != ZERO:
            order = each.path[-1] == ORDER
            became = None if order or each.after is ABSENT else each.after
            reason = loss.reason if loss else ""
            found.append(Lost(each.field, each.before, became, reason, order))
    return found


Refused = Callable[[Sequence[Problem]], None]

_ANNOTATIONS = ("metadata", "annotations")
"""Where they are; empty ones go with those that rules keep fields in, as do fields of documents."""


def as_read(pipeline: Pipeline, decoded: Decoded, refused: Refused | None = None) -> Decoded:
    """What a reader of its version makes of an object once it is written."""
    written = pipeline.dump(decoded)
    if refused is not None:
        try:
            return pipeline.load(written, spoke=decoded.spoke)
        except InvalidObject as error:
            refused(error.findings)
    return pipeline.load(written, spoke=decoded.spoke, trusted=True)


def _declares(loss: Loss, difference: Difference) -> bool:
    """Whether a rule gives a reason for a value that does not come back."""
    steps, path = loss.path, difference.field
    if steps[-1] == FILLED:
        return False
    if steps[-1] == ORDER:
        if difference.path[-1] != ORDER:
            return False
        steps = steps[:-1]
    if steps[-1] == ZERO:
        steps = steps[:-1]
        if len(path) != len(steps) or not is_zero(difference.before):
            return False
    return bool(loss.reason) and is_on_way(steps, path)


def is_on_way(steps: Steps, path: Path) -> bool:
    """Whether a path goes where steps of a rule go, as far as both reach."""
    return all(step in (EACH, at) for step, at in zip(steps, path, strict=False))


def same_value(one: object, other: object) -> bool:
    """Whether two native values of a type are written the same."""
    # Parts that rules made may be of another flavour than those that were decoded.
    return one == other or _compact(one) == _compact(other)


_compact = msgspec.json.Encoder().encode


def hub_differences(before: HubObject, after: HubObject) -> Iterator[Finding]:
    """What differs between two values of a hub, each as a finding about its field."""
    if same_value(before.native, after.native):
        return
    left, right = (without_zeros(each.kind.hub, each.value) for each in (before, after))
    for each in differences(left, right):
        order = each.path[-1] == ORDER
        yield Finding(each.field, INVALID, _in_words(each.before, each.after, order))


def converts_to(
    pipeline: Pipeline, decoded: Decoded, target: Spoke, refused: Refused | None = None
) -> tuple[Decoded, list[Lost]]:
    """An object in another version, and what it loses on the way.

    To its own version too it goes through the hub, which fills in what Kubernetes would; only
    fields that its rules say the hub cannot hold stay where they are. ``refused`` is told of the
    rules of the new version that what it became breaks.
    """
    if target is decoded.spoke and target.loses_to_hub:
        return decoded, []
    hub = pipeline.to_hub(decoded)
    converted = pipeline.from_hub(hub, target)
    read = as_read(pipeline, converted, refused)
    if not decoded.spoke.may_lose_to_hub and not any(hub_differences(hub, pipeline.to_hub(read))):
        return converted, []
    return converted, lost(pipeline, decoded, read)
