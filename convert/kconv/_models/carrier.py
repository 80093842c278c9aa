"""From models to types: each model becomes a `kconv.Type`, each of its fields one of kconv's."""

from __future__ import annotations

import copy
import enum
import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from kconv._models.member import NOTHING, Member
from kconv._models.readers import is_model, read
from kconv._models.said import LIST_TYPE, MAP_KEYS, MERGE_KEY, PATCH_STRATEGY, Said
from kconv._paths import Finding, Path
from kconv._schema import Type
from kconv.fields import (
    Boolean,
    Bytes,
    Double,
    Field,
    FreeForm,
    Int32,
    Int64,
    IntOrString,
    List,
    Map,
    Object,
    String,
)
from kconv.fields._base import is_missing
from kconv.fields._spec import AnyField

REFUSED = "FieldValueNotSupported"
_SAY = "say which field it is: Annotated[..., kconv.fields.String()], or another one of them"


_KNOWN: dict[Any, dict[type, type[Type]]] = {}
"""The types of models that versions hold, by the unions that they were made with."""


class Carrier:
    """Makes types of models, each once, and collects what cannot be carried over."""

    def __init__(self, unions: Mapping[type, Any]) -> None:
        self.unions = unions
        self.findings: list[Finding] = []
        self._known = _KNOWN.setdefault(
            tuple((of, _tuples(each)) for of, each in unions.items()), {}
        )
        self.made: dict[type, type[Type]] = dict(self._known)
        self._making: set[type] = set()

    def type_of(self, model: type) -> type[Type]:
        """The type that a model is."""
        if model not in self.made:
            fields = self.fields(model)
            self.made[model] = type(model.__name__, (Type,), {**self.names(model), **fields})
        return self.made[model]

    def keep(self) -> None:
        """Let versions that are declared later have the same types for the same models."""
        self._known.update(self.made)

    def names(self, model: type) -> dict[str, Any]:
        """What a class made of a model has besides fields: its name, words, unions."""
        names: dict[str, Any] = {
            "__module__": model.__module__,
            "__qualname__": model.__qualname__,
            "__doc__": _words(model),
        }
        if model in self.unions:
            names["Meta"] = type("Meta", (), {"one_of": self.unions[model]})
        return names

    def fields(self, model: type) -> dict[str, AnyField]:
        """The fields of a model, by their names there."""
        self._making.add(model)
        found = read(model)
        for problem in found.problems:
            self.refuse((found.name,), problem)
        made = {}
        for member in found.members:
            field = self._member(member, (found.name, member.name))
            if field is not None:
                made[member.name] = field
        self._making.discard(model)
        return made

    def refuse(self, path: Path, why: str) -> None:
        """Note what cannot be carried over."""
        self.findings.append(Finding(path, REFUSED, why))

    def _member(self, member: Member, path: Path) -> AnyField | None:
        for problem in member.problems:
            self.refuse(path, problem)
        said = Said().add(member.metadata)
        said.add_schema(member.schema)
        said.description = member.description or said.description
        said.examples = member.examples or said.examples
        inner, nullable = self._unwrapped(member.annotation, said)
        field = self._field(inner, said, path)
        if field is None:
            return None
        self._default(field, member, inner, nullable, path)
        if member.wire != member.name:
            field.data_key = member.wire
        words = {"description": said.description, "examples": list(said.examples)}
        field.metadata = {**{k: v for k, v in words.items() if v}, **field.metadata}
        return field

    def _default(
        self, field: AnyField, member: Member, of: Any, nullable: bool, path: Path
    ) -> None:
        value, factory = member.default, member.factory
        field.required = value is NOTHING and factory is None
        if factory is not None:
            if factory in (list, dict) or (factory is of and is_model(of)):
                field.load_default = list if factory is list else dict
            else:
                self.refuse(path, "has a default that a function makes; give the value")
        elif value is NOTHING:
            if nullable:
                self.refuse(path, "may be null, but not absent, which is the same; default to None")
        elif value is not None:
            if nullable:
                self.refuse(
                    path,
                    f"may be null beside its default {value!r}, but null is as good as absent; "
                    "take null out, or make None the default",
                )
            self._constant(field, value, path)

    def _constant(self, field: AnyField, value: Any, path: Path) -> None:
        found = _json(value)
        if found is NOTHING:
            if not is_missing(field.load_default):
                return  # It is in the annotation.
            self.refuse(
                path,
                f"has a default {value!r} that is no JSON value; give it in the annotation, such "
                "as Annotated[..., kconv.fields.Duration(load_default='30s')]",
            )
        else:
            field.load_default = dict if found == {} else list if found == [] else found

    def _unwrapped(self, annotation: Any, said: Said) -> tuple[Any, bool]:
        """What an annotation is about, and whether that may be null; what else it says is noted."""
        nullable = False
        while True:
            if typing.get_origin(annotation) is typing.Annotated:
                annotation, *metadata = typing.get_args(annotation)
                said.add(metadata)
            elif isinstance(annotation, typing.NewType):
                annotation = annotation.__supertype__
            elif type(annotation).__name__ == "TypeAliasType":
                annotation = annotation.__value__
            elif _is_union(annotation):
                parts = typing.get_args(annotation)
                left = [each for each in parts if each not in (type(None), msgspec.UnsetType)]
                nullable = nullable or len(left) < len(parts)
                if len(left) == len(parts):
                    return annotation, nullable
                annotation = left[0] if len(left) == 1 else typing.Union[tuple(left)]  # noqa: UP007 - of a list
            else:
                return annotation, nullable

    def _inside(self, annotation: Any, path: Path) -> AnyField | None:
        """The field of elements."""
        said = Said()
        inner, nullable = self._unwrapped(annotation, said)
        if nullable:
            self.refuse(
                path, "has elements that may be null, which elements of lists and maps are not"
            )
        return self._field(inner, said, path)

    def _field(self, of: Any, said: Said, path: Path) -> AnyField | None:
        before = len(self.findings)
        for problem in said.problems:
            self.refuse(path, problem)
        if said.own is not None:
            own: Field = copy.deepcopy(said.own)
            if said.bounds:
                self.refuse(path, f"has bounds beside {type(own).__name__}(); say them there")
            return own
        field = self._by_type(of, said, path)
        if field is None:
            if len(self.findings) == before:
                self.refuse(path, f"is a {_name(of)}, which is not carried over; {_SAY}")
            return None
        for name in said.bounds:
            self.refuse(path, f"has {name}, which a {_name(of)} does not have here")
        for name in said.schema:
            self.refuse(path, f"says {name!r}, which a {_name(of)} does not have here")
        return field

    def _by_type(self, of: Any, said: Said, path: Path) -> AnyField | None:
        origin, args = typing.get_origin(of), typing.get_args(of)
        if isinstance(of, str | typing.ForwardRef):
            self.refuse(path, f"names a type that cannot be found: {_name(of)}")
        elif origin is typing.Literal or (isinstance(of, type) and issubclass(of, enum.Enum)):
            return self._choice(list(args) if args else [each.value for each in of], of, path)
        elif _is_union(of):
            if set(args) == {int, str}:
                return IntOrString()
            self.refuse(
                path,
                f"is a union, {_name(of)}; give each member a field of its own, and have exactly "
                "one of them set: kconv.spoke(..., one_of={Model: (names)})",
            )
        elif of is Any or of is object:
            return FreeForm()
        elif origin in (list, Sequence, tuple) or of is list:
            return self._list(of, origin, args, said, path)
        elif origin in (dict, Mapping) or of is dict:
            return self._map(args, path)
        elif is_model(of):
            if of not in self.made and of not in self._making:
                self.type_of(of)
            return Object(lambda: self.made[of])
        else:
            return _scalar(of, said)
        return None

    def _choice(self, values: list[Any], of: Any, path: Path) -> Field | None:
        if all(type(each) is str for each in values):
            return String(enum=values)
        self.refuse(path, f"is a choice of {_name(of)}, but only texts are carried over; {_SAY}")
        return None

    def _list(self, of: Any, origin: Any, args: Any, said: Said, path: Path) -> AnyField | None:
        if origin is tuple and args[1:] != (...,):
            self.refuse(path, f"is {_name(of)}, a list whose elements are of different types")
            return None
        inner = self._inside(args[0], path) if args else FreeForm()
        words = {
            "list_type": said.schema.pop(LIST_TYPE, None),
            "map_keys": tuple(said.schema.pop(MAP_KEYS, ())),
            "patch_strategy": said.schema.pop(PATCH_STRATEGY, None),
            "merge_key": said.schema.pop(MERGE_KEY, None),
            "min_items": said.bounds.pop("min_length", None),
            "max_items": said.bounds.pop("max_length", None),
        }
        given: Any = {name: value for name, value in words.items() if value not in (None, ())}
        return None if inner is None else List(inner, **given)

    def _map(self, args: Any, path: Path) -> AnyField | None:
        if not args or args[1] in (Any, object):
            return FreeForm(object_only=True)
        if args[0] is not str:
            self.refuse(path, f"is a map by {_name(args[0])}; the keys of JSON objects are texts")
            return None
        inner = self._inside(args[1], path)
        return None if inner is None else Map(inner)


