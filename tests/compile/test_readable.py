"""What is compiled can be looked at: which fields are not, and the code that is generated."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from kconv import fields
from kconv.compile import by_struct, plain_fields
from kconv.pipeline.compiled import CompiledEngine
from kconv.schema import Type, defaults, derives
from kconv.scheme import Scheme, load_scheme


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
            assert ("to hub" in sources) == ("from hub" in sources) == by_struct(spoke.rules)
            for title, text in sources.items():
                ast.parse(text, title)


def test_defaults_say_what_they_depend_on(scheme: Scheme) -> None:
    (cron_job,) = (kind for kind in scheme.kinds if kind.options.kind == "CronJob")
    sources = CompiledEngine().sources(cron_job.spokes[0])
    assert "if not o.imagePullPolicy: o.imagePullPolicy =" in sources["finish Container"]
    assert "if o.serviceAccountName is not UNSET or" in sources["finish PodSpec"]


def test_defaults_depend_on_fields_that_there_are() -> None:
    def fill_in(value: dict[str, Any]) -> None:
        raise AssertionError("never called")

    with pytest.raises(ValueError, match="Inner has no field txt"):
        defaults(Inner, when=("txt",))(fill_in)
    with pytest.raises(ValueError, match="Outer has no field words"):
        derives(Outer, field="number", of=("words",))(lambda words: 1)
    with pytest.raises(ValueError, match=r"Outer.inner is an object"):
        derives(Outer, field="inner")(dict)
