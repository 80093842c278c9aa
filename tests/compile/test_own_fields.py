"""A field of somebody's own, declared here alone, works on every surface by what it says."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import marshmallow
import pytest
from hypothesis import given

from compile.local import V1, engines, outcome, scheme_of, thing
from kconv._check.compare import compare
from kconv._check.lock import locks_of
from kconv._check.lock.text import text_of
from kconv._compile import is_compiled, is_wholly_plain, plain_fields
from kconv._errors import KconvError, SchemeError
from kconv._schema import Type
from kconv._scheme import Scheme
from kconv._serve.openapi.schemas import Schemas
from kconv._verbs.patches.shapes import Shape
from kconv.edges import Rename, Split
from kconv.fields import Field, Integer, List, Map, Object, Spec, spec_of
from kconv.testing._full_objects import full
from kconv.testing._strategies import values

_VERSION = re.compile(r"v?(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(?:\.(0|[1-9][0-9]*))?\Z")


class Network(Field):
    """A network in CIDR notation, decoded to its first address; up to some length of prefix."""

    type_name = "cidr"

    def __init__(self, *, max_length: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.max_length = max_length

    def make_spec(self) -> Spec:
        return Spec(
            type_name=self.type_name,
            json_type="string",
            format="cidr",
            expected="a network such as 10.0.0.0/8",
            native=str,
            canonical=lambda text: str(ip_network(text, strict=False)),
            max_length=self.max_length,
            zero="",
            placeholder=lambda number, _: f"10.{number // 256}.{number % 256}.0/24",
            strategy=lambda st: st.ip_addresses(v=4).map(lambda ip: f"{ip}/32"),
            patch_strategy="replace",
        )


class Release(marshmallow.fields.Field[str]):
    """A version with three numbers, decoded without a ``v``; a field of marshmallow's alone."""

    def make_spec(self) -> Spec:
        return Spec(
            type_name="release",
            json_type="string",
            pattern=r"^[0-9]+\.[0-9]+\.[0-9]+$",
            native=str,
            canonical=_release,
            repeats=True,
            examples=("1.2.3", "10.0.0"),
        )

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise marshmallow.ValidationError("Not a release.")
        try:
            return _release(value)
        except ValueError:
            raise marshmallow.ValidationError("Not a release.") from None


def _release(text: str) -> str:
    match = _VERSION.match(text)
    if match is None:
        raise ValueError(text)
    return ".".join(number or "0" for number in match.groups())


class Told(Release):
    """A release of which something else is said."""

    def __init__(self, **said: Any) -> None:
        super().__init__()
        self.said = said

    def make_spec(self) -> Spec:
        return replace(super().make_spec(), **self.said)


class Code(marshmallow.fields.Field[str]):
    """A short text, which decodes to itself."""

    def make_spec(self) -> Spec:
        return Spec(type_name="code", json_type="string", native=str, max_length=4)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise marshmallow.ValidationError("Not a code.")
        return value


class Share(Integer):
    """A whole percentage; what it decodes and checks is said, so it is compiled."""

    def make_spec(self) -> Spec:
        return Spec(
            type_name="share",
            json_type="integer",
            format="int32",
            expected="an integer",
            native=int,
            range=(0, 100),
            maximum=90,
            zero=0,
            facts={"format": "percent"},
        )

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> int:
        found = super()._deserialize(value, *args, **kwargs)
        if not 0 <= found <= 100:
            raise marshmallow.ValidationError("Not a share.")
        return found


