"""`CompiledSpoke`: what is compiled of one version of a kind, each part when first needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cached_property
from typing import Any

import msgspec

from kconv._codec.limits import check_depth
from kconv._compile import (
    Refused,
    Struct,
    Types,
    by_struct,
    checker,
    compile_conversion,
    convert,
    decoder,
    is_wholly_plain,
    may_hold_nulls,
    nests_endlessly,
    shallow,
)
from kconv._errors import ConversionError, KconvError
from kconv._pipeline.loose import NULL, put_together, taken_apart
from kconv._pipeline.plain import (
    apply_rules,
    by_way_of,
    head_of,
    options_of,
    rule_failure,
    settled,
)
from kconv._pipeline.values import Checks, Value, as_dict
from kconv._schema import Type
from kconv._scheme import Spoke
from kconv.edges._plan import Plan


class Flavours:
    """The compiled types that an engine's spokes share, by what they are for."""

    def __init__(self, *, nullable: bool = False) -> None:
        self.settled = Types(canonical=True, nullable=nullable)
        """Bring what rules and defaults made to its canonical spelling, and fill in nothing."""
        self.decoded: Mapping[tuple[bool, bool], Types] = {
            (trusted, closed): Types(
                rules=not trusted,
                closed=closed,
                finish=True,
                nullable=nullable,
                settled=self.settled,
            )
            for trusted in (False, True)
            for closed in (False, True)
        }
        """Complete the values that they decode; by whether trusted, and closed."""
        self.bare = Types(nullable=nullable)
        """Hold values that are complete already."""


