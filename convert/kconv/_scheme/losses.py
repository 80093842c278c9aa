"""What the rules between a version and the hub lose, all steps of its way taken together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kconv._differences import FILLED, ORDER, ZERO
from kconv._schema import Type
from kconv._scheme.chains import in_hub, in_previous, step_name
from kconv._scheme.spoke import Spoke
from kconv.edges import Functions, Loss
from kconv.edges._declared_loss import Direction
from kconv.edges._plan import field_at
from kconv.edges._steps import EACH, Steps
from kconv.fields import spec_of

_LAST = (FILLED, ORDER, ZERO)

EMPTIED = "an empty object is as good as none"
"""Why it is no matter that an object without fields does not come back, see `losses_of`."""


def losses_of(spoke: Spoke) -> Iterator[Loss]:
    """What is lost between a version and the hub: paths to the hub are its own, others the hub's.

    Where it goes by way of another version, each says in which step. What rules say of themselves
    is not all: an object whose fields they take elsewhere one by one does not come back if it has
    none.
    """
    own = [loss for rule in spoke.rules for loss in rule.losses()]
    own += _emptied(spoke)
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


def _emptied(spoke: Spoke) -> Iterator[Loss]:
    """Objects that one side does not have, whose fields rules take elsewhere one by one.

    Such an object comes back with its fields; that it is there without any, nothing says. What
    becomes of it where functions convert a field of it is for their author to say.
    """
    yield from _emptied_one_way(spoke, "to hub")
    yield from _emptied_one_way(spoke, "to spoke")


def _emptied_one_way(spoke: Spoke, direction: Direction) -> Iterator[Loss]:
    ours: set[Steps] = set()
    theirs: set[Steps] = set()
    by_functions: set[Steps] = set()
    for rule in spoke.rules:
        sides = (rule.spoke, rule.hub) if direction == "to hub" else (rule.hub, rule.spoke)
        ours.update(sides[0])
        theirs.update(sides[1])
        if isinstance(rule, Functions):
            by_functions.update(sides[0])
    source: type[Type] = spoke.schema
    target = spoke.target
    if direction == "to spoke":
        source, target = target, source
    holders = {path[:size] for path in ours for size in range(1, len(path))}
    for holder in sorted(holders - ours):
        field = field_at(source, holder)
        if holder[-1] == EACH or field is None or spec_of(field).object_type is None:
            continue
        other = None if holder in theirs else field_at(target, holder)
        carried = other is not None and spec_of(other).object_type is not None
        functions = any(path[: len(holder)] == holder for path in by_functions)
        if not (carried or functions or field.required):
            yield Loss((*holder, ZERO), direction, reason=EMPTIED)


def _named(loss: Loss, spoke: Spoke) -> Loss:
    if loss.step:
        return loss
    step = step_name(spoke)
    return replace(loss, step=step, reason=f"{loss.reason} ({step})" if loss.reason else "")


def _split(path: Steps) -> tuple[Steps, Steps]:
    return (path[:-1], path[-1:]) if path[-1] in _LAST else (path, ())
