"""What it costs to read typed objects.

Each figure is a ratio to `msgspec.json.decode` into a struct of the same shape, which has the types
and constant defaults of the version and nothing else: no rules, no canonical spellings, no computed
defaults, no kind to compare. Both read every field of what was decoded once.
"""

import sys
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from bench import samples
from bench.figure import Figure, best
from kconv import Pipeline, Scheme, load_scheme
from kconv._gvk import GroupVersion
from kconv._pipeline.values import Checks
from kconv._schema import Type
from kconv._schema.objects import object_attributes
from kconv.fields import spec_of
from kconv.fields._base import innermost, is_missing
from kconv.fields._spec import AnyField

BUDGET = 2.0


def figures() -> Iterator[Figure]:
    """Reading objects with all rules, with those of their fields, and what was stored."""
    sys.path.insert(0, "examples")
    import devices

    own = Scheme()
    devices.register(own)
    shipped = load_scheme()
    v1 = GroupVersion("batch", "v1")
    cron_job = Pipeline(shipped).convert(samples.compact(samples.CRON_JOB), v1)
    device = samples.compact(samples.DEVICE)
    cases: list[tuple[str, Scheme, type[Any], bytes, Checks]] = [
        ("device-all-rules", own, devices.DeviceV2, device, "all"),
        ("device-stored", own, devices.DeviceV2, device, "types"),
        (
            "cronjob-field-rules",
            shipped,
            shipped.spoke(v1.kind("CronJob")).schema,
            cron_job,
            "fields",
        ),
    ]
    for name, scheme, version, data, checks in cases:
        objects = Pipeline(scheme).objects
        read_fields = _reading(objects.read(version, data))
        decode = msgspec.json.Decoder(_struct(version, {})).decode

        def typed(
            data: bytes = data, version: Any = version, checks: Checks = checks,
            read: Callable[..., Any] = objects.read, fields: Callable[[Any], None] = read_fields,
        ) -> None:  # fmt: skip
            fields(read(version, data, checks=checks))

        def plain(
            data: bytes = data, decode: Callable[[bytes], Any] = decode,
            fields: Callable[[Any], None] = read_fields,
        ) -> None:  # fmt: skip
            fields(decode(data))

        took, floor = best([typed, plain])
        yield Figure(f"read-typed-{name}", took / floor, "x", BUDGET)


def _struct(schema: type[Type], known: dict[type[Type], Any]) -> Any:
    """A struct of a type's shape, with the attributes that typed objects have."""
    found = known.get(schema)
    if found is None:
        names = object_attributes(schema)
        fields = schema.instance().wire_fields()
        known[schema] = found = msgspec.defstruct(
            schema.__name__,
            [(names[name], *_field(field, known)) for name, field in fields.items()],
            kw_only=True,
            rename={each: name for name, each in names.items()},
        )
    return found


def _field(field: AnyField, known: dict[type[Type], Any]) -> tuple[Any, Any]:
    of, default = _annotation(field, known), field.load_default
    if is_missing(default):
        return of | None if of is not Any else Any, None
    if default is dict and spec_of(field).object_type is not None:
        return of, msgspec.field(default_factory=of)
    return of, msgspec.field(default_factory=default) if callable(default) else default


def _annotation(field: AnyField, known: dict[type[Type], Any]) -> Any:
    spec = spec_of(field)
    if spec.object_type is not None:
        return _struct(spec.object_type, known)
    if spec.element is not None:
        each = _annotation(spec.element, known)
        return list[each] if spec.structure == "list" else dict[str, each]  # type: ignore[valid-type]  # it is one
    return spec.native


def _reading(example: Any) -> Callable[[Any], None]:
    """What reads every field of objects like an example once, absent ones included."""
    lines = ["def reading(o):"]
    lines += [f"    {each}" for each in _reads(example, "o", [0])]
    names: dict[str, Any] = {}
    exec("\n".join(lines), names)  # noqa: S102 - the lines are made above
    found: Callable[[Any], None] = names["reading"]
    return found


def _reads(example: Any, name: str, count: list[int]) -> Iterator[str]:
    fields = example.__type__.instance().wire_fields()
    for wire, attribute in example.__attributes__.items():
        value = getattr(example, attribute)
        inner = spec_of(innermost(fields[wire])).object_type
        if inner is None or not value:
            yield f"{name}.{attribute}"
            continue
        count[0] += 1
        each = f"o{count[0]}"
        if isinstance(value, list):
            within = list(_reads(value[0], each, count))
            yield f"for {each} in {name}.{attribute}:"
            yield from (f"    {line}" for line in within)
        else:
            yield f"{each} = {name}.{attribute}"
            yield from _reads(value, each, count)
