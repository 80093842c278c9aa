"""What an expression may cost at most, estimated as Kubernetes does.

A unit is about what it takes to look at a field. The estimate walks through what the expression
says: a loop costs what its body does, as often as what it goes over has entries. Where Kubernetes
goes by the limits of a schema, so does this; it can go by the sizes of values, too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from kconv._cel.call_costs import Argument, Estimate, call_estimate
from kconv._cel.expressions import kind_of
from kconv._cel.sizes import UNKNOWN, Size, Sizes, Steps, capped

_LIST: Final = 10
_MAP: Final = 30
_STRUCT: Final = 40
_SCALAR_PRIMITIVES: Final = (1, 2, 3, 4)
_ACCUMULATORS: Final = ("__result__", "@result")


Calls = Callable[[Any, str, Argument | None, list[Argument], Sizes], Estimate]
"""What calls cost, by the call and its overload, its target and arguments (`call_estimate`)."""


def estimate(
    checked: Any, root: Any, sizes: Sizes, *, calls: Calls = call_estimate, once: bool = False
) -> int:
    """What the evaluation of ``root``, a part of a compiled expression, may cost.

    With ``once`` each loop is taken to be gone through one time.
    """
    return _Coster(checked, sizes, calls, once).cost(root)


@dataclass(frozen=True, slots=True)
class _Entries:
    """The sizes of what a list or a map holds."""

    is_list: bool
    key: Size
    value: Size


@dataclass(slots=True)
class _Local:
    """A variable that the expression itself declares."""

    path: Steps
    size: Size | None
    entries: _Entries | None = None


@dataclass(slots=True)
class _Coster:
    checked: Any
    sizes: Sizes
    calls: Calls
    once: bool
    paths: dict[int, Steps] = field(default_factory=dict)
    locals: dict[str, list[_Local]] = field(default_factory=dict)
    known: dict[int, Size] = field(default_factory=dict)
    entries: dict[int, _Entries] = field(default_factory=dict)

    def cost(self, expr: Any) -> int:
        by_kind: dict[str, Callable[[Any], int]] = {
            "ident_expr": self._ident,
            "select_expr": self._select,
            "call_expr": self._call,
            "list_expr": self._list,
            "struct_expr": self._struct,
            "comprehension_expr": self._comprehension,
        }
        work = by_kind.get(kind_of(expr))
        return capped(work(expr)) if work else 0

    def _ident(self, expr: Any) -> int:
        local = self._local(expr.ident_expr.name)
        self.paths[expr.id] = local.path if local else (expr.ident_expr.name,)
        return 1

    def _select(self, expr: Any) -> int:
        select = expr.select_expr
        cost = self.cost(select.operand)
        if select.test_only:
            return cost
        if self._has_fields(select.operand):
            cost += 1
        self.paths[expr.id] = (*self._path(select.operand), select.field)
        return cost

    def _call(self, expr: Any) -> int:
        call = expr.call_expr
        costs = [self.cost(each) for each in call.args]
        if call.function == "dyn":
            self._copy(expr, call.args[0])
            return 1 + costs[0]
        args = [self._argument(each) for each in call.args]
        overloads = self.checked.references[expr.id].overload_id
        if not overloads:
            return 0
        cost, target = 0, None
        if call.HasField("target"):
            cost = self.cost(call.target)
            target = self._argument(call.target)
        most, size = 0, None
        for overload in overloads:
            found = self._overload(expr, overload, target, args, costs)
            most = max(most, found.cost)
            if found.size is not None:
                size = found.size if size is None else size.or_else(found.size)
            if overload in ("index_list", "index_map") and args:
                held = self._entries(call.args[0])
                size = held.value if held else None
                step = "@items" if overload == "index_list" else "@values"
                self.paths[expr.id] = (*self._path(call.args[0]), step)
            if size is None:
                size = self._size(expr)
        if size is not None:
            self.known[expr.id] = size
        return cost + most

    def _overload(
        self, expr: Any, overload: str, target: Argument | None, args: list[Argument],
        costs: list[int],
    ) -> Estimate:  # fmt: skip
        parts = expr.call_expr.args
        if overload == "conditional":
            held = self._joined(parts[1], parts[2])
            if held:
                self.entries[expr.id] = held
            size = args[1].size_or_unknown.or_else(args[2].size_or_unknown)
            return Estimate(costs[0] + max(costs[1:]), size)
        if overload.startswith("add_") and len(parts) == 2:
            held = self._joined(*parts)
            if held:
                self.entries[expr.id] = held
        found = self.calls(expr, overload, target, args, self.sizes)
        return Estimate(capped(found.cost + sum(costs)), found.size)

    def _joined(self, one: Any, other: Any) -> _Entries | None:
        first, second = self._entries(one), self._entries(other)
        if first is None or second is None:
            return None
        key, value = first.key.or_else(second.key), first.value.or_else(second.value)
        return _Entries(first.is_list, key, value)

    def _list(self, expr: Any) -> int:
        elements = expr.list_expr.elements
        cost = sum(self.cost(each) for each in elements)
        value = self._widest(elements)
        self.entries[expr.id] = _Entries(True, Size(1, 1), value)
        return cost + _LIST

    def _struct(self, expr: Any) -> int:
        struct = expr.struct_expr
        cost = sum(
            self.cost(each.value) + (self.cost(each.map_key) if each.HasField("map_key") else 0)
            for each in struct.entries
        )
        if struct.message_name:
            return cost + _STRUCT
        keys = self._widest([each.map_key for each in struct.entries])
        values = self._widest([each.value for each in struct.entries])
        self.entries[expr.id] = _Entries(False, keys, values)
        return cost + _MAP

    def _widest(self, parts: Any) -> Size:
        sizes = [self._size_or_unknown(each) for each in parts]
        return Size(
            min((each.least for each in sizes), default=0),
            max((each.most for each in sizes), default=0),
        )

    def _comprehension(self, expr: Any) -> int:
        comp = expr.comprehension_expr
        if _is_bind(comp):
            cost = self.cost(comp.iter_range) + self.cost(comp.accu_init)
            self._push(comp.accu_var, self._bound(comp.accu_init))
            cost += self.cost(comp.result)
            self._pop(comp.accu_var)
            self._copy(expr, comp.result)
            return cost
        cost = self.cost(comp.iter_range) + self.cost(comp.accu_init)
        made = self._bound(comp.accu_init)
        if self.calls is not call_estimate and kind_of(comp.accu_init) == "list_expr":
            # It grows to what there is to go through, and each time is made anew.
            made.size = self._size_or_unknown(comp.iter_range)
        self._push(comp.accu_var, made)
        for name, local in self._variables(comp):
            self._push(name, local)
        each = self.cost(comp.loop_condition) + self.cost(comp.loop_step)
        for name in filter(None, (comp.iter_var, comp.iter_var2)):
            self._pop(name)
        cost += self.cost(comp.result)
        self._pop(comp.accu_var)
        count = self._size_or_unknown(comp.iter_range)
        if kind_of(comp.accu_init) == "const_expr":
            size = self._size(comp.accu_init)
            if size is not None:
                self.known[expr.id] = size
        elif kind_of(comp.accu_init) in ("list_expr", "struct_expr"):
            self.known[expr.id] = count
            held = self._entries(comp.loop_step)
            if held:
                self.entries[expr.id] = held
        return cost + each * (min(count.most, 1) if self.once else count.most)

    def _variables(self, comp: Any) -> list[tuple[str, _Local]]:
        held = self._entries(comp.iter_range)
        path = self._path(comp.iter_range)
        is_list = held.is_list if held else self._is_list(comp.iter_range)
        key = _Local((*path, "@indices" if is_list else "@keys"), held.key if held else None)
        value = _Local((*path, "@items" if is_list else "@values"), held.value if held else None)
        if comp.iter_var2:
            return [(comp.iter_var, key), (comp.iter_var2, value)]
        return [(comp.iter_var, value if is_list else key)]

    def _bound(self, expr: Any) -> _Local:
        return _Local(self._path(expr), self._size(expr), self._entries(expr))

    def _push(self, name: str, local: _Local) -> None:
        self.locals.setdefault(name, []).append(local)

    def _pop(self, name: str) -> None:
        self.locals[name].pop()

    def _local(self, name: str) -> _Local | None:
        found = self.locals.get(name)
        return found[-1] if found else None

    def _named(self, expr: Any) -> _Local | None:
        return self._local(expr.ident_expr.name) if kind_of(expr) == "ident_expr" else None

    def _path(self, expr: Any) -> Steps:
        local = self._named(expr)
        return local.path if local else self.paths.get(expr.id, ())

    def _type(self, expr: Any) -> Any:
        return self.checked.types[expr.id]

    def _has_fields(self, expr: Any) -> bool:
        kind = self._type(expr).WhichOneof("kind")
        return kind in _WITH_FIELDS or (
            kind not in _TYPED and self.sizes(self._path(expr)) is not None
        )

    def _is_list(self, expr: Any) -> bool:
        kind, path = self._type(expr).WhichOneof("kind"), self._path(expr)
        # Of a type that nobody said, the place may say what it is.
        return kind == "list_type" or (kind not in _TYPED and self.sizes((*path, "@keys")) is None)

    def _argument(self, expr: Any) -> Argument:
        path = self._path(expr)
        if path and path[0] in _ACCUMULATORS:
            path = ()
        return Argument(path, self._type(expr), self._size(expr), expr)

    def _size_or_unknown(self, expr: Any) -> Size:
        found = self._size(expr)
        return UNKNOWN if found is None else found

    def _size(self, expr: Any) -> Size | None:
        if expr.id in self.known:
            return self.known[expr.id]
        literal = _literal_size(expr)
        if literal is not None:
            return Size(literal, literal)
        found = self.sizes(self._path(expr))
        if found is not None:
            self.known[expr.id] = found
            return found
        if _is_scalar(self._type(expr)):
            return Size(1, 1)
        local = self._named(expr)
        return local.size if local else None

    def _entries(self, expr: Any) -> _Entries | None:
        if expr.id in self.entries:
            return self.entries[expr.id]
        local = self._named(expr)
        return local.entries if local else None

    def _copy(self, made: Any, of: Any) -> None:
        size, held = self._size(of), self._entries(of)
        if size is not None:
            self.known[made.id] = size
        if held is not None:
            self.entries[made.id] = held


_WITH_FIELDS: Final = ("map_type", "message_type", "type_param")
_TYPED: Final = (
    "map_type", "message_type", "type_param", "list_type", "primitive", "well_known",
    "abstract_type",
)  # fmt: skip


def _is_scalar(kind: Any) -> bool:
    match kind.WhichOneof("kind"):
        case "primitive":
            return kind.primitive in _SCALAR_PRIMITIVES
        case "well_known":
            return bool(kind.well_known in (2, 3))
        case "abstract_type":
            return kind.abstract_type.name == "optional_type" and _is_scalar(
                kind.abstract_type.parameter_types[0]
            )
    return False


def _is_bind(comp: Any) -> bool:
    return (
        kind_of(comp.iter_range) == "list_expr"
        and not comp.iter_range.list_expr.elements
        and kind_of(comp.loop_condition) == "const_expr"
        and comp.loop_condition.const_expr.WhichOneof("kind") == "bool_value"
        and not comp.loop_condition.const_expr.bool_value
        and comp.accu_var not in _ACCUMULATORS
    )


def _literal_size(expr: Any) -> int | None:
    match kind_of(expr):
        case "const_expr":
            name = expr.const_expr.WhichOneof("kind")
            is_text = name in ("string_value", "bytes_value")
            return len(getattr(expr.const_expr, name)) if is_text else 1
        case "list_expr":
            return len(expr.list_expr.elements)
        case "struct_expr" if not expr.struct_expr.message_name:
            return len(expr.struct_expr.entries)
    return None