def _scalar(of: Any, said: Said) -> AnyField | None:
    """The field of a type that holds no others; what is said and used is taken from ``said``."""
    bounds, pop = said.bounds, said.bounds.pop
    if of is bool:
        return Boolean()
    if of is str:
        names = ("pattern", "min_length", "max_length")
        texts: Any = {name: pop(name) for name in names if name in bounds}
        return String(**texts)
    if of is float:
        found = {"minimum": pop("ge", None), "maximum": pop("le", None)}
        numbers: Any = {name: each for name, each in found.items() if each is not None}
        return Double(**numbers)
    if of is int:
        # Between whole numbers, above 0 is from 1.
        low = [*_popped(bounds, "ge", 0), *_popped(bounds, "gt", 1)]
        high = [*_popped(bounds, "le", 0), *_popped(bounds, "lt", -1)]
        given: Any = {}
        if low:
            given["minimum"] = max(low)
        if high:
            given["maximum"] = min(high)
        if "multiple_of" in bounds:
            given["multiple_of"] = pop("multiple_of")
        if said.schema.get("format") in ("int32", "int64"):
            return Int32(**given) if said.schema.pop("format") == "int32" else Int64(**given)
        return Int64(**given)
    if of is bytes and said.schema.get("format") == "byte":
        said.schema.pop("format")
        return Bytes()
    return None


