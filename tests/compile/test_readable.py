"""What is compiled can be looked at: which fields are not, and the code that is generated."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from compile.local import scheme_of, thing
from kconv import fields
from kconv._compile import by_struct, plain_fields
from kconv._errors import InvalidObject
from kconv._pipeline import Pipeline, PlainEngine
from kconv._pipeline.compiled import CompiledEngine
from kconv._schema import Type, defaults, derives
from kconv._scheme import Scheme, load_scheme


class Word(fields.String):
    """Decodes in a way of its own, so that it may not be compiled."""


class Inner(Type):
    word = Word()
    again = fields.Object(lambda: Inner)
    text = fields.String()


class Outer(Type):
    inner = fields.Object(Inner)
    many = fields.List(fields.Object(Inner))
    named = fields.Map(fields.List(Word()))
    number = fields.Int32()
    early = fields.String(pre_load=str.strip)


def test_fields_that_take_the_plain_path_are_named() -> None:
    assert plain_fields(Outer) == ["early", "inner.word", "many[*].word", "named"]


@pytest.fixture(scope="module")
def scheme() -> Scheme:
    return load_scheme()


def test_every_shipped_field_is_compiled(scheme: Scheme) -> None:
    assert [
        plain_fields(spoke.schema)
        for kind in scheme.kinds
        for spoke in kind.spokes
        if plain_fields(spoke.schema)
    ] == []


def test_generated_code_can_be_read(scheme: Scheme) -> None:
    engine = CompiledEngine()
    for kind in scheme.kinds:
        for spoke in kind.spokes:
            sources = engine.sources(spoke)
            assert (
                ("to hub" in sources)
                == ("from hub" in sources)
                == by_struct(spoke.rules, spoke.schema, spoke.kind.hub, spoke.forward)
            )
            for title, text in sources.items():
                ast.parse(text, title)


def test_defaults_say_what_they_depend_on(scheme: Scheme) -> None:
    (cron_job,) = (kind for kind in scheme.kinds if kind.options.kind == "CronJob")
    sources = CompiledEngine().sources(cron_job.spokes[0])
    assert "if not o.imagePullPolicy: o.imagePullPolicy =" in sources["finish Container"]
    assert "if o.serviceAccountName is not UNSET or" in sources["finish PodSpec"]
    (scaler,) = (k for k in scheme.kinds if k.options.kind == "HorizontalPodAutoscaler")
    (v2,) = (each for each in scaler.spokes if each.api_version == "autoscaling/v2")
    finish = CompiledEngine().sources(v2)["finish HorizontalPodAutoscalerSpec"]
    assert "if (o.behavior is not UNSET) and (" in finish
    assert " or o.behavior.scaleUp is UNSET or o.behavior.scaleUp." in finish


def pipeline_of(of: type[Type], engine: PlainEngine) -> Pipeline:
    """A pipeline of a kind with a ``spec`` of some type."""
    return Pipeline(scheme_of(of), engine)


def decode(pipeline: Pipeline, spec: object) -> Any:
    return pipeline.decode(thing(spec)).value["spec"]


ENGINES = pytest.mark.parametrize("engine", [PlainEngine, CompiledEngine])


class Other(fields.Object):
    """Decodes in a way of its own, so that it may not be compiled."""


@ENGINES
@pytest.mark.parametrize("holding", [fields.Object, Other])
def test_defaults_are_filled_in_where_something_is_lacking(
    engine: type[PlainEngine], holding: type[fields.Object]
) -> None:
    calls = []

    class Part(Type):
        one = fields.String()
        two = fields.String()

    class Spec(Type):
        part = holding(Part)
        other = fields.String()

    @defaults(Spec, lacking=("part.one", "part.two"))
    def note(value: dict[str, Any]) -> None:
        calls.append(value.get("other"))

    pipeline = pipeline_of(Spec, engine())
    for other, part in (
        ("all", {"one": "", "two": "2"}),
        ("one", {"two": "2"}),
        ("two", {"one": "1"}),
        ("both", {}),
        ("the part", None),
    ):
        decode(pipeline, {"part": part, "other": other})
    assert calls == ["one", "two", "both", "the part"]


@ENGINES
def test_what_a_subclass_has_no_more_is_lacking(engine: type[PlainEngine]) -> None:
    calls = []

    class Part(Type):
        one = fields.String()

    class Spec(Type):
        part = fields.Object(Part)

    class Less(Spec):
        part = fields.Object(Inner)  # type: ignore[assignment]  # another one than the base has

    @defaults(Spec, lacking=("part.one",))
    def note(value: dict[str, Any]) -> None:
        calls.append("part" in value)

    pipeline = pipeline_of(Less, engine())
    decode(pipeline, {"part": {}})
    decode(pipeline, {})
    assert calls == [True, False]


@ENGINES
def test_types_of_a_function_that_hold_themselves_and_each_other(
    engine: type[PlainEngine],
) -> None:
    def leaf(allowed: str) -> type[Type]:
        class Leaf(Type):
            word = Word(enum=(allowed,))

        return Leaf

    class Tree(Type):
        again = fields.Object(lambda: Tree)
        one = fields.Object(leaf("1"))
        two = fields.Object(leaf("2"))

    pipeline = pipeline_of(Tree, engine())
    spec = {"again": {"one": {"word": "1"}, "two": {"word": "2"}}}
    assert decode(pipeline, spec) == spec
    with pytest.raises(InvalidObject, match=r"spec.again.two.word: Unsupported value"):
        decode(pipeline, {"again": {"one": {"word": "1"}, "two": {"word": "1"}}})


def test_defaults_depend_on_fields_that_there_are() -> None:
    def fill_in(value: dict[str, Any]) -> None:
        raise AssertionError("never called")

    with pytest.raises(ValueError, match="Inner has no field txt"):
        defaults(Inner, when=("txt",))(fill_in)
    with pytest.raises(ValueError, match="Inner has no field txt"):
        defaults(Outer, lacking=("inner.txt",))(fill_in)
    with pytest.raises(ValueError, match=r"Outer.number is no object"):
        defaults(Outer, lacking=("number.txt",))(fill_in)
    with pytest.raises(ValueError, match="Outer has no field words"):
        derives(Outer, field="number", of=("words",))(lambda words: 1)
    with pytest.raises(ValueError, match=r"Outer.inner is an object"):
        derives(Outer, field="inner")(dict)
