"""Reading models: pydantic models and dataclasses, msgspec structs, dataclasses of Python."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from kconv._models.member import NOTHING, Member, Model, NoModel

_KNOWN = "a pydantic model, a msgspec.Struct or a dataclass"


def is_model(of: Any) -> bool:
    """Whether a type is a model whose fields can be read."""
    if not isinstance(of, type):
        return False
    return _is_pydantic(of) or issubclass(of, msgspec.Struct) or dataclasses.is_dataclass(of)


def read(of: type) -> Model:
    """The fields of a model. Raises `NoModel` for a class that is none."""
    if not is_model(of):
        raise NoModel(f"{of!r} is no model: it takes {_KNOWN}")
    if _is_pydantic(of):
        return _pydantic(of)
    if issubclass(of, msgspec.Struct):
        return _struct(of)
    return _dataclass(of)


def _is_pydantic(of: type) -> bool:
    # Without importing pydantic, which need not be there.
    return hasattr(of, "__pydantic_fields__") and hasattr(of, "__pydantic_decorators__")


_CHANGING = (
    "str_strip_whitespace",
    "str_to_lower",
    "str_to_upper",
    "str_min_length",
    "str_max_length",
    "coerce_numbers_to_str",
    "json_encoders",
)
"""Settings of pydantic's models that change values, or which of them are valid."""


def _pydantic(of: Any) -> Model:
    problems: list[str] = []
    rebuild = getattr(of, "model_rebuild", None)
    if rebuild is not None:
        rebuild(raise_errors=False)
    if getattr(of, "__pydantic_root_model__", False):
        problems.append("is a root model, which has no fields: declare the field that holds it")
    functions: dict[str, list[str]] = {}
    decorators = of.__pydantic_decorators__
    for kind, what in (
        ("validators", "a validator"),
        ("field_validators", "a validator"),
        ("root_validators", "a validator"),
        ("model_validators", "a validator"),
        ("field_serializers", "a serializer"),
        ("model_serializers", "a serializer"),
        ("computed_fields", "a computed field"),
    ):
        for name, each in getattr(decorators, kind).items():
            fields = getattr(each.info, "fields", None)
            if fields:
                for about in fields:
                    functions.setdefault(about, []).append(f"{what}, {name}()")
            else:
                problems.append(_function(f"{what}, {name}()"))
    config: Mapping[str, Any] = (
        getattr(of, "model_config", None) or getattr(of, "__pydantic_config__", None) or {}
    )
    problems += [
        f"has {name} in its model_config, which changes values; say it of each field"
        for name in _CHANGING
        if config.get(name)
    ]
    if config.get("extra") == "allow":
        problems.append(
            "keeps what it does not declare (extra='allow'); take that out: the hub of documents "
            "says it for all versions, with unknown = 'keep'"
        )
    members = []
    for name, each in of.__pydantic_fields__.items():
        wire = each.alias or name
        found = list(functions.get(name, ()))
        said = [_function(function) for function in found]
        for alias in (each.validation_alias, each.serialization_alias):
            if alias is not None and alias != wire:
                said.append(
                    f"is read as {each.validation_alias!r} and written as "
                    f"{each.serialization_alias!r}; give it one alias"
                )
                break
        if each.exclude:
            said.append("is left out of what is written (exclude); take it out of the model")
        if each.discriminator is not None:
            said.append("is a union by a discriminator; give each member a field of its own")
        extra = each.json_schema_extra
        if callable(extra):
            said.append("has a function as json_schema_extra; give a dict")
        members.append(
            Member(
                name,
                each.annotation,
                wire,
                tuple(each.metadata),
                NOTHING if each.is_required() or each.default_factory else each.default,
                each.default_factory,
                each.description or "",
                tuple(each.examples or ()),
                extra if isinstance(extra, Mapping) else {},
                tuple(said),
            )
        )
    return Model(of.__name__, tuple(members), tuple(problems))


def _function(what: str) -> str:
    return (
        f"has {what}: functions are not carried over; say it as a bound of the field, or as a "
        "rule of the type with @kconv.validates"
    )


def _struct(of: type[msgspec.Struct]) -> Model:
    config = of.__struct_config__
    problems = list(_own_init(of))
    if config.array_like:
        problems.append("is written as an array (array_like), not as an object")
    if config.tag is not None:
        problems.append(
            f"has the tag {config.tag!r} in the field {config.tag_field}; declare that field"
        )
    members = []
    for each in msgspec.structs.fields(of):
        unset = each.default is msgspec.UNSET
        members.append(
            Member(
                each.name,
                each.type,
                each.encode_name,
                default=NOTHING if each.default is msgspec.NODEFAULT else each.default,
                factory=None if each.default_factory is msgspec.NODEFAULT else each.default_factory,
            )
        )
        if unset:
            members[-1].default = None
    return Model(of.__name__, tuple(members), tuple(problems))


def _dataclass(of: type) -> Model:
    try:
        hints = typing.get_type_hints(of, include_extras=True)
    except (NameError, TypeError, AttributeError) as error:
        return Model(of.__name__, (), (f"names a type that cannot be found: {error}",))
    members = []
    for each in dataclasses.fields(of):
        problems = () if each.init else ("is not set by the caller (init=False)",)
        missing = dataclasses.MISSING
        members.append(
            Member(
                each.name,
                hints[each.name],
                str(each.metadata.get("alias", each.name)),
                default=NOTHING if each.default is missing else each.default,
                factory=None if each.default_factory is missing else each.default_factory,
                description=str(each.metadata.get("description", "")),
                examples=tuple(each.metadata.get("examples", ())),
                schema=each.metadata.get("json_schema_extra", {}),
                problems=problems,
            )
        )
    return Model(of.__name__, tuple(members), tuple(_own_init(of)))


def _own_init(of: type) -> Iterator[str]:
    if hasattr(of, "__post_init__"):
        yield _function("__post_init__()")
