"""Sound objects that the compiled engine does not take are counted, named, and fail tests."""

from __future__ import annotations

import logging
from typing import Any

import marshmallow
import msgspec
import pytest

from compile.local import V1, V2, engines, thing
from kconv._compile import types as compiled_types
from kconv._pipeline import EngineFault, NotSound, Pipeline
from kconv._pipeline.compiled import CompiledEngine
from kconv._schema import Type
from kconv.fields import Int32, Object, String


class Spec(Type):
    a = String()
    count = Int32(minimum=1)


@pytest.fixture
def at_run_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KCONV_ENGINE_FALLBACK")


def refuse_all(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    def sound(*args: Any, **kwargs: Any) -> Any:
        raise NotSound("it does not like it")

    monkeypatch.setattr(pipeline.engine, "sound", sound)
    monkeypatch.setattr(pipeline.engine, "one_step", lambda *args: None)


def test_a_sound_object_that_is_refused_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    _, compiled = engines(Spec)
    refuse_all(compiled, monkeypatch)
    with pytest.raises(EngineFault, match=r"Kind=Thing: .*it does not like it"):
        compiled.decode(thing({"a": "x"}))


@pytest.mark.usefixtures("at_run_time")
def test_at_run_time_it_is_counted_and_logged_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    plain, compiled = engines(Spec)
    refuse_all(compiled, monkeypatch)
    with caplog.at_level(logging.WARNING, "kconv.engine"):
        for _ in range(3):
            decoded = compiled.decode(thing({"a": "x"}))
            assert compiled.encode(decoded) == plain.encode(plain.decode(thing({"a": "x"})))
    assert isinstance(decoded.native, msgspec.Struct)
    assert compiled.fallbacks.counts == {"local.example.com/v1, Kind=Thing": 3}
    (record,) = caplog.records
    assert record.message == (
        "local.example.com/v1, Kind=Thing: the compiled engine does not take a sound object, "
        "which makes it slow: it does not like it"
    )


@pytest.mark.usefixtures("at_run_time")
def test_what_is_not_sound_is_no_fallback() -> None:
    _, compiled = engines(Spec)
    for spec in ({"a": 1}, {"count": 0}, "x"):
        with pytest.raises(Exception, match=r"spec"):
            compiled.decode(thing(spec))
    assert compiled.fallbacks.counts == {}


@pytest.mark.usefixtures("at_run_time")
@pytest.mark.parametrize("part", ["decoder", "check", "to_hub", "from_hub"])
def test_a_fault_of_generated_code_is_recorded_and_answered(
    part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, compiled = engines(Spec, Spec)
    assert isinstance(compiled.engine, CompiledEngine)

    def faulty(*args: Any, **kwargs: Any) -> Any:
        raise AttributeError("generated wrongly")

    for spoke in compiled.scheme.kinds[0].spokes:
        of = compiled.engine.compiled(spoke)
        made = (lambda **kwargs: faulty) if part == "decoder" else faulty
        monkeypatch.setitem(vars(of), part, (lambda checks: faulty) if part == "check" else made)
    data = thing({"a": "x", "count": 1})
    decoded = compiled.decode(data)
    there = compiled.convert_decoded(decoded, V2)
    assert compiled.encode(there) == plain.convert(data, V2)
    monkeypatch.setattr(compiled.engine, "one_step", lambda *args: None)
    assert compiled.convert(data, V2) == plain.convert(data, V2)
    assert compiled.fallbacks.counts
    assert {"AttributeError: generated wrongly"} == {*compiled.fallbacks.reasons.values()}
    monkeypatch.setenv("KCONV_ENGINE_FALLBACK", "raise")
    with pytest.raises(EngineFault, match="generated wrongly") as caught:
        compiled.convert_decoded(compiled.decode(data), V2)
    assert isinstance(caught.value.__cause__, AttributeError)


@pytest.mark.usefixtures("at_run_time")
def test_a_fault_with_a_document_counts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    plain, compiled = engines(Spec)
    assert isinstance(compiled.engine, CompiledEngine)

    def faulty(value: Any) -> None:
        raise AttributeError("generated wrongly")

    spoke = compiled.scheme.kinds[0].spokes[0]
    monkeypatch.setitem(compiled.engine.compiled(spoke).checks, "all", faulty)
    document = plain.decode(thing({"a": "x"}, spoke.group_version)).value
    for number in (1, 2):
        assert compiled.load(document).value == document
        assert [*compiled.fallbacks.counts.values()] == [number]


def test_kinds_that_say_so_are_left_to_the_plain_engine() -> None:
    class Hooked(Type):
        a = String()

        @marshmallow.post_load
        def louder(self, value: Any, **kwargs: Any) -> Any:
            return {**value, "a": value.get("a", "").upper()}

    _, compiled = engines(Hooked)
    assert compiled.decode(thing({"a": "x"})).value["spec"] == {"a": "X"}
    assert compiled.fallbacks.counts == {}


def test_a_broken_rule_of_a_field_is_found_on_the_way_from_bytes_to_bytes() -> None:
    _, compiled = engines(Spec, Spec)
    for version, to in ((V1, V2), (V2, V1), (V1, V1)):
        with pytest.raises(Exception, match=r"spec.count: .*greater than or equal to 1"):
            compiled.convert(thing({"count": 0}, version), to)
        assert compiled.convert(thing({"count": 0}, version), to, trusted=True)


def test_pipelines_leave_nothing_behind() -> None:
    class Tree(Type):
        sub = Object(lambda: Tree)
        leaf = String()

    before = {*vars(compiled_types)}
    for _ in range(3):
        _, compiled = engines(Tree)
        compiled.convert(thing({"sub": {"sub": {"leaf": "x"}}}), V2)
    assert {*vars(compiled_types)} == before
