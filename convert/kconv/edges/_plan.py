"""`Plan`: how one type converts to another by names and shapes, and what that leaves over."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from kconv._schema import Type
from kconv.edges._steps import EACH, Steps, format_steps
from kconv.fields import spec_of
from kconv.fields._spec import AnyField

RECURSION = (
    "a recursive type of another shape: no rule reaches all of it; convert the outermost "
    "field that holds it by Functions"
)
"""The difference of two recursive types, at the field where they recur."""


@dataclass(slots=True)
class Plan:
    """What converts by name between two types.

    ``copied`` fields are equal on both sides; ``inner`` ones are objects, or lists or maps of
    objects, that hold differences: how many lists or maps lie around the objects, and their
    plan. ``only_source`` and ``only_target`` are paths that need a rule, ``differing`` those of
    the same name and another shape.
    """

    copied: list[str] = field(default_factory=list)
    inner: dict[str, tuple[int, Plan]] = field(default_factory=dict)
    only_source: list[Steps] = field(default_factory=list)
    only_target: list[Steps] = field(default_factory=list)
    differing: list[tuple[Steps, str]] = field(default_factory=list)

    @property
    def equal(self) -> bool:
        """Whether the two types have the same shape all through."""
        return not (self.inner or self.only_source or self.only_target or self.differing)


def compare(
    source: type[Type],
    target: type[Type],
    claimed_source: Collection[Steps] = (),
    claimed_target: Collection[Steps] = (),
    at: Steps = (),
    *,
    skip: Collection[str] = (),
) -> Plan:
    """The plan from one type to another, leaving out the paths that rules claim.

    ``skip`` names fields of the outermost object that are no part of the comparison.
    """
    return _compare(source, target, (claimed_source, claimed_target), at, frozenset(), skip)


def _compare(
    source: type[Type],
    target: type[Type],
    claimed: tuple[Collection[Steps], Collection[Steps]],
    at: Steps,
    above: frozenset[tuple[type[Type], type[Type]]],
    skip: Collection[str] = (),
) -> Plan:
    plan = Plan()
    above |= {(source, target)}
    ours, theirs = source.instance().wire_fields(), target.instance().wire_fields()
    for name, one in ours.items():
        path = (*at, name)
        if name in skip or path in claimed[0]:
            continue
        if name not in theirs:
            plan.only_source += uncovered(path, one, claimed[0])
        elif path not in claimed[1]:
            _field(plan, name, path, one, theirs[name], claimed, above)
        else:
            plan.only_source += uncovered(path, one, claimed[0])
    for name, other in theirs.items():
        path = (*at, name)
        if name in skip or path in claimed[1]:
            continue
        if name not in ours or path in claimed[0]:
            plan.only_target += uncovered(path, other, claimed[1])
    return plan


def uncovered(path: Steps, one: AnyField, claims: Collection[Steps]) -> list[Steps]:
    """What of a field that only one side has no rule claims: all of it, or the fields within it.

    Rules go into objects for their fields; those make the object too, and take it apart.
    """
    if path in claims:
        return []
    claimed = any(steps[: len(path)] == path and EACH not in steps[len(path) :] for steps in claims)
    of = spec_of(one).object_type
    if not claimed or of is None:
        return [path]
    fields = of.instance().wire_fields()
    return [each for name in fields for each in uncovered((*path, name), fields[name], claims)]


def _field(
    plan: Plan,
    name: str,
    path: Steps,
    one: AnyField,
    other: AnyField,
    claimed: tuple[Collection[Steps], Collection[Steps]],
    above: frozenset[tuple[type[Type], type[Type]]],
) -> None:
    difference = shape_difference(one, other)
    if difference:
        plan.differing.append((path, difference))
        return
    depth, ours, theirs = object_types(one, other)
    inside = (*path, *[EACH] * depth)
    ruled = any(steps[: len(inside)] == inside for side in claimed for steps in side)
    if ours is None or theirs is None or (ours is theirs and not ruled):
        plan.copied.append(name)
        return
    if (ours, theirs) in above and not ruled:
        # Comparing them once more would never end, and no rule reaches deeper.
        if same_shape(ours, theirs):
            plan.copied.append(name)
        else:
            plan.differing.append((path, RECURSION))
        return
    inner = _compare(ours, theirs, claimed, inside, above)
    if inner.equal and not ruled:
        plan.copied.append(name)
        return
    plan.inner[name] = (depth, inner)
    plan.only_source += inner.only_source
    plan.only_target += inner.only_target
    plan.differing += inner.differing


def object_types(
    one: AnyField, other: AnyField
) -> tuple[int, type[Type] | None, type[Type] | None]:
    """The types of two object fields, or of the objects in two lists or maps.

    First how many lists or maps lie around them; None for both types where there are no objects.
    """
    ours, theirs = spec_of(one), spec_of(other)
    if ours.object_type is not None and theirs.object_type is not None:
        return 0, ours.object_type, theirs.object_type
    if ours.element is not None and theirs.element is not None:
        depth, inner, outer = object_types(ours.element, theirs.element)
        return depth + 1, inner, outer
    return 0, None, None


def field_at(schema: type[Type], path: Steps) -> AnyField | None:
    """The field of a type at a path of rules, or that of the elements at its last ``[*]``.

    None where there is none; the insides of free-form values have none.
    """
    fields = schema.instance().wire_fields()
    if not path or path[0] not in fields:
        return None
    field, rest = fields[path[0]], path[1:]
    while rest and rest[0] == EACH and (element := spec_of(field).element) is not None:
        field, rest = element, rest[1:]
    if not rest:
        return field
    of = spec_of(field).object_type
    return None if of is None else field_at(of, rest)


def same_shape(
    ours: type[Type],
    theirs: type[Type],
    seen: set[tuple[type[Type], type[Type]]] | None = None,
) -> bool:
    """Whether two types have the same fields all through; a type within itself differs in nothing.

    ``seen`` are pairs that are looked at already.
    """
    seen = set() if seen is None else seen
    if ours is theirs or (ours, theirs) in seen:
        return True
    seen.add((ours, theirs))
    own, other = ours.instance().wire_fields(), theirs.instance().wire_fields()
    if own.keys() != other.keys():
        return False
    for name, each in own.items():
        if shape_difference(each, other[name]):
            return False
        _, one, two = object_types(each, other[name])
        if one is not None and two is not None and not same_shape(one, two, seen):
            return False
    return True


def shape_difference(one: AnyField, other: AnyField) -> str:
    """How two fields of a name differ in JSON type or format; empty when they do not."""
    ours, theirs = shape(one), shape(other)
    inner, outer = spec_of(one).element, spec_of(other).element
    if ours == theirs and inner is not None and outer is not None:
        return shape_difference(inner, outer)
    return "" if ours == theirs else f"{ours} here, {theirs} there"


def field_difference(one: AnyField, other: AnyField) -> str:
    """How two fields differ in shape, objects within them included; empty when they do not."""
    difference = shape_difference(one, other)
    if difference:
        return difference
    _, ours, theirs = object_types(one, other)
    if ours is None or theirs is None or same_shape(ours, theirs):
        return ""
    plan = compare(ours, theirs)
    differences = [f"{format_steps(path)} here only" for path in plan.only_source]
    differences += [f"{format_steps(path)} there only" for path in plan.only_target]
    differences += [f"{format_steps(path)}: {text}" for path, text in plan.differing]
    return "; ".join(differences)


def shape(field: AnyField) -> str:
    """What a field is called in comparisons: its type, with its format where it has one."""
    spec = spec_of(field)
    return spec.shape or spec.type_name
