"""`Loose`: values of documents that say what their schema does not: nulls, and unknown fields.

The engines hold neither. A document that says such things is decoded without them, and they are
put back into what comes of it: its value is a dict, and converted as one. Documents that say
nothing of the sort, which are most, are the engine's own values.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from kconv._codec import json as json_codec
from kconv._document import DocumentOptions
from kconv._errors import ConversionError
from kconv._paths import FORBIDDEN, Finding, Path, describe
from kconv._schema import Type
from kconv.edges._plan import Plan, object_types
from kconv.fields import spec_of
from kconv.fields._base import is_own, says_itself
from kconv.fields._spec import AnyField

Value = dict[str, Any]

NULL = b"null"
"""What JSON has in it wherever it has a null."""


class Loose(dict[str, Any]):
    """The value of a document with nulls or unknown fields in it, in the order of its schema."""


@dataclass(frozen=True, slots=True)
class Extra:
    """A null, or a field that is not declared, with its place in the document."""

    path: Path
    value: Any
    declared: bool

    @property
    def text(self) -> tuple[str | int, bytes]:
        """What it says, wherever it is."""
        return self.path[-1], json_codec.encode(self.value)


def taken_apart(
    schema: type[Type], raw: Value, options: DocumentOptions, known: Collection[Any] | None = None
) -> tuple[Value, list[Extra]]:
    """A document without nulls and unknown fields, and what was taken out of it.

    What its kind does not keep stays in. Of the unknown fields, only those with a name in ``known``
    are kept, if that is given, and the others left out. The document itself is not changed.
    """
    walk = _Walk(options.keeps_null, options.unknown_policy == "keep", known)
    return walk.object(schema, raw, ()), walk.found


@dataclass(slots=True)
class _Walk:
    nulls: bool
    unknown: bool
    known: Collection[Any] | None
    found: list[Extra] = field(default_factory=list)

    def object(self, schema: type[Type], raw: Value, at: Path) -> Value:
        fields = schema.instance().wire_fields()
        made: Value = {}
        for name, value in raw.items():
            declared = fields.get(name)
            if declared is not None:
                if value is None and self.nulls and is_own(declared):
                    self.found.append(Extra((*at, name), None, declared=True))
                else:
                    made[name] = self.inside(declared, value, (*at, name))
            elif self.unknown and (self.known is None or name in self.known):
                self.found.append(Extra((*at, name), value, declared=False))
            elif self.known is None:
                made[name] = value
        return made

    def inside(self, of: AnyField, value: Any, at: Path) -> Any:
        if not isinstance(value, dict | list) or not says_itself(of):
            return value
        spec = spec_of(of)
        if spec.object_type is not None and isinstance(value, dict):
            return self.object(spec.object_type, value, at)
        if spec.element is None:
            return value
        if spec.structure == "list" and isinstance(value, list):
            return [self.element(spec.element, each, (*at, n)) for n, each in enumerate(value)]
        if spec.structure == "map" and isinstance(value, dict):
            return {
                key: self.element(spec.element, each, (*at, key)) for key, each in value.items()
            }
        return value

    def element(self, of: AnyField, value: Any, at: Path) -> Any:
        if value is None and self.nulls and is_own(of):
            # It stays in as what a null element decodes to: elements keep their places.
            if spec_of(of).structure != "free":
                self.found.append(Extra(at, None, declared=True))
            return None
        return self.inside(of, value, at)


def put_together(schema: type[Type], value: Value, extras: Collection[Extra]) -> Loose:
    """A value with nulls and unknown fields put back where they were, in the schema's order.

    The value is one that nobody else has: it is changed.
    """
    for each in extras:
        within: Any = value
        for step in each.path[:-1]:
            within = within[step]
        within[each.path[-1]] = copy.deepcopy(each.value)
    return Loose(_in_order(schema, value))


def _in_order(schema: type[Type], value: Value) -> Value:
    fields = schema.instance().wire_fields()
    made = {name: _inner(fields[name], value[name]) for name in fields if name in value}
    return made | {name: each for name, each in value.items() if name not in fields}


def _inner(field: AnyField, value: Any) -> Any:
    if not isinstance(value, dict | list) or not says_itself(field):
        return value
    spec = spec_of(field)
    if spec.object_type is not None and isinstance(value, dict):
        return _in_order(spec.object_type, value)
    if spec.element is None:
        return value
    if isinstance(value, list):
        return [_inner(spec.element, each) for each in value]
    return {key: _inner(spec.element, each) for key, each in value.items()}


def by_name_loosely(plan: Plan, ours: type[Type], theirs: type[Type], source: Value) -> Value:
    """What a plan alone makes of an object, and the fields that its type does not declare.

    Raises `ConversionError` for one that the target declares.
    """
    clashes: list[Finding] = []
    made = _by_name(plan, ours, theirs, source, (), clashes)
    if clashes:
        raise ConversionError(
            f"it has unknown fields that another version declares: {describe(clashes)}",
            findings=clashes,
        )
    return made


def _by_name(
    plan: Plan,
    ours: type[Type],
    theirs: type[Type],
    source: Value,
    at: Path,
    clashes: list[Finding],
) -> Value:
    fields, others = ours.instance().wire_fields(), theirs.instance().wire_fields()
    made: Value = {}
    for name, value in source.items():
        path = (*at, name)
        if name not in fields:
            if name in others:
                about = "is declared in the other version only, where it may mean something else"
                clashes.append(Finding(path, FORBIDDEN, about))
            made[name] = copy.deepcopy(value)
        elif name in plan.inner:
            depth, inner = plan.inner[name]
            _, one, other = object_types(fields[name], others[name])
            assert one is not None, "it holds objects"
            assert other is not None, "it holds objects"

            def each(
                value: Any,
                path: Path,
                inner: Plan = inner,
                one: type[Type] = one,
                other: type[Type] = other,
            ) -> Any:
                return _by_name(inner, one, other, value, path, clashes)

            made[name] = _elements(value, depth, path, each)
        elif name in plan.copied:
            made[name] = copy.deepcopy(value)
    return made


def _elements(value: Any, depth: int, at: Path, each: Any) -> Any:
    if value is None:
        return None
    if depth == 0:
        return each(value, at)
    if isinstance(value, list):
        return [_elements(item, depth - 1, (*at, n), each) for n, item in enumerate(value)]
    return {key: _elements(item, depth - 1, (*at, key), each) for key, item in value.items()}


def refuse_forgotten(
    before: Collection[Extra], after: Collection[Extra], rules: Collection[object]
) -> None:
    """Raises `ConversionError` for unknown fields that a conversion has not taken along."""
    arrived = Counter(each.text for each in after if not each.declared)
    forgotten = list(_forgotten(before, arrived))
    if forgotten:
        by = ", ".join(map(str, rules))
        findings = [
            Finding(each.path, FORBIDDEN, "is not declared, and no rule takes it along")
            for each in forgotten
        ]
        raise ConversionError(
            f"{describe(findings)}; declare it, or have the rules take it along ({by})",
            findings=findings,
        )


def _forgotten(before: Collection[Extra], arrived: Mapping[Any, int]) -> Iterator[Extra]:
    left = Counter(arrived)
    for each in before:
        if each.declared:
            continue
        if not left[each.text]:
            yield each
        left[each.text] -= 1
