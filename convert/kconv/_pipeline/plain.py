"""`PlainEngine`: marshmallow schemas, and rules applied one after the other, on dicts.

What comes out shares nothing with what goes in, which is never changed: rules get copies.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import marshmallow

from kconv._codec import json as json_codec
from kconv._document import DocumentOptions
from kconv._errors import ConversionError, FunctionFailed, KconvError, TooLarge
from kconv._paths import Finding, Path, describe
from kconv._pipeline.engine import NotSound, OneStep, ReadStep, WrittenStep, WrongTypes
from kconv._pipeline.fallback import Fallbacks
from kconv._pipeline.loose import (
    Loose,
    by_name_loosely,
    put_together,
    refuse_forgotten,
    taken_apart,
)
from kconv._pipeline.values import Checks, Value, ref_of
from kconv._schema import Type
from kconv._scheme import Spoke
from kconv.edges._plan import Plan
from kconv.fields._base import findings_of


class PlainEngine:
    """marshmallow schemas, and rules applied one after the other; native values are dicts."""

    def __init__(self) -> None:
        self.fallbacks = Fallbacks()

    def prepare(self, spoke: Spoke) -> None:
        """There is nothing to build."""

    def sound(self, spoke: Spoke, source: bytes | Value, *, checks: Checks, closed: bool) -> Any:
        """There is no short cut. Raises `NotSound`."""
        raise NotSound

    def written(self, spoke: Spoke, source: bytes | Value) -> Any:
        """As what rules make is settled: types, null as absent, canonical spelling."""
        raw = json_codec.decode(source) if isinstance(source, bytes) else source
        if not isinstance(raw, dict):
            raise NotSound("it is no object")
        try:
            return {**spoke.schema.instance().settled(raw), **head_of(spoke)}
        except marshmallow.ValidationError as error:
            raise WrongTypes(list(findings_of(error.messages))) from None

    def written_step(self, spoke: Spoke, target: Spoke) -> WrittenStep | None:
        """There is no short cut."""
        return None

    def one_step(self, spoke: Spoke, target: Spoke, checks: Checks) -> OneStep | None:
        """There is no short cut."""
        return None

    def read_step(self, spoke: Spoke, target: Spoke) -> ReadStep | None:
        """There is no short cut."""
        return None

    def decode(self, spoke: Spoke, raw: Value) -> Value:
        """Types, null as absent, canonical spelling and defaults, by the marshmallow schema."""
        try:
            value: Any = spoke.schema.instance().load(raw)
        except marshmallow.ValidationError as error:
            raise WrongTypes(list(findings_of(error.messages))) from None
        except RecursionError:
            raise nests_too_deep() from None
        return {**head_of(spoke), **value}

    def accepted(self, spoke: Spoke, value: Value, refused: NotSound) -> Any:
        """The decoded value itself."""
        return value

    def check(self, spoke: Spoke, value: Any, checks: Checks) -> Iterable[Finding]:
        """The fields' own rules, then those that groups add, each if asked for."""
        schema = spoke.schema.instance()
        if checks == "types":
            return ()
        if type(value) is Loose:
            value, _ = taken_apart(spoke.schema, value, options_of(spoke))
        return schema.check_fields(value) if checks == "fields" else schema.check(value)

    def unknown(self, spoke: Spoke, raw: Value) -> Iterator[Path]:
        """A walk over the document along the schema."""
        return spoke.schema.instance().unknown_fields(raw)

    def to_hub(self, spoke: Spoke, value: Any) -> Any:
        """The hub's value of a decoded object of a spoke; without kind and apiVersion."""
        types = spoke.schema, spoke.target
        via = spoke.via
        if via is None:
            return _converted(spoke, spoke.forward, value, {}, "to_hub", types)
        with by_way_of(via, spoke, value):
            made = _converted(spoke, spoke.forward, value, head_of(via), "to_hub", types)
            return PlainEngine.to_hub(self, via, made)

    def from_hub(self, spoke: Spoke, value: Any) -> Any:
        """The spoke's value of a hub's value, with kind and apiVersion if objects have them."""
        types, head = (spoke.target, spoke.schema), head_of(spoke)
        via = spoke.via
        if via is None:
            return _converted(spoke, spoke.backward, value, head, "to_spoke", types)
        with by_way_of(via, spoke, value):
            made = PlainEngine.from_hub(self, via, value)
            return _converted(spoke, spoke.backward, made, head, "to_spoke", types)

    def dump(self, spoke: Spoke, value: Any) -> Value:
        """The dump of the marshmallow schema."""
        schema = spoke.schema
        if type(value) is Loose:
            value, extras = taken_apart(schema, value, options_of(spoke))
            return dict(put_together(schema, schema.instance().dump(value), extras))
        dumped: Value = schema.instance().dump(value)
        return dumped

    def encode(self, spoke: Spoke, value: Any) -> bytes:
        """The JSON of the dump."""
        return json_codec.encode(self.dump(spoke, value))


def nests_too_deep() -> TooLarge:
    """The error of a document that Python cannot follow to its end."""
    return TooLarge(
        "the document nests too deep: objects of recursive types can be followed less deep than "
        "others"
    )


