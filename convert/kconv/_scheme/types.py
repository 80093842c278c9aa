"""What is wrong with the types that kinds are made of, wherever in them it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kconv._paths import INVALID, Finding
from kconv._schema import Type
from kconv._scheme.declared import declaration_problems, default_problems, name_problems
from kconv._scheme.spoke import HubKind
from kconv._scheme.unions import union_problems
from kconv.edges._steps import EACH, Steps, format_steps
from kconv.fields import spec_of


def type_problems(kinds: Sequence[HubKind]) -> Iterator[Finding]:
    """Findings about fields that could not be decoded or compiled, each type looked at once."""
    seen: set[type[Type]] = set()
    for kind in kinds:
        for spoke in kind.spokes:
            yield from _problems(spoke.schema, (), str(spoke.gvk), seen)
        yield from _problems(kind.hub, (), f"hub {kind.group_kind}", seen)


def _problems(
    schema: type[Type], at: Steps, owner: str, seen: set[type[Type]]
) -> Iterator[Finding]:
    if schema in seen:
        return
    seen.add(schema)
    yield from _said(owner, at, union_problems(schema))
    for name, field in schema.instance().wire_fields().items():
        path = (*at, name)
        inner = field
        yield from _said(owner, path, name_problems(field))
        yield from _said(owner, path, default_problems(field))
        yield from _said(owner, path, declaration_problems(field))
        while (element := spec_of(inner).element) is not None:
            inner, path = element, (*path, EACH)
            yield from _said(owner, path, declaration_problems(inner))
        try:
            below = spec_of(inner).object_type
        except (TypeError, NameError, AttributeError) as error:
            yield Finding(path, INVALID, f"{owner}: {format_steps(path)}: {error}")
            continue
        if below is not None:
            yield from _problems(below, path, owner, seen)


def _said(owner: str, path: Steps, problems: Iterator[str]) -> Iterator[Finding]:
    where = f"{owner}: {format_steps(path)}" if path else owner
    return (Finding(path, INVALID, f"{where}: {problem}") for problem in problems)
