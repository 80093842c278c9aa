"""Rules, defaults and conversions as people write them: the same answer from either engine."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compile.local import V1, V2, engines, thing
from fixtures.long import examples
from kconv._errors import FunctionFailed, KconvError
from kconv._gvk import GroupVersion
from kconv._paths import Finding, invalid
from kconv._pipeline import Pipeline
from kconv._schema import Type, defaults, derives, judged_by_value, validates, validates_update
from kconv.edges import Functions
from kconv.fields import Boolean, FreeForm, Int32, List, Map, Object, Quantity, String

Findings = Iterator[Finding]
Values = dict[str, Any]


def types() -> tuple[type[Type], type[Type]]:
    """A type with an object, lists, maps and free-form values, and the type of the object."""

    class Part(Type):
        name = String()
        size = Quantity()
        tags = List(String())
        labels = Map(String())

    class Spec(Type):
        part = Object(Part)
        parts = List(Object(Part))
        on = Boolean()
        count = Int32()
        words = List(String())
        free = FreeForm()

    return Spec, Part


PART = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["", "a", "b"]),
        "size": st.sampled_from(["0", "1", "1000m", "2"]),
        "tags": st.lists(st.sampled_from(["x", "y"]), max_size=2),
        "labels": st.dictionaries(st.sampled_from(["k", "l"]), st.just("v"), max_size=2),
    },
)
SPECS = st.fixed_dictionaries(
    {},
    optional={
        "part": st.none() | PART,
        "parts": st.lists(PART, max_size=2),
        "on": st.booleans(),
        "count": st.integers(-1, 2),
        "words": st.lists(st.sampled_from(["b", "a", ""]), max_size=3),
        "free": st.sampled_from([{}, {"a": None}, [], "x"]),
    },
)


def hold(check: Callable[[Values], None], number: int = 40) -> None:
    """Check many values; how long each takes says nothing."""
    settings(deadline=None, max_examples=examples(number))(given(SPECS)(check))()


def outcome(pipeline: Pipeline, data: bytes, trusted: bool, to: GroupVersion) -> Any:
    """What comes of decoding and converting: value, bytes and errors, and what is left of both."""
    try:
        decoded = pipeline.decode(data, trusted=trusted)
        before = pipeline.encode(decoded)
        converted = pipeline.convert_decoded(decoded, to)
        there = pipeline.encode(converted)
        assert pipeline.encode(decoded) == before, "converting changed its input"
        return (
            decoded.value,
            before,
            converted.value,
            there,
            pipeline.convert(data, to, trusted=True),
        )
    except KconvError as error:
        return type(error), error.message, [str(each) for each in error.findings]


def alike(spec: type[Type], *rules: Functions) -> Callable[[Values], None]:
    plain, compiled = engines(spec, None, *rules) if not rules else engines(spec, spec, *rules)

    def check(value: Values) -> None:
        for version, to in ((V1, V2), (V2, V1), (V1, V1)):
            for trusted in (False, True):
                data = thing(value, version)
                found = outcome(compiled, data, trusted, to)
                assert found == outcome(plain, data, trusted, to), (version, trusted)

    return check


def refuse_if(test: Callable[[Values], object]) -> Callable[[Values], Findings]:
    def rule(value: Values) -> Findings:
        if test(value):
            yield invalid(("part",), "x", "is refused")

    return rule


JUDGEMENTS: dict[str, Callable[[Values], object]] = {
    "no part": lambda v: not v.get("part"),
    "some part": lambda v: bool(v.get("part")),
    "part is a dict": lambda v: isinstance(v.get("part"), dict),
    "itself is exactly a dict": lambda v: type(v) is dict and len(v) > 2,
    "part is empty": lambda v: v.get("part") == {},
    "part is as written": lambda v: v.get("part") == {"name": "a"},
    "part has a name": lambda v: "name" in v.get("part", {}),
    "no field": lambda v: not v,
    "a field that nobody declares": lambda v: "nothing" in v or v.get("nothing") is not None,
    "some of the parts": lambda v: any(not each for each in v.get("parts", [])),
    "parts are alike": lambda v: v.get("parts", [])[:1] == v.get("parts", [])[1:],
    "sorted fields": lambda v: sorted(v) == ["count", "on"],
    "JSON": lambda v: json.dumps(v.get("part", {}), sort_keys=True) == '{"name": "b"}',
    "a copy": lambda v: copy.deepcopy(v) == v and dict(v) == {**v} and (v | {"on": True}) == v,
    "values": lambda v: {} in v.values() or ("part", {}) in v.items(),
    "keys": lambda v: v.keys() & {"part", "parts"} == {"parts"},
    "length": lambda v: len(v) == 1 and len(v.get("part", {})) == 1,
    "match": lambda v: _matches(v),
    "free-form": lambda v: v.get("free") == {"a": None},
    "text of it": lambda v: str(v) == "{'part': {}}",
    "order": lambda v: list(v)[:1] == ["part"],
}


def _matches(value: Values) -> bool:
    match value:
        case {"part": {"name": str(), **rest}} if not rest:
            return True
        case {"parts": [{}, *_]}:
            return True
    return False


@pytest.mark.parametrize("name", JUDGEMENTS)
def test_rules(name: str) -> None:
    spec, _ = types()
    validates(spec)(refuse_if(JUDGEMENTS[name]))
    hold(alike(spec))


def _shuffle(value: Values) -> None:
    value.get("words", []).sort()
    value.get("part", {}).clear()
    value.get("parts", []).append({"name": "more"})
    value.pop("on", None)
    value["count"] = 2
    value["free"] = {"changed": True}


def test_rules_that_change_what_they_judge_change_nothing() -> None:
    spec, part = types()

    @validates(spec, part)
    def changes(value: Values) -> Findings:
        if value.get("words") == ["b", "a"] or value.get("tags") == ["x", "y"]:
            yield invalid((), "x", "is refused")
        _shuffle(value)

    @validates(spec)
    def looks_again(value: Values) -> Findings:
        if value.get("count") == 2 and value.get("free") == {"changed": True}:
            yield invalid(("count",), 2, "was changed by the rule before")

    hold(alike(spec))


@pytest.mark.parametrize("put", [1, 1.0, {1, 2}, object()])
def test_rules_see_what_was_written_whatever_the_rule_before_put_there(put: object) -> None:
    spec, _ = types()

    @validates(spec)
    def changes(value: Values) -> Findings:
        value["on"] = put
        yield from ()

    @validates(spec)
    def judges(value: Values) -> Findings:
        if value.get("on") is True:
            yield invalid(("on",), True, "is refused")

    for pipeline in engines(spec):
        with pytest.raises(KconvError, match=r"spec.on: .*is refused"):
            pipeline.decode(thing({"on": True}))


def test_what_broke_no_rule_is_judged_once_where_the_type_says_so() -> None:
    spec, part = types()
    judged: list[Any] = []

    @validates(part)
    def judges(value: Values) -> Findings:
        judged.append(copy.deepcopy(value))
        if value.get("name") == "b":
            yield invalid(("name",), "b", "is refused")

    judged_by_value(part)
    _, pipeline = engines(spec)
    for on in (True, False):
        pipeline.decode(thing({"on": on, "part": {"name": "a"}, "parts": [{"name": "a"}]}))
    assert judged == [{"name": "a"}]
    for _ in range(2):
        with pytest.raises(KconvError, match=r"spec.part.name: .*is refused"):
            pipeline.decode(thing({"part": {"name": "b"}, "parts": [{"name": "a"}]}))
    pipeline.decode(thing({"part": {"tags": ["x"]}}))
    assert judged[-1] == {"tags": ["x"]}


def test_values_that_differ_in_what_no_rule_reads_are_judged_once() -> None:
    spec, part = types()
    judged: list[Any] = []

    @validates(part)
    def judges(value: Values) -> Findings:
        judged.append(copy.deepcopy(value))
        if not value.get("name") or value.get("labels") == {"name": "x"}:
            yield invalid(("name",), "", "is refused")

    judged_by_value(spec, unread={part: ("name",)})
    _, pipeline = engines(spec)
    for name in "abc":
        pipeline.decode(thing({"part": {"name": name, "size": "1"}, "words": ["w"]}))
    assert judged == [{"name": "a", "size": "1"}]
    # What has the same name elsewhere is another field.
    for refused in ({"name": "", "size": "1"}, {"name": "a", "labels": {"name": "x"}}):
        pipeline.decode(thing({"part": {**refused, "name": "a", "labels": {"name": "y"}}}))
        with pytest.raises(KconvError, match=r"spec.part.name: .*is refused"):
            pipeline.decode(thing({"part": refused}))
    count = len(judged)
    for size, word in (("2", "w"), ("1", "v")):
        pipeline.decode(thing({"part": {"name": "a", "size": size}, "words": [word]}))
    assert len(judged) == count + 2


def test_rules_of_another_package_are_asked_each_time() -> None:
    spec, part = types()
    allowed = {"a"}

    @validates(part)
    def own(value: Values) -> Findings:
        yield from ()

    def of_another(value: Values) -> Findings:
        if value.get("name") not in allowed:
            yield invalid(("name",), value.get("name"), "is refused by now")

    of_another.__module__ = "elsewhere.rules"
    validates(part)(of_another)
    judged_by_value(spec, part)
    for pipeline in engines(spec):
        allowed.add("a")
        pipeline.decode(thing({"part": {"name": "a"}}))
        allowed.clear()
        with pytest.raises(KconvError, match=r"spec.part.name: .*is refused by now"):
            pipeline.decode(thing({"part": {"name": "a"}}))


def test_what_rules_change_is_judged_each_time() -> None:
    spec, part = types()

    @validates(part)
    def changes(value: Values) -> Findings:
        value["name"] = "b"
        yield from ()

    @validates(part)
    def judges(value: Values) -> Findings:
        if value.get("name") == "a":
            yield invalid(("name",), "a", "is refused")

    judged_by_value(part)
    for pipeline in engines(spec):
        for _ in range(2):
            with pytest.raises(KconvError, match=r"spec.part.name: .*is refused"):
                pipeline.decode(thing({"part": {"name": "a"}}))


def test_rules_about_changes_change_nothing() -> None:
    spec, _ = types()

    @validates_update(spec)
    def fixed(new: Values, old: Values) -> Findings:
        if not old.get("part") and new.get("part"):
            yield invalid(("part",), "x", "is immutable")
        _shuffle(new)
        _shuffle(old)

    for pipeline in engines(spec):
        old = pipeline.decode(thing({"part": {}, "words": ["b", "a"]}))
        new = pipeline.decode(thing({"part": {"name": "a"}, "words": ["b", "a"]}))
        with pytest.raises(KconvError, match=r"spec.part: .*is immutable"):
            pipeline.check_update(new, old)
        pipeline.check_update(old, new)
        assert json.loads(pipeline.encode(old))["spec"] == {"part": {}, "words": ["b", "a"]}


FILLINGS: dict[str, Callable[[Values], object]] = {
    "where there is none": lambda v: v.setdefault("part", {}).setdefault("name", "new"),
    "an empty object": lambda v: v.update(part={}) if not v.get("part") else None,
    "a canonical spelling": lambda v: v.setdefault("part", {}).update(size="1500m"),
    "another list": lambda v: v.update(words=sorted(v.get("words", []))),
    "an element": lambda v: v.setdefault("parts", []).append({"tags": ["x"]}),
    "null": lambda v: v.update(part=None, words=[None, "a"]),
    "what is not declared": lambda v: v.setdefault("part", {}).update(nothing=1),
    "less": lambda v: v.pop("part", None) and v.pop("parts", None),
    "a wrong type": lambda v: v.update(count="3") if v.get("on") else None,
    "a wrong type deep within": lambda v: v.update(parts=[{"tags": "x"}]) if v.get("on") else None,
    "a failure": lambda v: v["part"]["name"],
    "a failure of its own": lambda v: 1 / v.get("count", 1),
}


@pytest.mark.parametrize("name", FILLINGS)
def test_computed_defaults(name: str) -> None:
    spec, _ = types()

    @defaults(spec)
    def fill_in(value: Values) -> None:
        FILLINGS[name](value)

    hold(alike(spec))


def test_derived_defaults_get_values_of_their_own() -> None:
    spec, _ = types()

    @derives(spec, field="count", of=("part", "words", "free"))
    def count(part: Values | None, words: list[str] | None, free: Any) -> int | None:
        size = len(part or {}) if isinstance(part, dict) else -1
        if words:
            words.append("more")
        if part is not None:
            part["name"] = "changed"
        return size if free is None else None

    @derives(spec, field="parts", of=("part",))
    def parts(part: Values | None) -> list[Values] | None:
        return [part, {"size": "1000m"}] if part else None

    hold(alike(spec))


def move(source: Values, target: Values) -> None:
    """Truth, types, copies and changes, as in conversions that people write."""
    given_spec = source.get("spec")
    if not given_spec:
        return
    spec = target.setdefault("spec", {})
    part = given_spec.get("part")
    if not part:
        spec.pop("part", None)
    elif isinstance(part, dict):
        part["name"] = part.get("name", "") + "!"
        spec["part"] = part
    words = given_spec.get("words") or []
    words.reverse()
    spec["words"] = words
    for each in spec.get("parts", []):
        if each == {} or not each.get("tags"):
            each["tags"] = ["none"]
    if "count" in given_spec and given_spec["count"] in (0, 1):
        spec["count"] = not given_spec["count"]
    target["metadata"].setdefault("annotations", {})["moved"] = json.dumps(given_spec)


def swap(source: Values, target: Values) -> None:
    target["spec"] = {**source.get("spec", {}), "on": not source.get("spec", {}).get("on")}


def none_of_it(source: Values, target: Values) -> None:
    target.pop("spec", None)
    source.clear()


def nulls(source: Values, target: Values) -> None:
    target["spec"] = dict.fromkeys(source.get("spec", {}))


def wrong(source: Values, target: Values) -> None:
    target["spec"] = {"words": "a", "part": {"tags": [1]}, "count": 2**40}


def failing(source: Values, target: Values) -> None:
    raise ZeroDivisionError("so there")


@pytest.mark.parametrize("to_spoke", [move, swap, none_of_it, nulls, wrong, failing])
@pytest.mark.parametrize("to_hub", [move, swap, none_of_it, nulls, wrong, failing])
def test_conversions(
    to_hub: Callable[[Values, Values], None], to_spoke: Callable[[Values, Values], None]
) -> None:
    spec, _ = types()
    rule = Functions(
        spoke=("spec.part", "spec.words"),
        hub=("spec.part", "spec.words"),
        to_hub=to_hub,
        to_spoke=to_spoke,
    )
    hold(alike(spec, rule), 15)


@pytest.mark.parametrize("kind", ["default", "rule"])
def test_a_function_that_fails_is_named(kind: str) -> None:
    spec, _ = types()

    def broken(value: Values) -> Any:
        raise LookupError("what now")

    (defaults if kind == "default" else validates)(spec)(broken)
    for pipeline in engines(spec):
        with pytest.raises(FunctionFailed, match=r"broken of .*Spec failed: LookupError: what now"):
            pipeline.decode(thing({"on": True}))