class CompiledSpoke:
    """What is compiled of a spoke; each part when it is first needed."""

    def __init__(
        self,
        spoke: Spoke,
        flavours: Flavours,
        nullable: Flavours,
        via: CompiledSpoke | None = None,
    ) -> None:
        self.spoke = spoke
        self.via = via
        types = (each.schema for each in spoke.kind.spokes)
        self.nullable = spoke.keeps_null and all(map(may_hold_nulls, (spoke.kind.hub, *types)))
        """Whether its structs hold the nulls that documents keep."""
        on_the_way = (*(each.schema for each in spoke.steps), spoke.kind.hub)
        self.plain = any(map(is_wholly_plain, on_the_way))
        """Whether the plain engine does it all, because marshmallow does more than decode."""
        self.flavours = nullable if self.nullable else flavours
        self._decoders: dict[tuple[bool, bool], Callable[[bytes], Any]] = {}
        self.sources: dict[str, str] = {}
        self.checks: dict[Checks, Callable[[Any], None]] = {"types": nothing}

    def decoder(self, *, trusted: bool, closed: bool) -> Callable[[bytes], Any]:
        """Decodes bytes to a struct.

        Without the fields' own rules for ``trusted`` objects; ``closed`` refuses unknown fields.
        """
        found = self._decoders.get((trusted, closed))
        if found is None:
            found = decoder(self.decoded(trusted=trusted, closed=closed))
            if nests_endlessly(self.spoke.schema):
                found = _bounded(found)
            self._decoders[trusted, closed] = found
        return found

    def decoded(self, *, trusted: bool, closed: bool) -> type[Struct]:
        """The struct that `decoder` decodes to."""
        return self.flavours.decoded[trusted, closed].struct(self.spoke.schema)

    def struct(self) -> type[Struct]:
        """The struct of values that are complete already."""
        return self.flavours.bare.struct(self.spoke.schema)

    @property
    def settled(self) -> type[Struct]:
        """The struct of values in canonical spelling, complete or not."""
        return self.flavours.settled.struct(self.spoke.schema)

    @cached_property
    def writing(self) -> Callable[[bytes], Any]:
        """Decodes bytes to `settled`: what is written in them, and no more."""
        found = decoder(self.settled)
        return _bounded(found) if nests_endlessly(self.spoke.schema) else found

    def check(self, checks: Checks) -> Callable[[Any], None]:
        """Raises `Refused` for a struct that breaks a rule that decoding did not look at."""
        found = self.checks.get(checks)
        if found is None:
            added = checks == "all"
            function, source = checker(self.spoke.schema, added=added, nullable=self.nullable)
            found = self.checks[checks] = function or nothing
            self.sources[f"check {checks}"] = source
        return found

    @cached_property
    def to_hub(self) -> Callable[[Any], Any]:
        """Converts a struct of the spoke to one of the hub."""
        if self.via is None:
            return self._to_target
        return self._one_after_the_other(self._to_target, self.via.to_hub)

    @cached_property
    def from_hub(self) -> Callable[[Any], Any]:
        """Converts a struct of the hub to one of the spoke."""
        if self.via is None:
            return self._from_target
        return self._one_after_the_other(self.via.from_hub, self._from_target)

    @property
    def _next(self) -> str:
        """What it converts to and from by its own rules."""
        return "hub" if self.spoke.via is None else self.spoke.via.api_version

    def _one_after_the_other(
        self, first: Callable[[Any], Any], second: Callable[[Any], Any]
    ) -> Callable[[Any], Any]:
        """Two steps of a way, as one function."""
        spoke, via = self.spoke, self.spoke.via
        assert via is not None, "only ways of several steps are put together"

        def converted(value: Any) -> Any:
            try:
                return second(first(value))
            except ConversionError:
                with by_way_of(via, spoke, as_dict(value)):
                    raise

        return converted

    @cached_property
    def _to_target(self) -> Callable[[Any], Any]:
        spoke, target = self.spoke, self.spoke.target
        head = {} if spoke.via is None else head_of(spoke.via)
        by_dicts = self._by_dicts("to_hub", spoke.forward, target, head)
        if not by_struct(spoke.rules, spoke.schema, target, spoke.forward):
            return by_dicts
        function, self.sources[f"to {self._next}"] = compile_conversion(
            spoke.schema,
            target,
            spoke.forward,
            self.flavours.bare,
            constants=head,
            rules=spoke.rules,
            direction="to hub",
            failure=self._failure,
            otherwise=by_dicts,
        )
        return function

    @cached_property
    def _from_target(self) -> Callable[[Any], Any]:
        spoke, target = self.spoke, self.spoke.target
        head = head_of(spoke)
        by_dicts = self._by_dicts("to_spoke", spoke.backward, spoke.schema, head)
        if not by_struct(spoke.rules, spoke.schema, target, spoke.forward):
            return by_dicts
        function, self.sources[f"from {self._next}"] = compile_conversion(
            target,
            spoke.schema,
            spoke.backward,
            self.flavours.bare,
            constants=head,
            rules=spoke.rules,
            direction="to spoke",
            failure=self._failure,
            otherwise=by_dicts,
        )
        return function

    def _by_dicts(
        self, direction: str, plan: Plan, target: type[Type], head: Value
    ) -> Callable[[Any], Any]:
        """A conversion by rules that work on dicts, which are copies of their own."""
        spoke = self.spoke
        struct = self.flavours.settled.struct(target)
        keeps_null, nullable = spoke.keeps_null, self.nullable

        def settle(made: Value) -> Any:
            try:
                return convert(made, struct)
            except (msgspec.ValidationError, Refused):
                # It knows nulls, and names every field of a wrong type.
                return convert(target.instance().settled(made), struct)

        def converted(value: Any) -> Any:
            source = as_dict(value)
            made = {**head, **shallow(plan, as_dict(value))}
            apply_rules(spoke, source, made, direction)
            if keeps_null and _may_hold_null(made):
                if nullable:
                    with suppress(msgspec.ValidationError, Refused):
                        return convert(made, struct)
                # The rules have made nulls, which structs do not hold.
                made, extras = taken_apart(target, made, options_of(spoke), ())
                found = settled(spoke, target, source, settle, made)
                return put_together(target, as_dict(found), extras) if extras else found
            return settled(spoke, target, source, settle, made)

        return converted

    def _failure(self, source: Any, rule: object, error: Exception) -> KconvError:
        return rule_failure(self.spoke, as_dict(source), rule, error)


def _may_hold_null(made: Value) -> bool:
    try:
        return NULL in _encode(made)
    except (TypeError, ValueError, RecursionError):
        return True


_encode = msgspec.json.Encoder().encode


def _bounded(decode: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    """A decoder of recursive types, whose objects have no end of their own."""

    def bounded(data: bytes) -> Any:
        check_depth(msgspec.json.decode(data))
        return decode(data)

    return bounded


def nothing(value: Any) -> None:
    """Nothing is left to do for this type."""
