"""The functions that an API package adds to its types, and how they are called.

They get values of their own, so that nothing which they do to one is seen elsewhere.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import marshmallow

from kconv._errors import FunctionFailed, KconvError
from kconv._paths import Finding, describe
from kconv.fields._base import findings_of

Value = dict[str, Any]
"""A decoded object: JSON-shaped, keyed by the names in the YAML, absent fields left out."""

Default = Callable[[Value], None]
Rule = Callable[[Value], Iterable[Finding]]
UpdateRule = Callable[[Value, Value], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Defaulter:
    """Computed defaults, and of which fields it depends whether there are any (see `defaults`)."""

    function: Default
    when: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    lacking: tuple[tuple[str, ...], ...] = ()
    empty: tuple[tuple[str, ...], ...] = ()

    def applies(self, value: Value) -> bool:
        """Whether there is anything to fill in in a decoded value."""
        if self.when and not any(name in value for name in self.when):
            return False
        if (self.lacking or self.empty) and not self.lacks_any(value):
            return False
        return not any(name in value for name in self.unless)

    def __call__(self, value: Value) -> None:
        """Fill in the defaults of a decoded value, in place, where it applies."""
        if self.applies(value):
            self.fill_in(value)

    def fill_in(self, value: Value) -> None:
        """Fill in the defaults of a decoded value, in place."""
        self.function(value)

    def lacks_any(self, value: Value) -> bool:
        """Whether any field of ``lacking`` is absent, or any of ``empty`` is that or empty.

        A field is absent too where an object that it would be in is.
        """
        return any(_at(value, path) is None for path in self.lacking) or any(
            not _at(value, path) for path in self.empty
        )


def _at(value: Any, path: Sequence[str]) -> Any:
    for name in path:
        if name not in value:
            return None
        value = value[name]
    return value


@dataclass(frozen=True, slots=True)
class Derived:
    """The default of one field, worked out from others (see `derives`)."""

    field: str
    of: tuple[str, ...]
    function: Callable[..., Any]
    replace: bool = False
    when: tuple[str, ...] = ()

    def applies(self, value: Value) -> bool:
        """Whether the field of a decoded value is absent or empty, unless that is no matter."""
        if self.when and not any(name in value for name in self.when):
            return False
        return self.replace or not value.get(self.field)

    def __call__(self, value: Value) -> None:
        """Fill in the field of a decoded value, in place, where it applies."""
        if self.applies(value):
            self.fill_in(value)

    def fill_in(self, value: Value) -> None:
        """Fill in the field of a decoded value, in place."""
        value[self.field] = self.function(*(copy.deepcopy(value.get(name)) for name in self.of))


@contextmanager
def calling(function: Callable[..., Any], of: type[marshmallow.Schema]) -> Iterator[None]:
    """Around a call of what an API package adds to a type: says which function it was that failed.

    Raises `FunctionFailed`, or what `function_failed` lets pass.
    """
    try:
        yield
    except Exception as error:
        raise function_failed(function, of, error) from error


def function_failed(
    function: Callable[..., Any], of: type[marshmallow.Schema], error: Exception
) -> Exception:
    """The error of a function of a type that raised ``error``.

    Errors of kconv, and what documents raise that nest too deep, stay what they are.
    """
    if isinstance(error, KconvError | RecursionError):
        return error
    what = getattr(function, "__qualname__", repr(function))
    if isinstance(error, marshmallow.ValidationError):
        findings = list(findings_of(error.messages))
        message = f"the default {what} of {of.__qualname__} fills in what does not decode: "
        return FunctionFailed(message + describe(findings), findings=findings)
    message = f"the function {what} of {of.__qualname__} failed: {type(error).__name__}: {error}"
    return FunctionFailed(message)


def findings_by(
    rule: Callable[..., Iterable[Finding]], of: type[marshmallow.Schema], *values: Any
) -> list[Finding]:
    """What a rule of a type finds about values, which belong to the rule: it may change them.

    Raises `FunctionFailed` if the rule fails.
    """
    with calling(rule, of):
        return all_findings(rule(*values))


def all_findings(found: Iterable[Finding]) -> list[Finding]:
    """What a rule finds. Raises `TypeError` for one that finds something else."""
    findings = list(found)
    for each in findings:
        if not isinstance(each, Finding):
            raise TypeError(f"a rule finds findings, and not {each!r:.100}")
    return findings
