"""One object with every field set, the same on every machine and in every release.

A value depends on nothing but its path and its field, so that a change of a schema changes the
golden file where the schema changed, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import marshmallow

from kconv._errors import SchemeError
from kconv._paths import Finding, Path, format_path, invalid, quote
from kconv._placeholders import name_at, number_at, text_at, text_for, within
from kconv._schema import Type
from kconv._scheme import Spoke
from kconv.fields import Spec, spec_of
from kconv.fields._base import check_field, findings_of, innermost
from kconv.fields._spec import AnyField
from kconv.testing._examples import examples_of


def full(spoke: Spoke) -> dict[str, Any]:
    """An object of a spoke with every field set: one element a list, one key a map.

    A type within itself is left out, and so is what a document keeps of other versions. Raises
    `SchemeError` for a field that no placeholder fits.
    """
    value = _object(spoke.schema, (), ())
    document = spoke.kind.document
    if document is not None:
        return {name: each for name, each in value.items() if name != document.kept}
    return {**value, "kind": spoke.options.kind, "apiVersion": spoke.api_version}


def _object(schema: type[Type], path: Path, above: tuple[type[Type], ...]) -> dict[str, Any]:
    inside = (*above, schema)
    # Of a union, the first member has to do.
    others = {name for union in schema.instance().opts.one_of for name in union[1:]}
    return {
        name: _field(field, (*path, name), inside)
        for name, field in schema.instance().wire_fields().items()
        if name not in others and not _recurs(field, inside)
    }


def _recurs(field: AnyField, above: tuple[type[Type], ...]) -> bool:
    return spec_of(innermost(field)).object_type in above


def _field(field: AnyField, path: Path, above: tuple[type[Type], ...]) -> Any:
    examples = examples_of(field)
    if examples:
        return examples[0]
    spec = spec_of(field)
    if spec.object_type is not None:
        return _object(spec.object_type, path, above)
    if spec.structure == "list" and spec.element is not None:
        count = max(spec.min_items or 0, 1)
        return [_field(spec.element, (*path, index), above) for index in range(count)]
    if spec.structure == "map" and spec.element is not None:
        key = f"{name_at(path)}Key"
        return {key: _field(spec.element, (*path, key), above)}
    value = _scalar(field, path)
    found = list(_refusals(field, value, path))
    if found:
        raise SchemeError(
            f"no placeholder fits {format_path(path)}; declare it with "
            f'metadata={{"examples": [...]}} ({found[0]})'
        )
    return value


def _refusals(field: AnyField, value: Any, path: Path) -> Iterator[Finding]:
    """What is wrong with a placeholder: it does not decode to itself, or breaks a rule."""
    try:
        decoded = field.deserialize(value)
    except marshmallow.ValidationError as error:
        yield from (found.under(*path) for found in findings_of(error.messages))
        return
    if decoded != value:
        yield invalid(path, value, f"decodes to {quote(decoded)}")
    yield from check_field(field, value, path)


def _scalar(field: AnyField, path: Path) -> Any:
    number = number_at(path)
    spec = spec_of(field)
    if spec.placeholder is not None:
        return spec.placeholder(number, name_at(path))
    if spec.json_type == "string":
        return _string(field, spec, path)
    if spec.json_type == "integer":
        return within(number, spec.minimum, spec.maximum)
    if spec.json_type == "number":
        return within(number + 0.5, spec.minimum, spec.maximum)
    if spec.json_type == "boolean":
        return True
    raise SchemeError(
        f"{format_path(path)} is a {type(field).__name__}, which kconv knows no value of; declare "
        'it with metadata={"examples": [...]}'
    )


def _string(field: AnyField, spec: Spec, path: Path) -> str:
    if spec.enum:
        return spec.enum[0]
    text = text_at(path)
    matching = text_for(spec.pattern) if spec.pattern is not None else None
    for each in (text, text.lower(), matching or text):
        sized = each.ljust(spec.min_length or 0, "x")[: spec.max_length]
        if not next(check_field(field, sized, path), None):
            return sized
    return text
