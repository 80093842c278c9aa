"""The ledger of loss: which fields a conversion between two versions can drop, and why.

`Scheme.freeze` lets no field go without a rule, so what the rules say of themselves is all there
is to lose.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kconv._scheme.spoke import HubKind, Spoke
from kconv.edges import Loss
from kconv.edges._steps import Steps


@dataclass(frozen=True, slots=True)
class Entry:
    """What going from one version of a kind to another can lose; nothing, if there are none."""

    source: Spoke
    target: Spoke
    losses: tuple[Loss, ...]

    @property
    def dropped(self) -> tuple[Loss, ...]:
        """The losses that no annotation keeps."""
        return tuple(loss for loss in self.losses if not loss.kept)


def ledger(kind: HubKind) -> Iterator[Entry]:
    """The entry of every ordered pair of a kind's versions."""
    for source in kind.spokes:
        for target in kind.spokes:
            if source is not target:
                yield Entry(source, target, tuple(losses_between(source, target)))


def losses_between(source: Spoke, target: Spoke) -> Iterator[Loss]:
    """What rules declare about going from one version to another of the same kind."""
    never = {
        loss.path for loss in _declared(source) if loss.direction == "to spoke" and not loss.kept
    }
    for loss in _declared(source):
        if loss.direction == "to hub":
            yield loss
    for loss in _declared(target):
        if loss.direction == "to spoke" and not _within(loss.path, never):
            yield loss


def _declared(spoke: Spoke) -> Iterator[Loss]:
    yield from spoke.losses


def _within(path: Steps, places: set[Steps]) -> bool:
    """Whether the source cannot have a value there in the first place."""
    return any(path[: len(place)] == place for place in places)
