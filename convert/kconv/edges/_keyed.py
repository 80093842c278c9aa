"""Objects by name in one version that are a list of named objects in the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from marshmallow import missing

from kconv._differences import ORDER
from kconv._errors import ConversionError
from kconv._paths import INVALID, Finding, Path, format_path, quote
from kconv.edges._declared_loss import Direction, Loss
from kconv.edges._plan import compare, field_difference, shape
from kconv.edges._rule import EACH_BY_FUNCTIONS, Rule, Value
from kconv.edges._steps import EACH, MISSING, Steps, copied, format_steps, get, put
from kconv.edges._value import misfit
from kconv.fields import spec_of
from kconv.fields._spec import AnyField

if TYPE_CHECKING:
    from kconv._schema import Type

_ORDER = "a map has no order: whoever writes it may give its keys another one"


class _Keyed(Rule):
    """What both rules share: a map on one side, a list with a key in its elements on the other."""

    whole = True
    list_is_spoke: bool

    def __init__(self, spoke: str, hub: str, *, key: str, value: str = "") -> None:
        super().__init__((spoke,), (hub,))
        self.map_key = key
        self.value = value

    @property
    def _map(self) -> Steps:
        return self.hub[0] if self.list_is_spoke else self.spoke[0]

    @property
    def _list(self) -> Steps:
        return self.spoke[0] if self.list_is_spoke else self.hub[0]

    def to_hub(self, spoke: Value, hub: Value) -> None:
        """Spoke to hub, see the class."""
        self._convert(spoke, self.spoke[0], hub, self.hub[0], to_map=self.list_is_spoke)

    def to_spoke(self, hub: Value, spoke: Value) -> None:
        """Hub to spoke, see the class."""
        self._convert(hub, self.hub[0], spoke, self.spoke[0], to_map=not self.list_is_spoke)

    def _convert(
        self, source: Value, path: Steps, target: Value, to: Steps, *, to_map: bool
    ) -> None:  # fmt: skip
        found = get(source, path)
        if found is MISSING:
            return
        if found is None:
            put(target, to, None)
        else:
            put(target, to, self._as_map(found, path) if to_map else self._as_list(found, path))

    def _as_map(self, elements: list[Any], path: Steps) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for index, each in enumerate(elements):
            name = each.get(self.map_key) if isinstance(each, dict) else None
            at: Path = (*path, index)
            if not isinstance(name, str):
                raise _refusal(at, f"has no {self.map_key}, by which the other version knows it")
            if name in made:
                raise _refusal((*at, self.map_key), f"{quote(name)} is there twice")
            rest = {step: copied(inner) for step, inner in each.items() if step != self.map_key}
            if self.value and self.value not in rest:
                raise _refusal(at, f"has no {self.value}, which is all that the other version has")
            made[name] = rest[self.value] if self.value else rest
        return made

    def _as_list(self, entries: dict[str, Any], path: Steps) -> list[Any]:
        made = []
        for name, each in entries.items():
            if not name:
                raise _refusal((*path, name), f"an empty key is no {self.map_key}")
            inner = {self.value: copied(each)} if self.value else copied(each or {})
            made.append({self.map_key: name, **inner})
        return made

    def problems(self) -> list[str]:
        """What `Scheme.freeze` refuses about the rule."""
        if any(EACH in path for path in (*self.spoke, *self.hub)):
            return [f"{self}: {self.name} works on paths without [*]; {EACH_BY_FUNCTIONS}"]
        return []

    def misfits(self, spoke: Sequence[AnyField], hub: Sequence[AnyField]) -> list[str]:
        """Fields that are no map and no list by that key, or hold other objects."""
        listed, mapped = (spoke[0], hub[0]) if self.list_is_spoke else (hub[0], spoke[0])
        element, inner = spec_of(listed).element, spec_of(mapped).element
        if spec_of(listed).structure != "list" or element is None:
            return [misfit(self, self._list, f"is no list but {shape(listed)}")]
        if spec_of(mapped).structure != "map" or inner is None:
            return [misfit(self, self._map, f"is no map but {shape(mapped)}")]
        of = spec_of(element).object_type
        if of is None:
            return [misfit(self, self._list, f"holds no objects but {shape(element)}")]
        return [*self._key_problems(spec_of(listed).map_keys, of), *self._other(of, inner)]

    def _key_problems(self, map_keys: tuple[str, ...], of: type[Type]) -> Iterator[str]:
        field = of.instance().wire_fields().get(self.map_key)
        if field is None or not spec_of(field).any_text:
            yield misfit(self, self._list, f"has no string {self.map_key} in its elements")
        elif not field.required:
            yield misfit(
                self, self._list, f"has elements without a {self.map_key}; make it required"
            )
        if map_keys != (self.map_key,):
            yield misfit(
                self,
                self._list,
                f"may hold a {self.map_key} twice; declare "
                f'list_type="map", map_keys=("{self.map_key}",)',
            )

    def _other(self, of: type[Type], inner: AnyField) -> Iterator[str]:
        fields = of.instance().wire_fields()
        if self.value:
            field = fields.get(self.value)
            if field is None:
                yield misfit(self, self._list, f"has no {self.value} in its elements")
                return
            more = [name for name in fields if name not in (self.map_key, self.value)]
            difference = field_difference(field, inner)
            if more and not difference:
                difference = f"{', '.join(more)} here only"
            if not difference:
                yield from self._value_problems(field, inner)
        elif (below := spec_of(inner).object_type) is None:
            difference = f"objects here, {shape(inner)} there; say value="
        else:
            plan = compare(of, below, ((self.map_key,),))
            differing = [*plan.only_source, *plan.only_target, *(p for p, _ in plan.differing)]
            difference = ", ".join(map(format_steps, differing))
        if difference:
            yield misfit(self, self._list, f"holds other values ({difference}); use Functions")

    def _value_problems(self, field: AnyField, inner: AnyField) -> Iterator[str]:
        said = f"has elements whose {self.value}"
        spec = spec_of(field)
        if not field.required and field.load_default is missing:
            what = f"{said} may be absent; give it a load_default (in a CRD: default or required)"
            yield misfit(self, self._list, what)
        elif field.required and spec.empty_is_absent and not spec_of(inner).min_length:
            what = f'{said} may not be empty; give it load_default="" (in a CRD: default: "") '
            what += "in place of required"
            yield misfit(self, self._list, what)

    def losses(self) -> Iterator[Loss]:
        """The order of the list: what comes back is in the order in which the map is written."""
        direction: Direction = "to hub" if self.list_is_spoke else "to spoke"
        yield Loss((*self._list, ORDER), direction, reason=_ORDER)


class MapToList(_Keyed):
    """The spoke's map is the hub's list, each key of it the field ``key`` of an element.

    The elements are what the map's objects are, with the key; or, for a map of other values,
    objects of the key and ``value`` alone. They come in the order in which the map is written.
    """

    name = "map-to-list"
    list_is_spoke = False


class ListToMap(_Keyed):
    """The spoke's list is the hub's map: `MapToList` the other way round.

    The list must be declared as one whose elements are known by the key (``list_type="map"``).
    """

    name = "list-to-map"
    list_is_spoke = True


def _refusal(path: Path, message: str) -> ConversionError:
    return ConversionError(
        f"{format_path(path)}: {message}", findings=[Finding(path, INVALID, message)]
    )
