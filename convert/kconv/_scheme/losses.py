"""What the rules between a version and the hub lose, all steps of its way taken together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kconv._differences import FILLED, ORDER, ZERO
from kconv._scheme.chains import in_hub, in_previous, step_name
from kconv._scheme.spoke import Spoke
from kconv.edges import Loss
from kconv.edges._steps import Steps

_LAST = (FILLED, ORDER, ZERO)


def losses_of(spoke: Spoke) -> Iterator[Loss]:
    """What is lost between a version and the hub: paths to the hub are its own, others the hub's.

    Where it goes by way of another version, each says in which step.
    """
    own = [loss for rule in spoke.rules for loss in rule.losses()]
    if spoke.via is None:
        yield from own
        return
    for loss in own:
        if loss.direction == "to hub":
            yield _named(loss, spoke)
        else:
            field, last = _split(loss.path)
            for path in in_hub(field, spoke.via.steps):
                yield _named(replace(loss, path=(*path, *last)), spoke)
    for loss in losses_of(spoke.via):
        loss = _named(loss, spoke.via)
        if loss.direction == "to spoke":
            yield loss
        else:
            field, last = _split(loss.path)
            for path in in_previous(field, spoke):
                yield replace(loss, path=(*path, *last))


def loses_to_hub(spoke: Spoke) -> bool:
    """Whether the hub has no place for some fields of a version, as its rules say."""
    return any(loss.direction == "to hub" and loss.path[-1] not in _LAST for loss in spoke.losses)


def _named(loss: Loss, spoke: Spoke) -> Loss:
    if loss.step:
        return loss
    step = step_name(spoke)
    return replace(loss, step=step, reason=f"{loss.reason} ({step})" if loss.reason else "")


def _split(path: Steps) -> tuple[Steps, Steps]:
    return (path[:-1], path[-1:]) if path[-1] in _LAST else (path, ())