class Shy(Network):
    """Does not say for itself what it is, so its own code decodes it."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        return f"{super()._deserialize(value, *args, **kwargs)}".replace("10.", "11.")


class Rules(Type):
    network = Network(required=True, max_length=14, metadata={"description": "Where it is."})
    networks = List(Network(), list_type="set", patch_strategy="merge")
    named = Map(Network())
    release = Release(load_default="1.0.0")
    releases = List(Release())
    few = Release(
        validate=marshmallow.validate.OneOf(["1.0.0", "2.0.0"]), metadata={"examples": ["2.0.0"]}
    )
    share = Share()
    code = Code()
    letter = Code(validate=marshmallow.validate.OneOf(["a", "b"]), metadata={"examples": ["b"]})


FIELDS = Rules.instance().wire_fields()


def test_each_is_compiled() -> None:
    assert [name for name, field in FIELDS.items() if not is_compiled(field)] == []
    assert plain_fields(Rules) == []
    assert not is_wholly_plain(Rules)


def test_what_does_not_say_it_itself_is_left_to_its_own_code() -> None:
    shy = type("Shyly", (Type,), {"a": Shy(), "b": List(Shy())})
    assert plain_fields(shy) == ["a", "b"]
    plain, compiled = engines(shy)
    for value in ("10.0.0.7/24", "x", 1, None):
        data = thing({"a": value, "b": [value]})
        assert outcome(compiled, data) == outcome(plain, data)


@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"network": "10.1.2.3/8"},
        {"network": "10.1.2.3/8", "networks": ["10.0.0.1/8", "11.0.0.0/8"], "named": {"a": "::/0"}},
        {"network": "10.0.0.0/8", "networks": ["10.0.0.1/8", "10.0.0.2/8"]},
        {"network": "255.255.255.255/32"},
        {"network": "10.0.0.0"},
        {"network": "10.0.0.0/33"},
        {"network": 5},
        {"network": ""},
        {"network": None},
        {"network": "::/0", "named": {"a": None}},
        {"network": "::/0", "networks": [None]},
        {"network": "::/0", "release": "v1.2"},
        {"network": "::/0", "release": None},
        {"network": "::/0", "release": 5},
        {"network": "::/0", "release": "1"},
        {"network": "::/0", "releases": ["v1.2", "1.2.0"]},
        {"network": "::/0", "releases": [None]},
        {"network": "::/0", "few": "v1.0"},
        {"network": "::/0", "few": "v1.1"},
        {"network": "::/0", "share": 90},
        {"network": "::/0", "share": 91},
        {"network": "::/0", "share": 101},
        {"network": "::/0", "share": True},
        {"network": "::/0", "code": "a", "letter": "b"},
        {"network": "::/0", "code": "abcde", "letter": "b"},
        {"network": "::/0", "letter": "c"},
        {"network": "::/0", "code": None, "letter": None},
        {"network": "::/0", "code": 5},
    ],
)
def test_both_engines_decode_alike(spec: dict[str, Any]) -> None:
    plain, compiled = engines(Rules)
    data = thing(spec)
    assert outcome(compiled, data) == outcome(plain, data)


def test_values_get_their_canonical_spelling_by_the_compiled_engine() -> None:
    _, compiled = engines(Rules)
    given = {"network": "10.1.2.3/8", "networks": ["11.1.1.1/8"], "release": "v2.1"}
    spoke = scheme_of(Rules).kinds[0].spokes[0]
    found = compiled.encode(compiled.decode(thing(given)))
    assert json.loads(found)["spec"] == {
        "network": "10.0.0.0/8",
        "networks": ["11.0.0.0/8"],
        "release": "2.1.0",
    }
    # By the generated code, not by the plain engine behind it.
    struct = compiled.engine.compiled(spoke).decoder(trusted=False, closed=True)  # type: ignore[attr-defined]  # the compiled engine's own
    assert struct(thing(given)).spec.network == "10.0.0.0/8"


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        (
            {"network": "255.255.255.255/32"},
            "spec.network: Too long: may not be more than 14",
        ),
        ({"network": "x"}, 'spec.network: Invalid value: "x": must be a network such as'),
        ({"network": "::/0", "code": "abcde"}, "spec.code: Too long: may not be more than 4 bytes"),
        ({"network": "::/0", "letter": "c"}, "spec.letter: Invalid value: Must be one of: a, b."),
        ({"network": "::/0", "share": 91}, "spec.share: Invalid value: 91: must be less than"),
    ],
)
def test_what_breaks_a_bound_is_refused(spec: dict[str, Any], problem: str) -> None:
    for pipeline in engines(Rules):
        with pytest.raises(KconvError) as refused:
            pipeline.decode(thing(spec))
        assert str(refused.value.findings[0]).startswith(problem)


def test_openapi() -> None:
    schemas = Schemas()
    schemas.ref(Rules)
    (document,) = schemas.components.values()
    cidr = {"type": "string", "format": "cidr"}
    release = {"type": "string", "pattern": r"^[0-9]+\.[0-9]+\.[0-9]+$"}
    assert document["properties"] == {
        "network": {**cidr, "description": "Where it is."},
        "networks": {
            "type": "array",
            "items": cidr,
            "x-kubernetes-list-type": "set",
            "x-kubernetes-patch-strategy": "merge",
        },
        "named": {"type": "object", "additionalProperties": cidr},
        "release": {**release, "default": "1.0.0"},
        "releases": {"type": "array", "items": release},
        "few": release,
        "share": {"type": "integer", "format": "int32", "maximum": 90},
        "code": {"type": "string"},
        "letter": {"type": "string"},
    }


def test_lock_files() -> None:
    text = text_of(locks_of(scheme_of(Rules))[V1])
    assert "network: {type: cidr, class: Network, required: true, maxLength: 14" in text
    assert 'release: {type: release, class: Release, default: "1.0.0", pattern:' in text
    assert "share: {type: share, format: percent, class: Share, maximum: 90}" in text


def test_a_tighter_bound_is_found() -> None:
    tighter = type("Rules", (Type,), {**Rules._declared_fields, "network": Network(max_length=9)})
    old, new = (locks_of(scheme_of(each)) for each in (Rules, tighter))
    assert "bound-tightened" in {finding.rule for finding in compare(old, new)}


def test_a_full_object() -> None:
    spoke = scheme_of(Rules).kinds[0].spokes[0]
    spec = full(spoke)["spec"]
    assert spec["network"].startswith("10.")
    assert spec["release"] == "1.2.3"
    assert 0 <= spec["share"] <= 90


def test_a_placeholder_that_is_no_value_is_refused() -> None:
    class Unsaid(Network):
        def make_spec(self) -> Spec:
            return Spec(
                type_name="cidr",
                json_type="string",
                expected="a network",
                native=str,
                canonical=lambda text: str(ip_network(text)),
            )

    spoke = scheme_of(type("Unsaying", (Type,), {"a": Unsaid()})).kinds[0].spokes[0]
    with pytest.raises(SchemeError, match=r"no placeholder fits spec\.a"):
        full(spoke)


@given(values(Rules))
def test_values_made_for_tests_decode(value: dict[str, Any]) -> None:
    decoded = Rules.instance().load(value)
    assert {name: decoded[name] for name in value if name != "networks"} == {
        name: each for name, each in value.items() if name != "networks"
    }


def test_patches() -> None:
    shape = Shape.of_type(Rules)
    assert shape.child("network").strategies == ("replace",)
    assert shape.child("networks").merges
    assert shape.child("networks").element().field is not None
    assert not shape.child("release").merges


def frozen(**declared: Any) -> Scheme:
    return scheme_of(type("Declared", (Type,), declared))


@pytest.mark.parametrize(
    ("field", "problem"),
    [
        (Network(max_length=-1), "its max_length -1 is no whole number from 0"),
        (Network(load_default="10.1.2.3/8"), 'must be written "10.0.0.0/8"'),
        (Network(load_default="x"), 'its default "x" does not decode'),
        (Network(max_length=9, load_default="10.10.0.0/16"), "may not be more than 9 bytes"),
        (Release(load_default="v1"), 'its default "v1" does not decode: .*Not a release'),
        (Release(load_default="v1.0"), 'must be written "1.0.0"'),
        (Share(load_default=95), "must be less than or equal to 90"),
        (Told(examples=("1.2.3", "v1.2")), 'its example "v1.2" must be written "1.2.0"'),
        (Told(examples=("new",)), 'its example "new" does not decode: .*Not a release'),
        (Told(pattern="(1"), r'its pattern "\(1" is no regular expression'),
    ],
)
def test_freeze_refuses_what_contradicts_it(field: Any, problem: str) -> None:
    with pytest.raises(SchemeError, match=problem):
        frozen(a=field)


def test_rules_of_edges_look_at_what_is_said() -> None:
    class Old(Type):
        net = Network()

    class New(Type):
        network = Network()
        prefix = Network()

    class Newer(Type):
        network = Network()

    assert scheme_of(Old, Newer, Rename("spec.net", "spec.network")).frozen
    with pytest.raises(SchemeError, match="is no string but cidr"):
        scheme_of(Old, New, Split("spec.net", ("spec.network", "spec.prefix"), separator="/"))
    with pytest.raises(SchemeError, match="cidr here, release there"):
        scheme_of(Old, type("Other", (Type,), {"net": Release()}))


def test_what_is_no_spec_is_refused() -> None:
    class Wrong(Field):
        def make_spec(self) -> Any:
            return "a string"

    with pytest.raises(TypeError, match=r"Wrong\.make_spec\(\) gives no Spec"):
        spec_of(Wrong())


def test_objects_and_lists_may_be_of_a_class_that_says_it() -> None:
    class Part(Type):
        network = Network()

    class Parts(List):
        make_spec = List.make_spec

    holder = type("Holder", (Type,), {"parts": Parts(Object(Part))})
    assert plain_fields(holder) == []
    plain, compiled = engines(holder)
    for parts in ([{"network": "10.1.2.3/8"}], [{"network": 5}], None, 7):
        data = thing({"parts": parts})
        assert outcome(compiled, data) == outcome(plain, data)