@contextmanager
def by_way_of(via: Spoke, spoke: Spoke, value: Any) -> Iterator[None]:
    """Around a conversion by way of another version: its errors say by which."""
    try:
        yield
    except ConversionError as error:
        about = ref_of(spoke, value)
        message = error.message.removeprefix(f"{error.about}: ")
        kind = RuleFailed if isinstance(error, RuleFailed) else ConversionError
        raise kind(
            f"{about}: by way of {via.api_version}: {message}",
            about=about,
            findings=error.findings,
        ) from error


def head_of(spoke: Spoke) -> Value:
    """The fields that tell which version an object is of; documents have none."""
    if not spoke.envelope:
        return {}
    return {"apiVersion": spoke.api_version, "kind": spoke.options.kind}


def options_of(spoke: Spoke) -> DocumentOptions:
    """How documents of a spoke are read."""
    assert spoke.kind.document is not None, "only values of documents are loose"
    return spoke.kind.document


def _converted(
    spoke: Spoke,
    plan: Plan,
    value: Value,
    head: Value,
    direction: str,
    types: tuple[type[Type], type[Type]],
) -> Value:
    _, target = types
    if type(value) is Loose:
        return converted_loosely(spoke, plan, value, direction, types)
    made: Value = {**head, **by_name(plan, value)}
    if not spoke.rules:
        return made
    source = copy.deepcopy(value)
    apply_rules(spoke, source, made, direction)
    if spoke.keeps_null:
        made, extras = taken_apart(target, made, options_of(spoke), ())
    else:
        extras = []
    found: Value = settled(spoke, target, value, target.instance().settled, made)
    return put_together(target, found, extras) if extras else found


def converted_loosely(
    spoke: Spoke, plan: Plan, value: Loose, direction: str, types: tuple[type[Type], type[Type]]
) -> Value:
    """The conversion of a document with nulls or unknown fields, which the rules see.

    What they make counts as they made it, a null as a null. Raises `ConversionError` for an unknown
    field that is not taken along.
    """
    ours, target = types
    options = options_of(spoke)
    _, before = taken_apart(ours, value, options)
    try:
        made = by_name_loosely(plan, ours, target, value)
        if spoke.rules:
            apply_rules(spoke, copy.deepcopy(dict(value)), made, direction)
        known = {each.path[-1] for each in before if not each.declared}
        made, extras = taken_apart(target, made, options, known)
        refuse_forgotten(before, extras, spoke.rules)
    except ConversionError as error:
        if error.about is not None:
            raise
        about = ref_of(spoke, value)
        kind = RuleFailed if isinstance(error, RuleFailed) else ConversionError
        raise kind(f"{about}: {error.message}", about=about, findings=error.findings) from None
    found: Value = settled(spoke, target, value, target.instance().settled, made)
    return put_together(target, found, extras) if extras else found


def by_name(plan: Plan, source: Value) -> Value:
    """What a plan alone makes of an object: a copy of all that converts by name."""
    target: Value = {}
    for name in plan.copied:
        if name in source:
            target[name] = copy.deepcopy(source[name])
    for name, (depth, inner) in plan.inner.items():
        if name in source:
            target[name] = _by_name_inside(inner, depth, source[name])
    return target


def _by_name_inside(plan: Plan, depth: int, value: Any) -> Any:
    if value is None:
        return None
    if depth == 0:
        return by_name(plan, value)
    if isinstance(value, list):
        return [_by_name_inside(plan, depth - 1, item) for item in value]
    return {key: _by_name_inside(plan, depth - 1, item) for key, item in value.items()}


def apply_rules(spoke: Spoke, source: Value, made: Value, direction: str) -> None:
    """Have the rules of an edge write to ``made``, one after the other.

    ``source`` belongs to the rules: one that changes it changes what the next one sees, and
    nothing else. Raises `ConversionError` naming the object and the rule that fails.
    """
    for rule in spoke.rules:
        try:
            getattr(rule, direction)(source, made)
        except Exception as error:
            raise rule_failure(spoke, source, rule, error) from error


class RuleFailed(ConversionError, FunctionFailed):
    """A rule failed on an object, or made what is none: the rule is at fault, not the object."""


def rule_failure(spoke: Spoke, source: Any, rule: object, error: Exception) -> KconvError:
    """The error of a rule that failed on an object: which rule, and which object it was."""
    about = ref_of(spoke, source)
    if isinstance(error, KconvError):
        if isinstance(error, ConversionError) and error.about is None:
            error.about = about
        return error
    message = f"{about}: the rule {rule} failed: {type(error).__name__}: {error}"
    return RuleFailed(message, about=about)


def settled(
    spoke: Spoke,
    target: type[Type],
    source: Any,
    settle: Callable[[Value], Any],
    made: Value,
) -> Any:
    """What rules made, as a value of the target's type.

    Fields that the type does not declare and nulls are left out, and the rest is in its canonical
    spelling. Raises `ConversionError` with every field whose value is of a wrong type.
    """
    try:
        return settle(made)
    except marshmallow.ValidationError as error:
        findings = list(findings_of(error.messages))
        about = ref_of(spoke, source)
        message = f"{about}: its rules make what {_title(spoke, target)} cannot hold: "
        raise RuleFailed(message + describe(findings), about=about, findings=findings) from None


def _title(spoke: Spoke, target: type[Type]) -> str:
    if target is spoke.kind.hub:
        return f"the hub of {spoke.kind.group_kind}"
    return next(str(each.gvk) for each in spoke.steps if each.schema is target)
