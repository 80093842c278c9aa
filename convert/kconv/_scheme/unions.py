"""What is wrong with the unions that a type declares (``one_of`` of its ``Meta``)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from marshmallow import missing

from kconv._schema import Type


def union_problems(schema: type[Type]) -> Iterator[str]:
    """Unions of fields that are not there, of one, or of such as are always set."""
    fields = schema.instance().wire_fields()
    unions = schema.instance().opts.one_of
    for union in unions:
        said = f"one_of = ({', '.join(union)}) of {schema.__qualname__}"
        unknown = [name for name in union if name not in fields]
        if unknown:
            yield f"{said} names {', '.join(unknown)}, which it does not have"
        if len(union) < 2:
            yield f"{said} is a union of one; make the field required"
        for name in union:
            field = fields.get(name)
            if field is not None and (field.required or field.load_default is not missing):
                what = "required" if field.required else "filled in by a default"
                yield f"{said}: {name} is {what}, so that no other could be set"
    times = Counter(name for union in unions for name in union)
    for name, count in times.items():
        if count > 1:
            yield f"one_of of {schema.__qualname__} names {name} {count} times"
