"""What all fields share: absence, null, type errors as data, and value rules kept apart.

marshmallow mixes two questions that Kubernetes keeps apart: can these bytes be *decoded* as the
type (`Field.deserialize`), and is the decoded value *valid* (`Field.check`)? Stored objects are
decoded but not judged again, so that what was valid when it was written stays readable after a
rule is tightened.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, cast, overload

import marshmallow
from marshmallow import missing

from kconv._paths import INVALID, REQUIRED, TYPE_INVALID, Finding, Path, required, wrong_type
from kconv.fields._spec import AnyField, Spec, check_bounds

if TYPE_CHECKING:
    from typing_extensions import TypeVar as _TypeVar

    Value = _TypeVar("Value", default=Any)
    Read = _TypeVar("Read", default=Any)
    Element = _TypeVar("Element", default=Any)
    Struct = _TypeVar("Struct", default=Any)
else:
    # Python knows defaults of type variables from 3.13 on only.
    Value, Read, Element, Struct = map(TypeVar, ("Value", "Read", "Element", "Struct"))

Json = Any
"""A JSON value: dict, list, str, int, float, bool or None."""

_stored: ContextVar[bool] = ContextVar("stored", default=False)


@contextmanager
def reading_stored(stored: bool = True) -> Iterator[None]:
    """Within it fields also read spellings that are refused today, but may be stored already."""
    token = _stored.set(stored)
    try:
        yield
    finally:
        _stored.reset(token)


def is_stored() -> bool:
    """Whether what is decoded now was stored once, and so has to stay readable."""
    return _stored.get()


class Message(str):
    """An error message of marshmallow's that remembers the reason of its finding."""

    __slots__ = ("reason",)
    reason: str

    def __new__(cls, text: str, reason: str) -> Message:
        """``text`` without the path; ``reason`` a cause reason of Kubernetes."""
        message = super().__new__(cls, text)
        message.reason = reason
        return message


def type_error(value: Json, expected: str) -> marshmallow.ValidationError:
    """The error of a value that is not ``expected``, in words such as "a string"."""
    finding = wrong_type((), value, expected)
    return marshmallow.ValidationError([Message(finding.message, TYPE_INVALID)])


def findings_of(messages: Any, path: Path = ()) -> Iterator[Finding]:
    """Every message in what a marshmallow ``ValidationError`` holds, as findings with paths.

    Messages of fields that are not kconv's own get the reason ``FieldValueInvalid``, or
    ``FieldValueRequired`` where marshmallow says that data is missing.
    """
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            yield from findings_of(inner, path if key == "_schema" else (*path, key))
    elif isinstance(messages, list | tuple):
        for inner in messages:
            yield from findings_of(inner, path)
    elif isinstance(messages, Message):
        yield Finding(path, messages.reason, str(messages))
    else:
        absent = messages == marshmallow.fields.Field.default_error_messages["required"]
        yield required(path) if absent else Finding(path, INVALID, f"Invalid value: {messages}")


