"""What models say is carried over, or refused by name with what to do about it."""

from __future__ import annotations

import datetime
import enum
import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any, Generic, Literal, NewType, TypeVar

import msgspec
import pydantic
import pydantic.dataclasses
import pytest
from annotated_types import Gt, Len, Lt, MultipleOf, Predicate
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, RootModel

import kconv
from kconv import Document, SchemeError
from kconv.fields import FreeForm, List, Map, Object, Time, spec_of

META: dict[str, Any] = {"group": "models.example.com", "version": "v1"}
Item = TypeVar("Item")


class Color(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    LOW = 1


class Inner(BaseModel):
    """What is inside."""

    size: int = 1


class Tree(BaseModel):
    name: str = "root"
    children: list[Tree] = []


Name = NewType("Name", str)


class Everything(BaseModel):
    """All that is carried over."""

    text: Annotated[str, Field(min_length=1, max_length=5, pattern="^a")]
    name: Name
    number: int = 3
    above: Annotated[int, Gt(0), Lt(10), MultipleOf(3)] = 3
    small: int = Field(0, json_schema_extra={"format": "int32"})
    real: float = Field(0.5, ge=0, le=1)
    sure: bool = False
    color: Color = Color.RED
    words: Literal["a", "b"] = "a"
    either: int | str = 5
    inner: Inner = Field(default_factory=Inner)
    made: Inner = Inner()
    maybe: Inner | None = None
    many: Annotated[list[Inner], Len(1, 3)] = []
    texts: list[Annotated[str, Field(max_length=2)]] = Field(default_factory=list)
    pairs: tuple[int, ...] | None = None
    by_name: dict[str, list[Inner]] = {}
    free: dict[str, Any] = {}
    anything: Any = None
    loose: list[Any] | None = None
    when: Annotated[datetime.datetime | None, Time()] = None
    of: Tree | None = None
    told: str | None = Field(None, description="What it is.", examples=["x"], alias="tOld")
    strict: pydantic.StrictStr = "s"


def declared(model: type, **more: Any) -> dict[str, Any]:
    version = kconv.spoke(model, document=True, **META, **more)
    assert issubclass(version, Document)
    return dict(version.instance().wire_fields())


def test_what_is_carried_over() -> None:
    fields = declared(Everything)
    spec = {name: spec_of(each) for name, each in fields.items()}
    assert list(fields) == ["tOld" if name == "told" else name for name in Everything.model_fields]
    assert [name for name, each in fields.items() if each.required] == ["text", "name"]
    text = spec["text"]
    assert (text.min_length, text.max_length, text.pattern) == (1, 5, "^a")
    above = spec["above"]
    assert (above.minimum, above.maximum, above.multiple_of) == (1, 9, 3)
    assert (spec["small"].format, spec["number"].format) == ("int32", "int64")
    assert (spec["real"].minimum, spec["real"].maximum) == (0, 1)
    assert spec["color"].enum == ("red",)
    assert spec["words"].enum == ("a", "b")
    assert spec["either"].type_name == "int-or-string"
    assert (spec["many"].min_items, spec["many"].max_items) == (1, 3)
    assert spec_of(fields["texts"].inner).max_length == 2
    assert isinstance(fields["by_name"], Map)
    assert isinstance(fields["by_name"].inner, List)
    assert isinstance(fields["free"], FreeForm)
    assert isinstance(fields["when"], Time)
    assert fields["tOld"].metadata == {"description": "What it is.", "examples": ["x"]}
    defaults = {
        name: each.load_default
        for name, each in fields.items()
        if each.load_default is not fields["text"].load_default
    }
    assert defaults == {
        "number": 3, "above": 3, "small": 0, "real": 0.5, "sure": False, "color": "red",
        "words": "a", "either": 5, "inner": dict, "made": dict, "many": list, "texts": list,
        "by_name": dict, "free": dict, "strict": "s",
    }  # fmt: skip
    inner = fields["inner"]
    assert isinstance(inner, Object)
    assert inner.type.__doc__ == "What is inside."
    tree = fields["of"].type
    assert tree.instance().wire_fields()["children"].inner.type is tree


def test_types_are_shared_between_versions() -> None:
    one, two = declared(Everything), declared(Everything)
    assert one["inner"].type is two["inner"].type
    union = declared(Everything, one_of={Inner: ("size", "other")})
    assert union["inner"].type is not one["inner"].type
    with pytest.raises(SchemeError, match="Tree: holds no Inner, which one_of names"):
        declared(Tree, one_of={Inner: ("size", "other")})


def test_dataclasses_of_pydantic() -> None:
    fields = declared(Pointed)
    assert (spec_of(fields["x"]).minimum, fields["y"].load_default) == (0, "a")


@pydantic.dataclasses.dataclass
class Pointed:
    x: int = Field(ge=0)
    y: str = "a"


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")


class Envelope(BaseModel):
    apiVersion: Literal["models.example.com/v2"]
    metadata: Inner
    spec: Inner


class Alias(BaseModel):
    one: str = Field(validation_alias="a", serialization_alias="b")


class Functions(BaseModel):
    model_config = ConfigDict(str_to_lower=True)

    low: str
    high: Annotated[str, AfterValidator(str.upper)] = "A"

    @pydantic.field_validator("low")
    @classmethod
    def short(cls, value: str) -> str:
        return value[:3]

    @pydantic.model_validator(mode="after")
    def both(self) -> Functions:
        return self

    @pydantic.computed_field  # type: ignore[prop-decorator]  # as pydantic's pages say
    @property
    def length(self) -> int:
        return len(self.low)


class Root(RootModel[list[int]]):
    pass


class Types(BaseModel):
    when: datetime.datetime
    id: uuid.UUID
    amount: Decimal
    level: Level
    number: Literal[1, 2]
    both: Inner | Tree | None = None
    unique: set[str] = set()
    pair: tuple[int, str] = (1, "a")
    by_number: dict[int, str] = {}
    raw: bytes = b""


class Bounds(BaseModel):
    real: float = Field(gt=0)
    text: str = Field(json_schema_extra={"x-secret": True})
    later: bool = Field(json_schema_extra={"format": "int32"})
    odd: Annotated[int, Predicate(bool)]
    elements: list[int | None]
    own: Annotated[str, kconv.fields.Duration(), Field(max_length=3)] = "1s"


class Defaults(BaseModel):
    must: str | None
    null: int | None = 5
    made: str = Field(default_factory=str)
    other: Inner = Inner(size=5)
    when: Annotated[datetime.timedelta, kconv.fields.Duration()] = datetime.timedelta(seconds=3)
    hidden: str = Field("", exclude=True)


class Cat(BaseModel):
    kind: Literal["cat"]


class Dog(BaseModel):
    kind: Literal["dog"]


class Pets(BaseModel):
    pet: Cat | Dog = Field(discriminator="kind")


class Tagged(msgspec.Struct, tag="tagged", array_like=True):
    one: int

    def __post_init__(self) -> None:
        raise ValueError


@dataclass
class Plain:
    one: int = field(init=False, default=1)
    two: list[str] = field(default_factory=lambda: ["a"])

    def __post_init__(self) -> None:
        raise ValueError


class Generically(BaseModel, Generic[Item]):
    item: Item


def _unresolved() -> type:
    @dataclass
    class Unresolved:
        one: Missing  # type: ignore[name-defined]  # noqa: F821 - what is tested

    return Unresolved


REFUSED: list[tuple[Any, list[str]]] = [
    (dict, ["takes a pydantic model, a msgspec.Struct or a dataclass"]),
    (Alias, ["Alias.one: is read as 'a' and written as 'b'; give it one alias"]),
    (
        Functions,
        [
            "Functions: has a validator, both(): functions are not carried over",
            "Functions: has a computed field, length(): functions",
            "Functions: has str_to_lower in its model_config",
            "Functions.low: has a validator, short(): functions",
            "Functions.high: has AfterValidator",
        ],
    ),
    (Root, ["Root: is a root model"]),
    (Open, ["Open: keeps what it does not declare (extra='allow'); take that out"]),
    (
        Types,
        [
            "Types.when: is a datetime, which is not carried over; say which field it is",
            "Types.id: is a UUID",
            "Types.amount: is a Decimal",
            "Types.level: is a choice of Level, but only texts",
            "Types.number: is a choice of Literal[1, 2], but only texts",
            "Types.both: is a union",
            "Types.unique: is a set[str]",
            "Types.pair: is tuple[int, str], a list whose elements are of different types",
            "Types.by_number: is a map by int",
            "Types.raw: is a bytes",
        ],
    ),
    (
        Bounds,
        [
            "Bounds.real: has gt, which a float does not have here",
            "Bounds.text: says 'x-secret' in its JSON schema",
            "Bounds.later: says 'format', which a bool does not have here",
            "Bounds.odd: has Predicate",
            "Bounds.elements: has elements that may be null",
            "Bounds.own: has bounds beside Duration()",
        ],
    ),
    (
        Defaults,
        [
            "Defaults.must: may be null, but not absent",
            "Defaults.null: may be null beside its default 5",
            "Defaults.made: has a default that a function makes",
            "Defaults.other: has a default",
            "Defaults.when: has a default datetime.timedelta(seconds=3) that is no JSON value",
            "Defaults.hidden: is left out of what is written",
        ],
    ),
    (Pets, ["Pets.pet: is a union by a discriminator", "Pets.pet: is a union"]),
    (
        Tagged,
        [
            "Tagged: has __post_init__(): functions",
            "Tagged: is written as an array",
            "Tagged: has the tag 'tagged' in the field type",
        ],
    ),
    (
        Plain,
        [
            "Plain: has __post_init__(): functions",
            "Plain.one: is not set by the caller",
            "Plain.two: has a default that a function makes",
        ],
    ),
    (Generically, ["Generically.item: is a ~Item"]),
    (_unresolved(), ["Unresolved: names a type that cannot be found: name 'Missing'"]),
]


@pytest.mark.parametrize(
    ("model", "expected"), REFUSED, ids=lambda each: getattr(each, "__name__", "")
)
def test_what_is_refused(model: Any, expected: list[str]) -> None:
    with pytest.raises(SchemeError) as refused:
        kconv.spoke(model, document=True, **META)
    message = str(refused.value)
    for each in expected:
        assert each in message
    if refused.value.findings:
        assert len(refused.value.findings) == len(expected), message


def test_the_envelope_is_kubernetes_own() -> None:
    with pytest.raises(SchemeError) as refused:
        kconv.spoke(Envelope, **META)
    assert [str(each).split(": ")[0] for each in refused.value.findings] == [
        "Envelope.apiVersion",
        "Envelope.metadata",
    ]
    assert "apiVersion" in declared(Envelope)


def test_documents_get_their_hub() -> None:
    version = kconv.spoke(Everything, document=True, kind="Thing", **META)
    hub: Any = kconv.hub_of(version, null="absent", unknown="drop")
    scheme = kconv.Scheme()
    scheme.add(hub, kconv.Edge(version), storage="models.example.com/v1")
    pipeline = kconv.Pipeline(scheme)
    read: Any = pipeline.objects.read(version, b'{"text":"abc","name":"n","tOld":null,"more":1}')
    assert (read.text, read.told, read.inner.size, read.many) == ("abc", None, 1, [])
