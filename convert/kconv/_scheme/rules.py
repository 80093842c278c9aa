"""What is wrong with the rules of an edge: in themselves, and about the fields that they join."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kconv._differences import FILLED, ORDER, ZERO
from kconv._errors import SchemeError
from kconv._paths import INVALID, Finding
from kconv._schema import Type
from kconv._scheme.documents import kept_problems
from kconv._scheme.spoke import Spoke
from kconv.edges import Functions
from kconv.edges._plan import field_at
from kconv.edges._rule import Rule
from kconv.edges._steps import EACH, Steps, format_steps, parse_steps
from kconv.fields import Spec, spec_of
from kconv.fields._spec import AnyField


def rule_problems(spoke: Spoke) -> Iterator[Finding]:
    """Findings about every rule of a spoke: what it says, and whether its fields are as it says."""
    hub = spoke.target
    for rule in spoke.rules:
        found = [*rule.problems(), *kept_problems(rule, spoke.kind.document)]
        dangling = [
            *_dangling(spoke, rule, rule.spoke, spoke.schema, str(spoke.gvk)),
            *_dangling(spoke, rule, rule.hub, hub, spoke.target_name),
        ]
        if not found and not dangling:
            found = rule.misfits(_fields(spoke.schema, rule.spoke), _fields(hub, rule.hub))
        about = next(iter((*rule.spoke, *rule.hub)), ())
        yield from (Finding(about, INVALID, f"{spoke.gvk}: {problem}") for problem in found)
        yield from dangling
        if isinstance(rule, Functions):
            yield from _declared(spoke, rule)


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


def _declared(spoke: Spoke, rule: Functions) -> Iterator[Finding]:
    """Findings about the fields that functions are said to keep or to lose."""
    declared = [("kept", path) for path in rule.kept] + [("lost", path) for path in rule.lost]
    for what, text in declared:
        side, _, rest = text.rpartition(":")
        of_spoke = what == "lost" and side == "spoke"
        schema: type[Type] = spoke.schema if of_spoke else spoke.target
        try:
            path = parse_steps(rest if what == "lost" else text)
        except SchemeError as error:
            yield Finding((), INVALID, f"{spoke.gvk}: {rule}: {what}= {error.message}")
            continue
        field = path[:-1] if path[-1] in (FILLED, ORDER, ZERO) else path
        if not _reaches(schema, field):
            name = "the spoke" if of_spoke else spoke.target_name
            yield Finding(
                path,
                INVALID,
                f"{spoke.gvk}: {rule}: {what}= says {text}, and {name} has no field "
                f"{format_steps(field)}",
            )


def _reaches(schema: type[Type], path: Steps) -> bool:
    """Whether a value of a type can have something at a path, which may name keys of maps."""
    of: type[Type] | None = schema
    spec: Spec | None = None
    for step in path:
        if of is not None:
            fields = of.instance().wire_fields()
            if step not in fields:
                return False
            spec = spec_of(fields[step])
        elif (
            spec is not None
            and spec.element is not None
            and (spec.structure == "map" or step == EACH)
        ):
            spec = spec_of(spec.element)
        else:
            return spec is not None and spec.structure == "free"
        of = spec.object_type
    return spec is not None


def _fields(schema: type[Type], paths: Sequence[Steps]) -> list[AnyField]:
    found = (field_at(schema, path) for path in paths)
    return [field for field in found if field is not None]