class Field(marshmallow.fields.Field[Value], Generic[Value, Read]):
    """Base of kconv's fields.

    ``required`` and ``validate`` are rules about the value: `check` reports them, decoding does
    not. ``load_default`` is the value of an absent field (a callable is called). ``null`` equals
    absent, as in the Kubernetes API.
    """

    type_name = "any"
    """How messages call the type."""

    if TYPE_CHECKING:
        # Objects of a type have the values of its fields as attributes.
        @overload
        def __get__(self, instance: None, owner: type) -> Self: ...
        @overload
        def __get__(self, instance: object, owner: type) -> Read: ...
        def __get__(self, instance: object, owner: type) -> Self | Read: ...
        def __set__(self, instance: object, value: Read) -> None: ...

    def __init__(self, *, required: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.required = required

    def make_spec(self) -> Spec:
        """What the field is, for all that need to know.

        A class says it for itself alone: its subclasses may decode in ways of their own, so they
        are decoded by their own code until they say what they are.
        """
        return Spec(type_name=self.type_name)

    @property
    def spec(self) -> Spec:
        """What the field is."""
        return spec_of(self)

    def deserialize(
        self,
        value: Any,
        attr: str | None = None,
        data: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> Any:
        """The decoded value; ``marshmallow.missing`` when it is absent without a default.

        Raises ``marshmallow.ValidationError`` when the value is of another type.
        """
        if value is missing or value is None:
            return self.default()
        for process in self.pre_load:
            value = process(value)
        value = self._deserialize(value, attr, data, **kwargs)
        if value == self.spec.absent and value is not None:
            return self.default()
        for process in self.post_load:
            value = process(value)
        return value

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        """The canonical value of one of the native type. Raises ``marshmallow.ValidationError``."""
        spec = self.spec
        canonical = (is_stored() and spec.canonical_stored) or spec.canonical
        if spec.native is None or spec.native is Any:
            return value if canonical is None else self._canonical(canonical, value)
        value = as_written(value, spec.native)
        if not isinstance(value, spec.native) or _is_no_number(value, spec.native):
            raise type_error(value, spec.expected)
        return value if canonical is None else self._canonical(canonical, value)

    def _canonical(self, canonical: Callable[[Any], Any], value: Any) -> Any:
        try:
            return canonical(value)
        except ValueError:
            raise type_error(value, self.spec.expected) from None

    # The hook by which a schema gets fields of its own, copies of those that were declared.
    def _bind_to_schema(self, field_name: str, parent: Any) -> None:
        super()._bind_to_schema(field_name, parent)
        vars(self).pop(_SPEC, None)

    def default(self) -> Any:
        """What an absent field decodes to; ``marshmallow.missing`` is: it stays absent."""
        default = self.load_default
        return default() if callable(default) else copy.copy(default)

    def element(self, value: Any) -> Any:
        """Decode one element of a list or map, where null is the type's zero value.

        encoding/json leaves a null element at its zero value, and so does Kubernetes.
        """
        found = missing if value is None else self.deserialize(value)
        return self._null_element() if found is missing else found

    def _null_element(self) -> Any:
        zero = self.zero()
        if zero is not None and self.spec.canonical is not None and says_itself(self):
            # Where the zero is no value of the type, as of addresses, null is none either.
            try:
                self.deserialize(zero)
            except marshmallow.ValidationError:
                raise type_error(None, self.spec.expected) from None
        return zero

    def zero(self) -> Any:
        """The value that Go gives a field of this type when nothing is set."""
        return copy.copy(self.spec.zero)

    def empty(self, value: Any) -> bool:
        """Whether ``required`` counts the value as not there."""
        return self.spec.empty_is_absent and not value

    def check(self, value: Any, path: Path) -> Iterator[Finding]:
        """Every rule that a decoded value at ``path`` breaks."""
        yield from check_bounds(self.spec, value, path)
        yield from run_validators(self.validators, value, path)


_SPEC = "_kconv_spec"


def spec_of(field: AnyField) -> Spec:
    """What a field is: what its ``make_spec`` says, asked once.

    A field of another library that has none is free-form: nothing is known of its values. Raises
    ``TypeError`` when what is said is no `Spec`.
    """
    found: Spec | None = vars(field).get(_SPEC)
    if found is None:
        make = getattr(field, "make_spec", None)
        found = Spec(type_name=type(field).__name__, structure="free") if make is None else make()
        if not isinstance(found, Spec):
            raise TypeError(f"{type(field).__qualname__}.make_spec() gives no Spec, but {found!r}")
        vars(field)[_SPEC] = found
    return found


def innermost(field: AnyField) -> AnyField:
    """The field of the elements within lists and maps; the field itself otherwise."""
    while (element := spec_of(field).element) is not None:
        field = element
    return field


def elements_of(spec: Spec, value: Any) -> Iterator[tuple[str | int, Any, AnyField]]:
    """Key, value and field of each element of a list or map, if the value is one."""
    if spec.element is None:
        return
    if spec.structure == "list" and isinstance(value, list):
        for index, each in enumerate(value):
            yield index, each, spec.element
    elif spec.structure == "map" and isinstance(value, dict):
        for key, each in value.items():
            yield key, each, spec.element


def is_own(field: AnyField) -> bool:
    """Whether null equals absent and decoding judges no value, as for all fields of kconv's."""
    return isinstance(field, Field)


def says_itself(field: AnyField) -> bool:
    """Whether the field's own class says what it is, and nothing makes it decode otherwise.

    What a class says does not hold for its subclasses, and for a field of another library not
    where it takes null for a value.
    """
    if "make_spec" not in vars(type(field)) or getattr(field, "pre_load", None) or field.post_load:
        return False
    return is_own(field) or not field.allow_none


@cache
def writes_as_read(of: type[AnyField]) -> bool:
    """Whether fields of a class write values as the class that says what they are does."""
    said = (each for each in of.__mro__ if "make_spec" in vars(each) and each is not Field)
    own = next(said, None)
    written = ("_serialize", "serialize", "get_value")
    return own is not None and all(getattr(of, name) is getattr(own, name) for name in written)


def has_own_rules(field: AnyField) -> bool:
    """Whether a field has rules besides those of its `Spec`: validators, or a ``check``."""
    return bool(field.validators) or has_own_check(field)


def has_own_check(field: AnyField) -> bool:
    """Whether a field's class has a ``check`` that is not kconv's."""
    check = getattr(type(field), "check", None)
    return not getattr(check, "__module__", "kconv.fields.").startswith("kconv.fields.")


def as_written(value: Any, native: Any) -> Any:
    """A number as an integer, if the native type has no other and it is one that is stored.

    Kubernetes' decoder refuses ``5.0`` and ``1e3`` for an integer.
    """
    if not isinstance(value, float) or isinstance(value, native) or not is_stored():
        return value
    whole = int(value) if value.is_integer() else value
    return whole if isinstance(whole, native) else value


def _is_no_number(value: object, native: Any) -> bool:
    """Whether a value is a bool where the native type has none: bools are ints to Python."""
    return isinstance(value, bool) and native is not bool


def run_validators(
    validators: Iterable[Callable[[Any], Any]], value: Any, path: Path
) -> Iterator[Finding]:
    """Findings of marshmallow validators, those given as ``validate=`` to a field."""
    for validator in validators:
        try:
            verdict = validator(value)
        except marshmallow.ValidationError as error:
            yield from findings_of(error.messages, path)
        else:
            if verdict is False:
                yield Finding(path, INVALID, "Invalid value")


def check_field(field: marshmallow.fields.Field[Any], value: Any, path: Path) -> Iterator[Finding]:
    """Every rule that a field's value at ``path`` breaks; ``marshmallow.missing``: it is absent.

    Fields that are not kconv's own judge their values while decoding, so just what they say in
    their `Spec` is left here.
    """
    if not isinstance(field, Field):
        if value is not missing:
            yield from check_bounds(spec_of(field), value, path)
    elif value is missing or value is None:
        # A null that documents keep breaks no rule but this.
        if field.required:
            yield required(path)
    elif field.required and field.empty(value):
        yield required(path)
    else:
        yield from field.check(value, path)


def is_missing(value: object) -> bool:
    """Whether marshmallow holds this for an absent value."""
    return value is missing


def wire_name(field: marshmallow.fields.Field[Any]) -> str:
    """The field's name in the YAML, which is its key in loaded values too."""
    return cast("str", field.data_key if field.data_key is not None else field.name)


__all__ = [
    "REQUIRED",
    "Field",
    "Json",
    "Message",
    "check_field",
    "findings_of",
    "is_missing",
    "is_stored",
    "reading_stored",
    "run_validators",
    "type_error",
    "wire_name",
]