def _popped(bounds: dict[str, Any], name: str, more: int) -> list[int]:
    return [bounds.pop(name) + more] if name in bounds else []


def _tuples(union: Any) -> Any:
    return union if isinstance(union, str) else tuple(map(_tuples, union))


def _is_union(of: Any) -> bool:
    return typing.get_origin(of) in (typing.Union, types.UnionType)


def _json(value: Any) -> Any:
    """A default as a JSON value; `NOTHING` for what is none."""
    if isinstance(value, enum.Enum):
        value = value.value
    if type(value) in (str, int, float, bool):
        return value
    if isinstance(value, list | tuple):
        found: Any = [_json(each) for each in value]
        return NOTHING if NOTHING in found else found
    if isinstance(value, dict):
        found = {key: _json(each) for key, each in value.items()}
        return NOTHING if NOTHING in found.values() else found
    if is_model(type(value)):
        # Its own fields have the same defaults, unless it was made with others.
        try:
            return {} if value == type(value)() else NOTHING
        except (TypeError, ValueError):
            return NOTHING
    return NOTHING


def _name(of: Any) -> str:
    if isinstance(of, typing.ForwardRef):
        return of.__forward_arg__
    return of.__qualname__ if isinstance(of, type) else str(of).replace("typing.", "")


def _words(model: type) -> str:
    words = vars(model).get("__doc__") or ""
    # dataclasses make up words of their own: the signature.
    return "" if words.startswith(f"{model.__name__}(") else words
