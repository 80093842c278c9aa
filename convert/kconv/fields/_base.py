"""What all fields share: absence, null, type errors as data, and value rules kept apart.

marshmallow mixes two questions that Kubernetes keeps apart: can these bytes be *decoded* as the
type (`Field.deserialize`), and is the decoded value *valid* (`Field.check`)? Stored objects are
decoded but not judged again, so that what was valid when it was written stays readable after a
rule is tightened.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, cast

import marshmallow
from marshmallow import missing

from kconv._paths import INVALID, REQUIRED, TYPE_INVALID, Finding, Path, required, wrong_type

Json = Any
"""A JSON value: dict, list, str, int, float, bool or None."""


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


class Field(marshmallow.fields.Field[Any]):
    """Base of kconv's fields.

    ``required`` and ``validate`` are rules about the value: `check` reports them, decoding does
    not. ``load_default`` is the value of an absent field (a callable is called). ``null`` equals
    absent, as in the Kubernetes API.
    """

    type_name = "any"
    """How messages and `describe` call the type."""

    def __init__(self, *, required: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.required = required

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
        for process in self.post_load:
            value = process(value)
        return value

    def default(self) -> Any:
        """What an absent field decodes to; ``marshmallow.missing`` is: it stays absent."""
        default = self.load_default
        return default() if callable(default) else copy.copy(default)

    def element(self, value: Any) -> Any:
        """Decode one element of a list or map, where null is the type's zero value.

        encoding/json leaves a null element at its zero value, and so does Kubernetes.
        """
        return self.zero() if value is None else self.deserialize(value)

    def zero(self) -> Any:
        """The value that Go gives a field of this type when nothing is set."""
        return None

    def empty(self, value: Any) -> bool:
        """Whether ``required`` counts the value as not there."""
        return False

    def check(self, value: Any, path: Path) -> Iterator[Finding]:
        """Every rule that a decoded value at ``path`` breaks."""
        yield from run_validators(self.validators, value, path)


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

    Fields that are not kconv's own judge their values while decoding, so nothing is left here.
    """
    if not isinstance(field, Field):
        return
    if value is missing:
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
    "run_validators",
    "type_error",
    "wire_name",
]
