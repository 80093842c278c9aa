"""Stored bytes in another version: what is refused, what is broken, what is lost, by either way."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from engine.sample import Widget, WidgetV1, WidgetV2, pipeline, widget
from engine.test_edges import rules
from kconv._errors import ConversionError, DecodeError, KconvError, StrictDecodeError, TooLarge
from kconv._gvk import GroupVersion
from kconv._paths import Finding, format_path
from kconv._pipeline import Pipeline, PlainEngine
from kconv._pipeline.compiled import CompiledEngine
from kconv._pipeline.reencode import Reencoded, Reencoder, WouldLose
from kconv._pipeline.values import Checks
from kconv._resource import Hub, Resource
from kconv._schema import Type, validates
from kconv._scheme import Scheme
from kconv.edges import Edge, Functions, Lose, Rename
from kconv.fields import Int32, Object, String

Value = dict[str, Any]
V1, V2 = (GroupVersion("example.com", version) for version in ("v1", "v2"))


@pytest.fixture(params=[PlainEngine, CompiledEngine])
def engine(request: pytest.FixtureRequest) -> type[PlainEngine]:
    made: type[PlainEngine] = request.param
    return made


def reencoder(
    engine: type[PlainEngine], *given: Any, accept_loss: bool = False, checks: Checks = "fields"
) -> Reencoder:
    made = Pipeline(pipeline(*(given or rules())).scheme, engine())
    return Reencoder(made, accept_loss=accept_loss, checks=checks)


def reencoded(by: Reencoder, data: bytes, said: GroupVersion, to: GroupVersion) -> Reencoded:
    """By the thorough way; the quick one has the same bytes, or none if anything is amiss."""
    (kind,) = by.pipeline.scheme.kinds
    spoke, target = kind.spoke_for(said), kind.spoke_for(to)
    quick = None if spoke is None or target is None else by.quickly(data, spoke, target)
    try:
        found = by.reencode(data, str(said), kind, to)
    except KconvError:
        assert quick is None
        raise
    allowed = (None,) if found.lost or found.broken else (None, found.data)
    assert quick in allowed
    return found


def stored(by: Reencoder, value: Value) -> bytes:
    """The bytes as they are stored."""
    return by.pipeline.encode(by.pipeline.load(value, trusted=True))


def nothing(source: Value, target: Value) -> None:
    """Forgets what it claims."""


FORGET_MODE = Functions(
    spoke=("spec.mode",), hub=("spec.modeName",), to_hub=nothing, to_spoke=nothing
)
LOSE_EXTRA = Lose(hub=("spec.extra",), reason="nobody reads it")
LOSE_OWNER = Lose(spoke=("spec.owner",), hub=("spec.owners",), reason="so")
EXTRA = 'spec.extra.k: "v" would be lost (nobody reads it)'
MODE = 'spec.modeName: "Fast" would be lost'
COMPLETE = {"size": 3, "strict": False}


@pytest.mark.parametrize(
    ("version", "spec", "lost", "acknowledged"),
    [
        ("v2", COMPLETE, [], True),
        ("v2", {**COMPLETE, "extra": {"k": "v"}}, [EXTRA], True),
        ("v2", {**COMPLETE, "modeName": "Fast"}, [MODE], False),
        ("v2", {**COMPLETE, "extra": {"k": "v"}, "modeName": "Fast"}, [EXTRA, MODE], False),
        ("v2", {**COMPLETE, "modeName": "Fast", "extra": {"k": "v"}}, [EXTRA, MODE], False),
        ("v2", {"size": 3}, ["spec.strict: false would be added"], False),
        ("v1", {"size": 3, "owner": "me"}, ['spec.owner: "me" would be lost (so)'], True),
        ("v1", {"size": 3, "mode": "x"}, ['spec.mode: "x" would be lost'], False),
    ],
)
def test_only_acknowledged_losses_can_be_accepted(
    engine: type[PlainEngine], version: str, spec: Value, lost: list[str], acknowledged: bool
) -> None:
    given = rules(mode=FORGET_MODE, extra=LOSE_EXTRA, owner=LOSE_OWNER)
    said, to = (V2, V1) if version == "v2" else (V1, V2)
    for accept_loss in (False, True):
        by = reencoder(engine, *given, accept_loss=accept_loss)
        data = stored(by, widget(version, spec))
        if not lost or (accept_loss and acknowledged):
            assert _said(reencoded(by, data, said, to).lost) == lost
            continue
        with pytest.raises(WouldLose) as caught:
            reencoded(by, data, said, to)
        assert sorted(_said(caught.value.findings)) == sorted(lost)


def _said(findings: Iterable[Any]) -> list[str]:
    return [f"{format_path(each.path)}: {each.message}" for each in findings]


@pytest.mark.parametrize(
    ("old", "new", "error", "message"),
    [
        (b'"size":1', b'"size":1,"from":1', StrictDecodeError, 'unknown field "spec.from"'),
        (b'"port":1', b'"port":1,"x":{}', StrictDecodeError, r'unknown field "spec.ports\[0\].x"'),
        (b'"size":1', b'"size":2,"size":1', StrictDecodeError, 'duplicate field "spec.size"'),
        (b'"port":1', b'"port":2,"port":1', StrictDecodeError, r'field "spec.ports\[0\].port"'),
        (b'"kind"', b'"kind":"Other","kind"', StrictDecodeError, 'duplicate field "kind"'),
        (b'"size":1', b'"size":"1"', DecodeError, "spec.size: Invalid value"),
        (b"com/v1", b"com/v2", StrictDecodeError, "in example.com/v2, the record says"),
        (b'"Widget"', b'"Gadget"', KconvError, "Gadget"),
    ],
)
def test_what_would_be_dropped_without_a_word_is_refused(
    engine: type[PlainEngine], old: bytes, new: bytes, error: type[KconvError], message: str
) -> None:
    by = reencoder(engine)
    data = stored(by, widget("v1", {"size": 1, "ports": [{"port": 1}]}))
    assert reencoded(by, data, V1, V2).lost == ()
    data = data.replace(old, new)
    with pytest.raises(error, match=message):
        reencoded(by, data, V1, V2)


def test_bytes_that_are_spelled_otherwise_are_taken(engine: type[PlainEngine]) -> None:
    by = reencoder(engine)
    data = stored(by, widget("v1", {"size": 1}))
    spaced = json.dumps(json.loads(data), indent=1).encode()
    assert reencoded(by, spaced, V1, V2).data == reencoded(by, data, V1, V2).data


def test_what_is_sound_takes_the_quick_way() -> None:
    """Also where rules made some of it, and decoding the rest."""
    by = reencoder(CompiledEngine)
    (kind,) = by.pipeline.scheme.kinds
    ports = [{"port": 1}, {"port": 2}]
    for version, spec in (("v1", {"ports": ports, "owner": "a"}), ("v2", {**COMPLETE, **NEW})):
        data = stored(by, widget(version, {"size": 1, **spec}))
        for said, to in ((V1, V2), (V2, V1)):
            spoke, target = kind.spoke_for(said), kind.spoke_for(to)
            assert spoke is not None
            assert target is not None
            if spoke.api_version.endswith(version):
                assert (
                    by.quickly(data, spoke, target) == by.reencode(data, str(said), kind, to).data
                )


NEW = {"ports": [{"port": 1, "name": "x"}], "owners": ["a", "b"], "extra": {"k": "v"}, "host": "h"}


def test_versions_and_kinds_that_there_are_not(engine: type[PlainEngine]) -> None:
    by = reencoder(engine)
    data = stored(by, widget("v1", {}))
    with pytest.raises(ConversionError, match=r"has no version example\.com/v3"):
        reencoded(by, data, V1, GroupVersion("example.com", "v3"))

    class Gadget(Hub):
        class Meta:
            group = "example.com"

    class GadgetV1(Resource):
        class Meta:
            group, version, kind = "example.com", "v1", "Gadget"

    scheme = Scheme()
    scheme.add(Widget, Edge(WidgetV1, *rules()), Edge(WidgetV2), storage="example.com/v2")
    scheme.add(Gadget, Edge(GadgetV1), storage="example.com/v1")
    made = Reencoder(Pipeline(scheme, engine()))
    gadgets, widgets = sorted(scheme.kinds, key=lambda kind: str(kind.group_kind))
    gadget = b'{"kind":"Gadget","apiVersion":"example.com/v1","metadata":{"name":"g"}}'
    assert made.reencode(gadget, "example.com/v1", gadgets, V1).broken is None
    with pytest.raises(ConversionError, match="not a Widget"):
        made.reencode(gadget, "example.com/v1", widgets, V2)


@pytest.fixture
def group_rule() -> type[Type]:
    """A type with a rule that its group adds."""

    class Spec(Type):
        size = Int32(minimum=0)
        word = String()

    @validates(Spec)
    def small(value: Value) -> Iterator[Finding]:
        if value.get("size") == 7:
            yield Finding(("size",), "FieldValueInvalid", "is refused by the group")

    return Spec


@pytest.mark.parametrize(
    ("size", "checks", "broken"),
    [
        (1, "all", None),
        (-1, "types", None),
        (-1, "fields", "greater than or equal to 0"),
        (-1, "all", "greater than or equal to 0"),
        (7, "types", None),
        (7, "fields", None),
        (7, "all", "is refused by the group"),
    ],
)
def test_broken_rules_are_told_and_keep_nothing_back(
    engine: type[PlainEngine], group_rule: type[Type], size: int, checks: Checks, broken: str | None
) -> None:
    by = Reencoder(Pipeline(_sheets(group_rule), engine()), checks=checks)
    data = stored(by, _sheet({"size": size, "word": "x"}))
    found = reencoded(by, data, V1, V2)
    assert json.loads(found.data) == _sheet({"size": size, "text": "x"}, "v2")
    if broken is None:
        assert found.broken is None
    else:
        assert found.broken is not None
        (finding,) = found.broken.findings
        assert format_path(finding.path) == "spec.size"
        assert broken in finding.message
    assert by.reencode(data, str(V1), by.pipeline.scheme.kinds[0], V1).data == data


def _sheet(spec: Value, version: str = "v1") -> Value:
    head = {"apiVersion": f"example.com/{version}", "kind": "Sheet", "metadata": {"name": "s"}}
    return {**head, "spec": spec}


def _sheets(spec_type: type[Type]) -> Scheme:
    """A kind whose ``word`` is called ``text`` in v2; rules of the group are the same in both."""

    class NewSpec(Type):
        size = Int32(minimum=0)
        text = String()

    NewSpec.rules.extend(spec_type.rules)

    class SheetV1(Resource):
        class Meta:
            group, version, kind = "example.com", "v1", "Sheet"

        spec = Object(spec_type)

    class SheetV2(Resource):
        class Meta:
            group, version, kind = "example.com", "v2", "Sheet"

        spec = Object(NewSpec)

    class Sheet(Hub):
        class Meta:
            group = "example.com"

        spec = Object(NewSpec)

    scheme = Scheme()
    edges = Edge(SheetV1, Rename("spec.word", "spec.text")), Edge(SheetV2)
    scheme.add(Sheet, *edges, storage="example.com/v2")
    return scheme.freeze()


def test_what_could_not_be_read_again_is_not_handed_out(
    engine: type[PlainEngine], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An object that is within the limit in one version need not be in another."""
    by = reencoder(engine)
    data = stored(by, widget("v2", COMPLETE))
    other = reencoded(by, data, V2, V1).data
    short, long = sorted((data, other), key=len)
    said, to = (V2, V1) if short is data else (V1, V2)
    assert len(short) < len(long)
    monkeypatch.setattr("kconv._pipeline.reencode.LIMIT", len(long))
    assert reencoded(by, short, said, to).data == long
    monkeypatch.setattr("kconv._pipeline.reencode.LIMIT", len(long) - 1)
    with pytest.raises(TooLarge, match="could not be read again") as raised:
        reencoded(by, short, said, to)
    assert raised.value.about is not None
    # What is too large already is none the worse for it.
    monkeypatch.setattr("kconv._pipeline.reencode.LIMIT", len(short) - 1)
    assert reencoded(by, short, said, to).data == long
