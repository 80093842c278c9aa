"""What is wrong with the rules of an edge: in themselves, and about the fields that they join."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kconv.edges.plan import AnyField
from kconv.edges.rule import Rule
from kconv.edges.steps import EACH, Steps, format_steps
from kconv.fields import List, Map, Object
from kconv.paths import INVALID, Finding
from kconv.resource import Hub
from kconv.schema import Type
from kconv.scheme.spoke import Spoke


def rule_problems(spoke: Spoke, hub: type[Hub]) -> Iterator[Finding]:
    """Findings about every rule of a spoke: what it says, and whether its fields are as it says."""
    for rule in spoke.rules:
        found = list(rule.problems())
        dangling = [
            *_dangling(spoke, rule, rule.spoke, spoke.schema, str(spoke.gvk)),
            *_dangling(spoke, rule, rule.hub, hub, f"hub {spoke.kind.group_kind}"),
        ]
        if not found and not dangling:
            found = rule.misfits(_fields(spoke.schema, rule.spoke), _fields(hub, rule.hub))
        about = next(iter((*rule.spoke, *rule.hub)), ())
        yield from (Finding(about, INVALID, f"{spoke.gvk}: {problem}") for problem in found)
        yield from dangling


def _dangling(
    spoke: Spoke, rule: Rule, paths: Sequence[Steps], schema: type[Type], side: str
) -> Iterator[Finding]:
    for path in paths:
        if field_at(schema, path) is None:
            yield Finding(
                path,
                INVALID,
                f"{spoke.gvk}: {rule} applies to nothing: {side} has no field {format_steps(path)}",
            )


def _fields(schema: type[Type], paths: Sequence[Steps]) -> list[AnyField]:
    found = (field_at(schema, path) for path in paths)
    return [field for field in found if field is not None]


def field_at(schema: type[Type], path: Steps) -> AnyField | None:
    """The field of a type at a path of rules, or that of the elements at its last ``[*]``.

    None where there is none; the insides of free-form values have none.
    """
    fields = schema.instance().wire_fields()
    if not path or path[0] not in fields:
        return None
    field, rest = fields[path[0]], path[1:]
    while rest and rest[0] == EACH and isinstance(field, List | Map):
        field, rest = field.inner, rest[1:]
    if not rest:
        return field
    return field_at(field.type, rest) if isinstance(field, Object) else None
