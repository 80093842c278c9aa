"""`Shape`: what a value may be, and how two writers' values of it combine.

That is what ``x-kubernetes-list-type``, ``-list-map-keys`` and ``-map-type`` say, which fields of
kconv have in their `kconv.fields.Spec`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import marshmallow

from kconv._schema import Type
from kconv.fields import Spec, spec_of

Scalar = Literal["string", "numeric", "boolean", "mixed", "untyped"]
"""``mixed`` is a text or a number; ``untyped`` any scalar."""


class ListShape:
    """A list: ``atomic``, or of elements known by ``keys``, or a set where there are none."""

    __slots__ = ("atomic", "defaults", "element", "keys")

    def __init__(
        self,
        element: Shape,
        *,
        atomic: bool = True,
        keys: tuple[str, ...] = (),
        defaults: Mapping[str, Any] | None = None,
    ) -> None:
        self.element = element
        self.atomic = atomic
        self.keys = keys
        self.defaults = defaults or {}
        """What the keys of an element are that it leaves out."""


class MapShape:
    """An object with ``fields``, a map of elements, or both; ``atomic`` as a whole."""

    __slots__ = ("_exact", "atomic", "element", "fields")

    def __init__(
        self,
        fields: dict[str, Shape] | None = None,
        element: Shape | None = None,
        *,
        atomic: bool = False,
    ) -> None:
        self.fields = {} if fields is None else fields
        self.element = element
        self.atomic = atomic
        self._exact: bool | None = None

    @property
    def exact(self) -> bool:
        """Whether values that Python finds equal are equal: none of them may be True or 1."""
        if self._exact is None:
            self._exact = not _holds_untyped(self, set())
        return self._exact

    def child(self, name: str) -> Shape | None:
        """The shape of a field or key; None where nothing is declared."""
        return self.fields.get(name, self.element)


Kind = Scalar | ListShape | MapShape


class Shape:
    """What a value may be; most are one of the three."""

    __slots__ = ("list", "map", "scalar")

    def __init__(
        self,
        scalar: Scalar | None = None,
        list: ListShape | None = None,
        map: MapShape | None = None,
    ) -> None:
        self.scalar = scalar
        self.list = list
        self.map = map

    def kind_of(self, value: Any) -> Kind | None:
        """What a value of this shape is; None only where the shape is of nothing at all."""
        if isinstance(value, dict):
            if self.map is not None:
                return self.map
        elif isinstance(value, list):
            if self.list is not None:
                return self.list
        elif value is not None and self.scalar is not None:
            return self.scalar
        return self.map or self.scalar or self.list


def _holds_untyped(kind: MapShape | ListShape, seen: set[int]) -> bool:
    if id(kind) in seen:
        return False
    seen.add(id(kind))
    inner = [] if kind.element is None else [kind.element]
    if isinstance(kind, MapShape):
        inner += kind.fields.values()
    for shape in inner:
        if shape.scalar == "untyped":
            return True
        for each in (shape.map, shape.list):
            if each is not None and _holds_untyped(each, seen):
                return True
    return False


def _free() -> Shape:
    """Values that nobody has declared: objects combine by key, lists are atomic."""
    atomic = Shape("untyped")
    atomic.list, atomic.map = ListShape(atomic), MapShape(element=atomic, atomic=True)
    free = Shape("untyped", ListShape(atomic))
    free.map = MapShape(element=free)
    return free


FREE = _free()
_OWN_METADATA = "managedFields"


class Shapes:
    """The shapes of types, each made once.

    With ``zeros``, as Kubernetes has it for kinds of its own, a required key that an element leaves
    out is the empty text or zero.
    """

    def __init__(self, *, zeros: bool) -> None:
        self._zeros = zeros
        self._types: dict[tuple[type[Type], bool], Shape] = {}

    def of_type(self, schema: type[Type], *, granular: bool = False) -> Shape:
        """The shape of objects of a type; ``granular`` ones are not atomic whatever it says."""
        atomic = schema.instance().opts.map_type == "atomic" and not granular
        found = self._types.get((schema, atomic))
        if found is None:
            made = MapShape(atomic=atomic)
            # Types may be recursive.
            found = self._types[schema, atomic] = Shape(map=made)
            for name, field in schema.instance().wire_fields().items():
                if name != _OWN_METADATA:
                    made.fields[name] = self._of_field(field)
        return found

    def _of_field(self, field: marshmallow.fields.Field[Any]) -> Shape:
        spec = spec_of(field)
        match spec.structure:
            case "list":
                return Shape(list=self._list(spec))
            case "map":
                element = FREE if spec.element is None else self._of_field(spec.element)
                return Shape(map=MapShape(element=element, atomic=spec.map_type == "atomic"))
            case "object":
                schema = spec.object_type
                if schema is None:
                    return FREE
                if spec.map_type == "atomic":
                    inner = self.of_type(schema, granular=True).map
                    assert inner is not None, "objects have the shape of a map"
                    return Shape(map=MapShape(inner.fields, atomic=True))
                return self.of_type(schema, granular=spec.map_type == "granular")
            case "free":
                return FREE
        return Shape(_SCALARS.get(spec.json_type, "mixed") if _is_plain(spec) else "mixed")

    def _list(self, spec: Spec) -> ListShape:
        element = FREE if spec.element is None else self._of_field(spec.element)
        keys = spec.map_keys
        kind = spec.list_type
        if kind is None and "merge" in (spec.patch_strategy or ""):
            kind, keys = ("map", (spec.merge_key,)) if spec.merge_key else ("set", ())
        if kind is None or kind == "atomic":
            return ListShape(element)
        if kind == "set":
            return ListShape(element, atomic=False)
        schema = None if spec.element is None else spec_of(spec.element).object_type
        return ListShape(
            element, atomic=False, keys=keys, defaults=self._key_defaults(schema, keys)
        )

    def _key_defaults(self, schema: type[Type] | None, keys: tuple[str, ...]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        fields = {} if schema is None else schema.instance().wire_fields()
        for name in keys:
            field = fields.get(name)
            if field is None:
                continue
            default = field.load_default
            if isinstance(default, str | int | float):
                found[name] = default
            elif self._zeros and field.required and spec_of(field).structure == "scalar":
                found[name] = spec_of(field).zero
        return {name: value for name, value in found.items() if value is not None}


_SCALARS: dict[str, Scalar] = {
    "string": "string",
    "integer": "numeric",
    "number": "numeric",
    "boolean": "boolean",
}


def _is_plain(spec: Spec) -> bool:
    """Whether the JSON values are of the one type, as those of quantities are not."""
    return spec.native in (str, int, float, bool)
