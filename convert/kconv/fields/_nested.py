"""Objects within objects, and free-form values that a schema does not look into."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, Unpack, cast, overload

import marshmallow
from marshmallow import missing

from kconv._paths import Finding, Path
from kconv.fields._base import Field, Read, Struct, type_error
from kconv.fields._spec import MapType, Spec

if TYPE_CHECKING:
    from kconv._schema import Type
    from kconv.fields._options import ObjectOptions


class Object(Field[Struct, Read], Generic[Struct, Read]):
    """An object of another `kconv._schema.Type`; a lambda where the type comes later in a module.

    ``map_type`` says of this field what its type says otherwise (``x-kubernetes-map-type``).
    With ``load_default=dict`` an absent object is an empty one with its own defaults. Raises
    ``TypeError`` on first use when it is given something else.
    """

    type_name = "object"

    @overload
    def __init__(
        self: Object[Struct, Struct],
        of: type[Struct] | Callable[[], type[Struct]],
        *,
        required: Literal[True],
        **options: Unpack[ObjectOptions],
    ) -> None: ...

    @overload
    def __init__(
        self: Object[Struct, Struct],
        of: type[Struct] | Callable[[], type[Struct]],
        *,
        load_default: Mapping[str, Any] | Callable[[], Mapping[str, Any]],
        required: bool = ...,
        **options: Unpack[ObjectOptions],
    ) -> None: ...

    @overload
    def __init__(
        self: Object[Struct, Struct | None],
        of: type[Struct] | Callable[[], type[Struct]],
        *,
        required: bool = ...,
        **options: Unpack[ObjectOptions],
    ) -> None: ...

    def __init__(
        self,
        of: Any,
        *,
        patch_strategy: str | None = None,
        map_type: MapType | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._of = of
        self.map_type = map_type
        self.patch_strategy = patch_strategy

    def make_spec(self) -> Spec:
        """An object of the type."""
        return Spec(
            type_name=self.type_name,
            structure="object",
            json_type="object",
            expected="an object",
            native=dict,
            type_of=lambda: self.type,
            map_type=self.map_type,
            patch_strategy=self.patch_strategy,
        )

    @property
    def type(self) -> type[Type]:
        """The class of the object's type."""
        of: Any = self._of
        if not isinstance(of, type):
            of = of()
        if not isinstance(of, type) or not issubclass(of, marshmallow.Schema):
            raise TypeError(f"Object() takes a Type, not {of!r}")
        found = self._of = cast("type[Type]", of)
        return found

    def default(self) -> Any:
        """An absent object with ``load_default`` is decoded like one that was written."""
        value = super().default()
        return value if value is missing or value is None else self.type.instance().load(value)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, dict):
            raise type_error(value, "an object")
        return self.type.instance().load(value)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return self.type.instance().dump(value)

    def zero(self) -> Any:
        """An empty object with its own defaults."""
        return self.type.instance().load({})

    def check(self, value: Any, path: Path) -> Iterator[Finding]:
        """The rules of the object's fields, and of the object as a whole."""
        yield from self.type.instance().check(value, path)
        yield from super().check(value, path)


_ANYTHING: Final = {"x-kubernetes-preserve-unknown-fields": True}
_ANY_OBJECT: Final = {"type": "object", **_ANYTHING}


class FreeForm(Field[Any, Any]):
    """Any JSON value, kept as it is: no field within it is unknown, and nulls stay.

    ``object_only`` refuses what is not an object (``x-kubernetes-preserve-unknown-fields``).
    """

    type_name = "free-form"

    def __init__(self, *, object_only: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.object_only = object_only

    def make_spec(self) -> Spec:
        """Any value, or any object."""
        return Spec(
            type_name=self.type_name,
            structural=_ANY_OBJECT if self.object_only else _ANYTHING,
            structure="free",
            json_type="object" if self.object_only else "",
            expected="an object",
            native=Any,
            canonical=_only_objects if self.object_only else None,
            placeholder=lambda _, name: {f"{name}Key": f"{name}Value"},
            strategy=_objects,
            facts={"objectOnly": self.object_only},
        )


def _only_objects(value: Any) -> Any:
    if not isinstance(value, dict):
        raise ValueError(value)
    return value


def _objects(st: Any) -> Any:
    return st.dictionaries(
        st.from_regex(r"[a-z][a-z0-9.-]{0,8}", fullmatch=True),
        st.one_of(
            st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8),
            st.booleans(),
        ),
        max_size=2,
    )
