"""Maps and lists, with the list types and merge keys that the Kubernetes API declares."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, Literal, Unpack, overload

import marshmallow

from kconv._paths import INVALID, TOO_MANY, Finding, Path, duplicate, several
from kconv.fields._base import Element, Field, Read, Value, type_error
from kconv.fields._spec import ListType, MapType, Spec

if TYPE_CHECKING:
    from kconv.fields._options import ListOptions, MapOptions


class _Elements(Field[Value, Read], Generic[Element, Value, Read]):
    """Decodes elements one by one and reports all that fail, each under its own key."""

    def __init__(self, inner: marshmallow.fields.Field[Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.inner = inner

    # The hook by which marshmallow's containers bind their elements; there is no public one.
    def _bind_to_schema(self, field_name: str, parent: Any) -> None:
        super()._bind_to_schema(field_name, parent)
        self.inner._bind_to_schema(field_name, self)

    def _decode(self, key: str | int, value: Any, errors: dict[str | int, Any]) -> Any:
        try:
            if isinstance(self.inner, Field):
                return self.inner.element(value)
            return self.inner.deserialize(value)
        except marshmallow.ValidationError as error:
            errors[key] = error.messages
            return None

    def _check_elements(
        self, items: Iterator[tuple[str | int, Any]], path: Path
    ) -> Iterator[Finding]:
        if isinstance(self.inner, Field):
            for key, value in items:
                if value is not None:
                    yield from self.inner.check(value, (*path, key))


class Map(_Elements[Element, dict[str, Element], Read]):
    """A map from strings to values of one type.

    With ``map_type="atomic"`` two writers' maps do not combine by key
    (``x-kubernetes-map-type``).
    """

    type_name = "map"

    @overload
    def __init__(
        self: Map[Element, dict[str, Element]],
        values: marshmallow.fields.Field[Element],
        *,
        required: Literal[True],
        **options: Unpack[MapOptions],
    ) -> None: ...

    @overload
    def __init__(
        self: Map[Element, dict[str, Element]],
        values: marshmallow.fields.Field[Element],
        *,
        load_default: Mapping[str, Any] | Callable[[], Mapping[str, Any]],
        required: bool = ...,
        **options: Unpack[MapOptions],
    ) -> None: ...

    @overload
    def __init__(
        self: Map[Element, dict[str, Element] | None],
        values: marshmallow.fields.Field[Element],
        *,
        required: bool = ...,
        **options: Unpack[MapOptions],
    ) -> None: ...

    def __init__(
        self,
        values: marshmallow.fields.Field[Any],
        *,
        map_type: MapType | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(values, **kwargs)
        self.map_type = map_type

    def make_spec(self) -> Spec:
        """Values under any keys."""
        return Spec(
            type_name=self.type_name,
            structure="map",
            json_type="object",
            expected="a map",
            native=dict,
            element=self.inner,
            map_type=self.map_type,
            zero={},
        )

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, dict):
            raise type_error(value, "a map")
        errors: dict[str | int, Any] = {}
        decoded = {key: self._decode(key, inner, errors) for key, inner in value.items()}
        if errors:
            raise marshmallow.ValidationError(errors)
        return decoded

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return {key: dump_element(self.inner, key, inner) for key, inner in value.items()}

    def check(self, value: Any, path: Path) -> Iterator[Finding]:
        """The rules of the values, and the validators given to the field."""
        yield from self._check_elements(iter(value.items()), path)
        yield from super().check(value, path)


class List(_Elements[Element, list[Element], Read]):
    """A list of elements of one type.

    ``list_type`` says how two writers' lists combine and which elements are the same one
    (``x-kubernetes-list-type``): ``atomic`` as a whole, a ``set`` of scalars, or a ``map`` of
    objects known by ``map_keys``. ``unique=False`` lets a set or map hold duplicates, as
    Kubernetes does for some of its own. ``merge_key`` and ``patch_strategy`` are those of
    strategic merge patch.
    """

    type_name = "list"

    @overload
    def __init__(
        self: List[Element, list[Element]],
        items: marshmallow.fields.Field[Element],
        *,
        required: Literal[True],
        **options: Unpack[ListOptions],
    ) -> None: ...

    @overload
    def __init__(
        self: List[Element, list[Element]],
        items: marshmallow.fields.Field[Element],
        *,
        load_default: Sequence[Any] | Callable[[], Sequence[Any]],
        required: bool = ...,
        **options: Unpack[ListOptions],
    ) -> None: ...

    @overload
    def __init__(
        self: List[Element, list[Element] | None],
        items: marshmallow.fields.Field[Element],
        *,
        required: bool = ...,
        **options: Unpack[ListOptions],
    ) -> None: ...

    def __init__(
        self,
        items: marshmallow.fields.Field[Any],
        *,
        list_type: ListType | None = None,
        map_keys: str | Sequence[str] = (),
        merge_key: str | None = None,
        patch_strategy: str | None = None,
        unique: bool | None = None,
        min_items: int | None = None,
        max_items: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(items, **kwargs)
        self.list_type = list_type
        self.map_keys = several(map_keys)
        self.merge_key = merge_key
        self.patch_strategy = patch_strategy
        self.unique = list_type in ("set", "map") if unique is None else unique
        self.min_items = min_items
        self.max_items = max_items

    def make_spec(self) -> Spec:
        """Elements of a field; an empty list counts as absent, as in Kubernetes' validation."""
        return Spec(
            type_name=self.type_name,
            structure="list",
            json_type="array",
            expected="a list",
            native=list,
            element=self.inner,
            min_items=self.min_items,
            max_items=self.max_items,
            unique=self.unique,
            list_type=self.list_type,
            map_keys=self.map_keys,
            identity=self.identity,
            merge_key=self.merge_key,
            patch_strategy=self.patch_strategy,
            zero=[],
            empty_is_absent=True,
        )

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, list):
            raise type_error(value, "a list")
        errors: dict[str | int, Any] = {}
        decoded = [self._decode(index, inner, errors) for index, inner in enumerate(value)]
        if errors:
            raise marshmallow.ValidationError(errors)
        return decoded

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return [dump_element(self.inner, index, inner) for index, inner in enumerate(value)]

    def check(self, value: Any, path: Path) -> Iterator[Finding]:
        """The elements' rules, duplicates, length, and the validators given to the field."""
        yield from self._check_elements(enumerate(value), path)
        if self.unique:
            yield from self._duplicates(value, path)
        yield from _check_length(value, path, self.min_items, self.max_items)
        yield from super().check(value, path)

    def _duplicates(self, value: list[Any], path: Path) -> Iterator[Finding]:
        seen: set[Any] = set()
        for index, element in enumerate(value):
            key = self.identity(element)
            if key in seen:
                shown = {name: element.get(name) for name in self.map_keys} or element
                yield duplicate((*path, index), shown)
            seen.add(key)

    def identity(self, element: Any) -> Any:
        """What makes an element the same one: itself in a set, its keys' values in a map."""
        if self.list_type == "map" and isinstance(element, dict):
            return tuple(repr(element.get(key)) for key in self.map_keys)
        # A tuple, so that true is neither 1 nor the text "True".
        return element if type(element) in (str, int) else (repr(element),)


def _check_length(
    value: list[Any], path: Path, minimum: int | None, maximum: int | None
) -> Iterator[Finding]:
    if minimum is not None and len(value) < minimum:
        yield Finding(path, INVALID, f"Invalid value: must have at least {minimum} items")
    if maximum is not None and len(value) > maximum:
        message = f"Too many: {len(value)}: must have at most {maximum} items"
        yield Finding(path, TOO_MANY, message)


def dump_element(field: marshmallow.fields.Field[Any], key: str | int, value: Any) -> Any:
    """One element as marshmallow dumps it; null stays null."""
    if value is None:
        return None
    accessor: Callable[..., Any] = lambda obj, attr, default=None: obj  # noqa: E731 - a name would say no more
    return field.serialize(str(key), value, accessor)
