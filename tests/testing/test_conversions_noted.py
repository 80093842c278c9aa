"""What releases and authors note of conversions: found where both directions are wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from compile.local import scheme_of
from kconv._errors import ConversionError, UsageError
from kconv._paths import Finding, forbidden
from kconv._pipeline import Pipeline
from kconv._schema import Type, validates
from kconv._scheme import Scheme
from kconv.edges import Functions, MapValues, Unit
from kconv.edges._rule import Rule
from kconv.fields import Duration, Field, Int32, Int64, String
from kconv.testing._cases import cases, holds
from kconv.testing._converted import findings
from kconv.testing._explore import SHRINK_SECONDS, explore
from kconv.testing._failure import Broken
from kconv.testing._golden import release_holds
from kconv.testing._release import release_files, write_release
from kconv.testing._roundtrip import there_and_back
from kconv.testing._strategies import documents
from kconv.testing._suite import _showing
from kconv.testing._valid import has_rules, made_valid

V1, V2 = "local.example.com.v1.Thing", "local.example.com.v2.Thing"


def of(**declared: Field) -> type[Type]:
    return type("Spec", (Type,), declared)


def scheme(*rules: Rule) -> Scheme:
    old = of(seconds=Int32(minimum=0), mode=String(enum=("Slow", "Fast")))
    new = of(millis=Int64(multiple_of=1000, minimum=0), mode=String(enum=("Low", "High")))
    return scheme_of(old, new, *(rules or RIGHT))


MODE = MapValues("spec.mode", "spec.mode", {"Slow": "Low", "Fast": "High"})
RIGHT = Unit("spec.seconds", "spec.millis", 1000), MODE
CROSSED = RIGHT[0], MapValues("spec.mode", "spec.mode", {"Slow": "High", "Fast": "Low"})


def minutes_to_millis(source: dict[str, Any], target: dict[str, Any]) -> None:
    if "seconds" in source.get("spec", {}):
        target["spec"]["millis"] = source["spec"]["seconds"] * 60_000


def millis_to_minutes(source: dict[str, Any], target: dict[str, Any]) -> None:
    if "millis" in source.get("spec", {}):
        target["spec"]["seconds"] = source["spec"]["millis"] // 60_000


WRONG_UNIT = (
    Functions(
        spoke=["spec.seconds"],
        hub=["spec.millis"],
        to_hub=minutes_to_millis,
        to_spoke=millis_to_minutes,
    ),
    MODE,
)


@pytest.fixture
def released(tmp_path: Path) -> Path:
    write_release(tmp_path / "1.0", release_files(scheme()))
    return tmp_path


def test_what_converts_as_it_did_passes(released: Path) -> None:
    pipeline = Pipeline(scheme())
    for name in (V1, V2):
        release_holds(pipeline, released, "1.0", name)
    assert list(findings(pipeline, released)) == []


@pytest.mark.parametrize(
    ("rules", "path"), [(CROSSED, "spec.mode"), (WRONG_UNIT, "spec.millis")], ids=["enum", "unit"]
)
def test_wrong_both_ways_is_found(released: Path, rules: tuple[Rule, ...], path: str) -> None:
    pipeline = Pipeline(scheme(*rules))
    v2, v1 = pipeline.scheme.kinds[0].spokes
    explore(
        documents(v1),
        lambda each: there_and_back(pipeline, v1, v2, each),
        5,
    )
    with pytest.raises(Broken) as caught:
        release_holds(pipeline, released, "1.0", V1)
    said = str(caught.value)
    assert "is not what 1.0 made of it" in said
    assert path in said
    assert str(rules[0]) in said
    assert "with the object" in said
    found = list(findings(pipeline, released))
    assert {each.path for each in found} >= {path}
    assert {(each.rule, str(each.severity)) for each in found} == {("golden-converts", "breaking")}
    assert list(findings(pipeline, released, groups=["other"])) == []


def test_a_conversion_that_fails_now_is_found(released: Path) -> None:
    def fails(source: dict[str, Any], target: dict[str, Any]) -> None:
        raise ValueError("no")

    mode = Functions(spoke=["spec.mode"], hub=["spec.mode"], to_hub=fails, to_spoke=fails)
    found = list(findings(Pipeline(scheme(RIGHT[0], mode)), released))
    assert "failed: ValueError: no" in found[0].changed


CASE = """
input: {apiVersion: local.example.com/v1, kind: Thing, spec: {seconds: 2, mode: Fast}}
version: local.example.com/v2
output:
  {apiVersion: local.example.com/v2, kind: Thing, metadata: {}, spec: {millis: 2000, mode: High}}
