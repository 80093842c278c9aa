"""`Spec`: all that one field is, said once by the field and read by everything else.

Compiler, OpenAPI, lock files, strategies, placeholders, patches and freeze ask no field for its
class: what they do follows from its `Spec`. So a field of somebody's own, which says what it is,
works wherever kconv's do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import marshmallow

from kconv._paths import TOO_LONG, Finding, Path, invalid, not_supported

if TYPE_CHECKING:
    from kconv._schema import Type

AnyField = marshmallow.fields.Field[Any]

Structure = Literal["scalar", "list", "map", "object", "free"]
"""What is inside a value: nothing, elements, an object's fields, or nobody knows what."""

ListType = Literal["atomic", "set", "map"]
MapType = Literal["atomic", "granular"]


@dataclass(frozen=True, slots=True)
class Amounts:
    """How texts of a type say an amount, such as that of seconds which a duration has."""

    read: Callable[[str], Fraction]
    write: Callable[[Fraction], str]
    """Raises ``ValueError``, in words, for an amount that no text says."""
    finest: Fraction
    """What every amount is a whole multiple of."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spec:
    """What a field is.

    What every field of marshmallow has (``required``, ``load_default``, ``validate``,
    ``metadata``) is not repeated here.
    """

    type_name: str
    """How messages, lock files and comparisons of versions call the type."""
    structure: Structure = "scalar"
    shape: str = ""
    """What tells fields of one ``type_name`` apart when versions are compared, such as int32."""

    json_type: str = ""
    """The type of the JSON value as OpenAPI says it; empty where it is not one of them."""
    format: str = ""
    """The format that OpenAPI gives beside the type."""
    openapi: Mapping[str, Any] | None = None
    """The OpenAPI schema of values, where type, format and bounds do not say it."""
    structural: Mapping[str, Any] | None = None
    """The same as a CustomResourceDefinition says it, in a structural schema."""
    expected: str = ""
    """What errors say that a value must be: "an RFC 3339 time such as 2026-01-02T03:04:05Z"."""

    native: Any = None
    """The Python type that the JSON value decodes to: ``str``, ``int``, ``int | str``, ``Any``.

    None where only the field's own code can decode it; the compiler then leaves it to that.
    """
    canonical: Callable[[Any], Any] | None = None
    """Brings a value of the native type to its canonical spelling.

    Raises ``ValueError`` for what is no such value. None: each is its own canonical spelling.
    Bounds, enumeration and pattern are those of the canonical value.
    """
    canonical_stored: Callable[[Any], Any] | None = None
    """As ``canonical``, for what is stored already, which has to stay readable; None: no other."""
    canonical_pattern: str | None = None
    """A regular expression for texts that surely are canonical, so that most need no more."""
    absent: Any = None
    """A canonical value that equals absent, as null does. The pattern must not match it."""
    repeats: bool = False
    """Whether objects repeat few values, so that their canonical spelling is worth remembering."""

    enum: Sequence[str] = ()
    pattern: str | None = None
    """Searched within texts, in ECMA style."""
    min_length: int | None = None
    max_length: int | None = None
    minimum: float | None = None
    maximum: float | None = None
    """Inclusive, as ``minimum`` is."""
    multiple_of: int | str | None = None
    """What every amount is a whole multiple of: a number, or a decimal text."""
    amounts: Amounts | None = None
    """How texts say amounts, where they do."""
    range: tuple[int, int] | None = None
    """What a whole number can be at all; what is beyond does not decode."""
    problems: Callable[[], Iterator[str]] | None = None
    """What `Scheme.freeze` refuses about the declaration, besides what these bounds say."""

    element: AnyField | None = None
    """The field of each element of a list or map."""
    min_items: int | None = None
    max_items: int | None = None
    unique: bool = False
    list_type: ListType | None = None
    map_keys: tuple[str, ...] = ()
    map_type: MapType | None = None
    """How two writers' maps or objects combine, where it is not as their type says."""
    identity: Callable[[Any], Any] | None = None
    """What makes an element of a list the same one as another; hashable."""
    type_of: Callable[[], type[Type]] | None = None
    """Gives the type of an object: a function, since it may come later in its module."""

    merge_key: str | None = None
    patch_strategy: str | None = None

    zero: Any = None
    """The value that Go gives a field of this type when nothing is set."""
    empty_is_absent: bool = False
    """Whether ``required`` counts an empty value as not there."""

    examples: Sequence[Any] = ()
    """Canonical values; the first one is put into objects that have every field set."""
    placeholder: Callable[[int, str], Any] | None = None
    """Makes a canonical value from a number between 1 and 999 and the name of the field."""
    strategy: Callable[[Any], Any] | None = None
    """Makes a Hypothesis strategy of values, given the module ``hypothesis.strategies``."""

    facts: Mapping[str, Any] | None = None
    """What else lock files say of the field, by the names that they have there."""
    formats: tuple[str | None, ...] = ()
    """The formats of OpenAPI that the importer reads as this field; None for none at all."""
    definitions: tuple[str, ...] = ()
    """The definitions of Kubernetes' OpenAPI documents that the importer reads as this field."""

    @property
    def object_type(self) -> type[Type] | None:
        """The type of an object; None for anything else. Raises ``TypeError`` for no type."""
        return None if self.type_of is None else self.type_of()

    @property
    def any_text(self) -> bool:
        """Whether values are texts that stay as they are, as those of ``String`` do."""
        return self.json_type == "string" and self.canonical is None

    @property
    def may_be_empty(self) -> bool:
        """Whether the bounds let a text be empty."""
        if self.min_length or (self.enum and "" not in self.enum):
            return False
        return self.pattern is None or _compiled(self.pattern).search("") is not None

    @property
    def expression(self) -> str | None:
        """The pattern as Python and msgspec search it."""
        return None if self.pattern is None else anchored(self.pattern)


@cache
def anchored(pattern: str) -> str:
    """An ECMA pattern for Python, whose ``$`` would also match before a last line break."""
    return re.sub(r"((?:^|[^\\])(?:\\\\)*)\$$", r"\1\\Z", pattern)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(anchored(pattern))


def check_bounds(spec: Spec, value: Any, path: Path) -> Iterator[Finding]:
    """Findings for a scalar that is outside of its enumeration, lengths, pattern or bounds."""
    if spec.enum and value not in spec.enum:
        yield not_supported(path, value, spec.enum)
    if isinstance(value, str):
        yield from _check_text(spec, value, path)
    elif isinstance(value, int | float):
        if spec.minimum is not None and value < spec.minimum:
            yield invalid(path, value, f"must be greater than or equal to {spec.minimum}")
        if spec.maximum is not None and value > spec.maximum:
            yield invalid(path, value, f"must be less than or equal to {spec.maximum}")


def _check_text(spec: Spec, value: str, path: Path) -> Iterator[Finding]:
    if spec.min_length is not None and len(value) < spec.min_length:
        yield invalid(path, value, f"should be at least {spec.min_length} chars long")
    if spec.max_length is not None and len(value) > spec.max_length:
        yield Finding(path, TOO_LONG, f"Too long: may not be more than {spec.max_length} bytes")
    if spec.pattern is not None and not _compiled(spec.pattern).search(value):
        yield invalid(path, value, f"should match '{spec.pattern}'")
