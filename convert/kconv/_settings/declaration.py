"""Reading a declaration: each setting of a struct with its names, type, default and help."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

PREFIX = "KCONV_SERVE_"


@dataclass(frozen=True, slots=True)
class Declared:
    """One setting: ``type`` is bare, ``bounds`` what else its values keep to."""

    name: str
    type: Any
    default: Any
    help: str
    bounds: tuple[Meta, ...]

    @property
    def flag(self) -> str:
        """Its option on the command line."""
        return f"--{self.name.replace('_', '-')}"

    @property
    def variable(self) -> str:
        """Its environment variable."""
        return PREFIX + self.name.upper()

    @property
    def many(self) -> bool:
        """Whether it has a list of values."""
        return get_origin(self.type) is list

    @property
    def checked(self) -> Any:
        """Its type with its bounds, for `msgspec.convert`."""
        bounds = [_without_help(each) for each in self.bounds]
        return Annotated[(self.type, *bounds)] if bounds else self.type


def declared(struct: type[msgspec.Struct]) -> tuple[Declared, ...]:
    """The settings of a struct whose fields are all annotated and have a default.

    Its own come first, then those that it has from another struct.
    """
    hints = get_type_hints(struct, include_extras=True)
    found = []
    for field in msgspec.structs.fields(struct):
        bare, *metas = _flattened(hints[field.name])
        default = field.default
        if default is msgspec.NODEFAULT:
            default = field.default_factory() if callable(field.default_factory) else None
        text = next(meta.description for meta in metas if meta.description)
        bounds = tuple(meta for meta in metas if _without_help(meta) != Meta())
        found.append(Declared(field.name, bare, default, text or "", bounds))
    inherited = [
        name for base in struct.__bases__ for name in getattr(base, "__struct_fields__", ())
    ]
    return tuple(sorted(found, key=lambda each: each.name in inherited))


def _flattened(hint: Any) -> list[Any]:
    if get_origin(hint) is not Annotated:
        return [hint]
    inner, *metas = get_args(hint)
    return [*_flattened(inner), *metas]


def _without_help(meta: Meta) -> Meta:
    bounds = {name: getattr(meta, name) for name in ("gt", "ge", "lt", "le")}
    return Meta(**{name: value for name, value in bounds.items() if value is not None})