"""


def test_cases_that_are_written_down(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep/two.yaml").write_text(f"{CASE}---{CASE}")
    found = list(cases(tmp_path))
    assert [each.name for each in found] == ["deep/two#1", "deep/two#2"]
    holds(Pipeline(scheme()), found[0])
    for rules in (CROSSED, WRONG_UNIT):
        with pytest.raises(Broken, match="is not what the case says"):
            holds(Pipeline(scheme(*rules)), found[0])


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (CASE.replace("version:", "to:"), UsageError),
        (CASE.replace("input: {apiVersion: local", "input: {apiVersion: other"), Broken),
        (CASE.replace("version: local.example.com/v2", "version: local.example.com/v9", 1), Broken),
        (CASE.replace("seconds: 2", "seconds: two"), Broken),
        (CASE.replace("millis: 2000,", ""), Broken),
    ],
)
def test_cases_that_do_not_hold(tmp_path: Path, text: str, error: type[Exception]) -> None:
    (tmp_path / "a.yaml").write_text(text)
    with pytest.raises(error):
        holds(Pipeline(scheme()), next(cases(tmp_path)))


def test_the_object_is_shown_when_a_rule_raises() -> None:
    spoke = scheme().kinds[0].spokes[0]

    def check(document: dict[str, Any]) -> None:
        raise ConversionError("no way")

    with pytest.raises(Broken) as caught:
        _showing(spoke, check, {"spec": {"millis": 5}})
    assert "local.example.com/v2 Thing: no way" in str(caught.value)
    assert '{"spec": {"millis": 5}}' in str(caught.value)


def test_made_up_objects_keep_to_rules_of_several_fields() -> None:
    spec = of(url=String(), file=String(), size=Int32())

    @validates(spec)
    def one(value: dict[str, Any]) -> Any:
        if "url" in value and "file" in value:
            yield forbidden(("file",), "may not be set beside url")

    (kind,) = scheme_of(spec).kinds
    spoke = kind.spokes[0]
    assert has_rules(spoke)
    assert not has_rules(scheme().kinds[0].spokes[0])

    def check(document: dict[str, Any]) -> None:
        made = made_valid(spoke, document)
        assert not any(spoke.schema.instance().check(spoke.schema.instance().load(made)))
        assert made["spec"].keys() >= document["spec"].keys() - {"file"}

    explore(documents(spoke).filter(lambda each: "spec" in each), check, 60)


def test_a_conversion_that_breaks_such_a_rule_is_found() -> None:
    old, new = of(a=Int32(), b=Int32()), of(a=Int32(), b=Int32())

    def ordered(value: dict[str, Any]) -> Any:
        if value.get("a", 0) > value.get("b", 0):
            yield Finding(("a",), "FieldValueInvalid", "must not be more than b")

    validates(old, new)(ordered)

    def swap(source: dict[str, Any], target: dict[str, Any]) -> None:
        given, made = source.get("spec", {}), target.setdefault("spec", {})
        made.update({to: given[at] for at, to in (("a", "b"), ("b", "a")) if at in given})

    claims = ["spec.a", "spec.b"]
    crossed = Functions(spoke=claims, hub=claims, to_hub=swap, to_spoke=swap)
    pipeline = Pipeline(scheme_of(old, new, crossed))
    v2, v1 = pipeline.scheme.kinds[0].spokes
    head = {"apiVersion": v1.api_version, "kind": "Thing", "metadata": {"name": "a"}}
    there_and_back(pipeline, v1, v2, {**head, "spec": {"a": 1, "b": 1}})
    with pytest.raises(Broken, match="makes an invalid object of a valid one"):
        there_and_back(pipeline, v1, v2, {**head, "spec": {"a": 1, "b": 2}})


def test_making_a_failing_object_smaller_takes_no_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    from kconv.testing import _explore

    assert SHRINK_SECONDS < 5
    now = [0.0]
    monkeypatch.setattr(_explore, "process_time", lambda: now[0])
    spoke = scheme_of(of(every=Duration(), name=String())).kinds[0].spokes[0]
    calls = []

    def check(document: dict[str, Any]) -> None:
        calls.append(json.dumps(document))
        if "every" in document.get("spec", {}):
            now[0] += 1
            raise Broken("about", ["every"], "", document)

    with pytest.raises(Broken) as caught:
        explore(documents(spoke), check, 50)
    assert sum('"every"' in each for each in calls) <= SHRINK_SECONDS + 2
    assert not getattr(caught.value, "__notes__", [])
