"""Documents that keep nothing: the rules that would keep something have nothing to do for them.

Most documents are so. Their structs are converted directly; for all others the rules work on dicts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kconv._compile.names import attribute_names
from kconv._schema import Type
from kconv.edges import Preserve, Rule, Wrap
from kconv.edges._declared_loss import Direction
from kconv.edges._kept_place import KeptField
from kconv.edges._plan import field_at
from kconv.edges._steps import EACH, Steps
from kconv.fields import spec_of
from kconv.fields._base import innermost


def keeps_in_field(rule: Rule, spoke: type[Type], hub: type[Type]) -> bool:
    """Whether a rule keeps values in a field of documents, and has nothing to do without any.

    What a `Wrap` moves must be of one type on both sides, and stay in the object that it is in.
    """
    if type(rule) is Preserve:
        return isinstance(rule._place, KeptField)
    if type(rule) is not Wrap or not isinstance(rule._place, KeptField):
        return False
    one, other = field_at(spoke, rule.spoke[0]), field_at(hub, rule.hub[0])
    if one is None or other is None or EACH in rule.spoke[0]:
        return False
    same = spec_of(innermost(one)).object_type is spec_of(innermost(other)).object_type
    return same and rule.spoke[0][:-1] == rule.hub[0][:-1]


def keeping(rules: Sequence[Rule], source: type[Type], direction: Direction) -> Iterator[str]:
    """The conditions, as lines of code about the struct ``s``, under which something is kept."""
    places = {
        rule._place.name
        for rule in rules
        if isinstance(rule, Preserve | Wrap) and isinstance(rule._place, KeptField)
    }
    for name in sorted(places):
        yield f"if s.{attribute_names(source)[name]} is not UNSET"
    for rule in rules if direction == "to spoke" else ():
        if type(rule) is Preserve:
            yield f"if {_is_there(source, rule.hub[0])}"
        elif type(rule) is Wrap:
            place = _place(source, rule.hub[0])
            there = f"{_is_there(source, rule.hub[0])} and {place} is not None"
            yield f"if {there} and len({place}) != 1"


def _place(schema: type[Type], path: Steps) -> str:
    place = "s"
    for step in path:
        place += f".{attribute_names(schema)[step]}"
        field = schema.instance().wire_fields()[step]
        schema = spec_of(field).object_type or schema
    return place


def _is_there(schema: type[Type], path: Steps) -> str:
    places = [_place(schema, path[:number]) for number in range(1, len(path) + 1)]
    within = [f"{place} is not UNSET and {place} is not None" for place in places[:-1]]
    return " and ".join([*within, f"{places[-1]} is not UNSET"])
