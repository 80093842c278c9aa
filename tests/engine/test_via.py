"""Versions that convert by way of another one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kconv._check.lock import locks_of
from kconv._check.lock.read import read_lock
from kconv._check.lock.text import text_of
from kconv._errors import ConversionError, SchemeError
from kconv._gvk import GroupVersion
from kconv._pipeline import Pipeline, PlainEngine
from kconv._pipeline.compiled import CompiledEngine
from kconv._resource import Hub, Resource
from kconv._schema import Type
from kconv._scheme import Scheme
from kconv._scheme.ledger import ledger
from kconv._versions import losses
from kconv.edges import Edge, Functions, Lose, Preserve, Rename, Rule, WhenAbsent, Wrap
from kconv.edges._steps import format_steps
from kconv.fields import Field, Int32, List, Object, String
from kconv.testing._engines import convert_alike
from kconv.testing._explore import explore
from kconv.testing._inputs_unmodified import input_kept
from kconv.testing._roundtrip import hub_round_trip, round_trip, there_and_back
from kconv.testing._strategies import documents

GROUP = "example.com"


def version(name: str, **fields: Field) -> type[Resource]:
    spec = type(f"Spec{name}", (Type,), fields)
    meta = type("Meta", (), {"group": GROUP, "version": name, "kind": "Sheet"})
    return type(
        f"Sheet{name}", (Resource,), {"spec": Object(spec, load_default=dict), "Meta": meta}
    )


V1A = version("v1alpha1", colour=String(), owner=String(), odd=String())
V1B = version("v1beta1", colour=String(), owners=List(String()), pages=Int32(load_default=1))
V1 = version(
    "v1", color=String(), owners=List(String()), pages=Int32(load_default=1), note=String()
)


class HubSpec(Type):
    color = String()
    owners = List(String())
    pages = Int32()
    note = String()


class SheetHub(Hub):
    class Meta:
        group, kind = GROUP, "Sheet"

    spec = Object(HubSpec)


KEPT = "example.com/owners"


def scheme(*rules: Rule, second: tuple[Rule, ...] | None = None) -> Scheme:
    found = Scheme()
    found.add(
        SheetHub,
        Edge(V1),
        Edge(
            V1B,
            *(
                (Rename("spec.colour", "spec.color"), Preserve("spec.note"))
                if second is None
                else second
            ),
        ),
        Edge(V1A, *(rules or RULES), via=V1B),
        storage="example.com/v1",
    )
    return found


RULES: tuple[Rule, ...] = (
    Wrap("spec.owner", "spec.owners", annotation=KEPT),
    Lose(spoke=("spec.odd",), reason="nobody asks"),
    WhenAbsent("spec.pages", 1, lost="alpha sheets have one page"),
)


def sheet(name: str, **spec: Any) -> bytes:
    head = {"apiVersion": f"{GROUP}/{name}", "kind": "Sheet", "metadata": {"name": "a"}}
    return json.dumps({**head, "spec": spec}).encode()


@pytest.fixture(params=[PlainEngine, CompiledEngine])
def pipeline(request: pytest.FixtureRequest) -> Pipeline:
    made = Pipeline(scheme(), request.param())
    made.fallbacks.strict = True
    return made


def test_converted_by_way_of_the_other(pipeline: Pipeline) -> None:
    old = sheet("v1alpha1", colour="red", owner="me", odd="x")
    there = pipeline.convert(old, GroupVersion(GROUP, "v1"))
    assert json.loads(there)["apiVersion"] == "example.com/v1"
    assert json.loads(there)["spec"] == {"color": "red", "owners": ["me"], "pages": 1}
    new = sheet("v1", color="red", owners=["a", "b"], pages=1, note="n")
    back = json.loads(pipeline.convert(new, GroupVersion(GROUP, "v1alpha1")))
    assert back["spec"] == {"colour": "red", "owner": "a"}
    assert back["kind"] == "Sheet"
    annotations = back["metadata"]["annotations"]
    assert json.loads(annotations[KEPT]) == {"spec.owners[1:]": ["b"]}
    assert json.loads(annotations["kconv.dev/preserved-fields"]) == {"spec.note": "n"}
    again = pipeline.convert(json.dumps(back).encode(), GroupVersion(GROUP, "v1"))
    assert json.loads(again) == json.loads(new)


def test_a_change_of_the_newest_version_touches_one_edge() -> None:
    (kind,) = scheme().freeze().kinds
    v1, beta, alpha = kind.spokes
    assert alpha.target is V1B
    assert (alpha.via, beta.via) == (beta, None)
    assert not any("color" in format_steps(path) for rule in alpha.rules for path in rule.hub)
    assert v1.losses == ()


def test_the_ledger_names_the_step() -> None:
    entries = {
        (entry.source.gvk.version, entry.target.gvk.version): list(map(str, entry.losses))
        for entry in ledger(scheme().freeze().kinds[0])
    }
    assert entries["v1", "v1alpha1"] == [
        (
            f"spec.owners: kept in the annotation {KEPT} (between example.com/v1alpha1 and "
            "example.com/v1beta1)"
        ),
        (
            "spec.owners.(zero): dropped: an empty list is as good as none (between "
            "example.com/v1alpha1 and example.com/v1beta1)"
        ),
        (
            "spec.pages: dropped: alpha sheets have one page (between example.com/v1alpha1 and "
            "example.com/v1beta1)"
        ),
        (
            "spec.note: kept in the annotation kconv.dev/preserved-fields (between "
            "example.com/v1beta1 and the hub)"
        ),
    ]
    found = losses(scheme().freeze())
    (alpha,) = (
        each for each in found if (each.source.version, each.target.version) == ("v1", "v1alpha1")
    )
    assert "between" in next(each.reason for each in alpha.losses if each.path == "spec.pages")


def test_a_lost_field_is_named_as_the_hub_calls_it() -> None:
    lose = Lose(hub=("spec.colour",), reason="grey")
    rules = (*RULES, lose)
    alpha = version("v1alpha1", owner=String(), odd=String())
    found = Scheme()
    edge = Edge(V1B, Rename("spec.colour", "spec.color"), Preserve("spec.note"))
    found.add(SheetHub, Edge(V1), edge, Edge(alpha, *rules, via=V1B), storage="example.com/v1")
    (kind,) = found.freeze().kinds
    paths = {format_steps(loss.path) for loss in kind.spokes[2].losses}
    assert "spec.color" in paths
    assert "spec.colour" not in paths


def test_errors_name_the_step(pipeline: Pipeline) -> None:
    def fails(source: dict[str, Any], target: dict[str, Any]) -> None:
        raise ValueError("no such colour")

    colour = Functions(spoke=["spec.colour"], hub=["spec.color"], to_hub=fails, to_spoke=fails)
    broken = Pipeline(
        scheme(second=(colour, Preserve("spec.note"))), type(pipeline.engine)()
    )  # fmt: skip
    with pytest.raises(ConversionError) as caught:
        broken.convert(sheet("v1alpha1", colour="red"), GroupVersion(GROUP, "v1"))
    assert caught.value.message == (
        "example.com/v1alpha1 Sheet a: by way of example.com/v1beta1: the rule "
        "functions(spec.colour <-> spec.color) failed: ValueError: no such colour"
    )


def test_held_as_any_other_version() -> None:
    plain, compiled = (Pipeline(scheme(), engine()) for engine in (PlainEngine, CompiledEngine))
    compiled.fallbacks.strict = True
    (kind,) = plain.scheme.kinds
    spokes = {spoke.gvk.version: spoke for spoke in kind.spokes}
    others = {spoke.gvk.version: spoke for spoke in compiled.scheme.kinds[0].spokes}
    alpha = spokes["v1alpha1"]

    def check(document: dict[str, Any]) -> None:
        round_trip(plain, alpha, document)
        hub_round_trip(plain, alpha, document)
        input_kept({"plain": plain}, alpha, document)
        for target in spokes.values():
            if target is not alpha:
                there_and_back(plain, alpha, target, document)

    explore(documents(alpha), check, 12)
    for name in ("v1", "v1beta1"):
        explore(
            documents(spokes[name]),
            lambda each: there_and_back(plain, spokes[name], alpha, each),  # noqa: B023 - at once
            12,
        )
    both = Pipeline(plain.scheme, CompiledEngine())
    for spoke in spokes.values():
        explore(documents(spoke), lambda each: convert_alike(plain, both, spoke, each), 12)  # noqa: B023 - at once
    assert others.keys() == spokes.keys()


def test_the_lock_says_by_way_of_which() -> None:
    locks = locks_of(scheme().freeze())
    lock = locks[GroupVersion(GROUP, "v1alpha1")]
    assert lock.kinds["Sheet"].conversion.via == "example.com/v1beta1"
    assert "wrap(spec.owner <-> spec.owners)" in lock.kinds["Sheet"].conversion.rules
    assert read_lock(text_of(lock), "x") == lock


def test_what_freeze_refuses() -> None:
    other = version("v9", a=String())
    with pytest.raises(SchemeError, match="goes via Sheetv9, which has no edge"):
        Scheme().add(SheetHub, Edge(V1, via=other), storage="example.com/v1")
    circle = Scheme()
    circle.add(SheetHub, Edge(V1B, via=V1), Edge(V1, via=V1B), storage="example.com/v1")
    with pytest.raises(SchemeError, match="goes by way of itself, and never to the hub"):
        circle.freeze()
    with pytest.raises(SchemeError) as caught:
        scheme(Rename("spec.owner", "spec.gone")).freeze()
    assert "example.com/v1beta1, Kind=Sheet has no field spec.gone" in caught.value.message
    assert (
        "spec.owners of example.com/v1beta1, Kind=Sheet has no counterpart in it and no rule"
        in caught.value.message
    )
    lacking = RULES[0], RULES[1], Lose(hub=("spec.pages",), reason="one page")
    with pytest.raises(SchemeError) as caught:
        scheme(*lacking).freeze()
    assert 'WhenAbsent("spec.pages", 1) in its edge' in caught.value.message
    twice = Wrap("spec.owner", "spec.owners"), *RULES[1:]
    second = Rename("spec.colour", "spec.color"), Preserve("spec.note")
    assert scheme(*twice, second=second).freeze().frozen
