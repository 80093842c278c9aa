"""Stored documents in another version: however they are spelled, and nothing lost unseen."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from documents import kinds
from fixtures.long import examples
from kconv._codec import json as json_codec
from kconv._errors import StrictDecodeError
from kconv._pipeline import Pipeline, PlainEngine
from kconv._pipeline.compiled import CompiledEngine
from kconv._pipeline.reencode import Reencoder, WouldLose
from kconv._scheme import HubKind, Scheme
from kconv.testing._strategies import documents
from shop.versions import GROUP, register

SCHEME = Scheme()
register(SCHEME)
kinds.register(SCHEME)
PIPELINE = Pipeline(SCHEME.freeze())
PIPELINE.fallbacks.strict = True
PLAIN = Pipeline(SCHEME, PlainEngine())
REENCODER = Reencoder(PIPELINE)
ORDERS = SCHEME.kinds[0]
V3, V2, V1 = ORDERS.spokes
OLD = {"item": {"sku": "x", "count": 2}, "price": "1.50 EUR", "customer": "ada"}
NEW = {"customer": "ada", "items": [{"sku": "x", "count": 2}], "cents": 150, "currency": "EUR"}


def reencoded(data: bytes, kind: HubKind = ORDERS, old: str = "v1", new: str = "v3") -> Any:
    spokes = {spoke.options.version: spoke for spoke in kind.spokes}
    quickly = REENCODER.quickly(data, spokes[old], spokes[new])
    found = REENCODER.reencode(data, spokes[old].api_version, kind, spokes[new].group_version)
    assert quickly in (None, found.data)
    return quickly, json.loads(found.data)


@pytest.mark.parametrize(
    "data",
    [
        json.dumps(OLD).encode(),
        json.dumps(OLD, indent=2).encode(),
        json.dumps(dict(reversed(OLD.items()))).encode(),
        json.dumps({**OLD, "customer": "ada"}, separators=(",", ":")).encode(),
    ],
)
def test_however_they_are_spelled_documents_are_rewritten_quickly(data: bytes) -> None:
    quickly, found = reencoded(data)
    assert found == NEW
    assert quickly is not None


def test_nulls_are_rewritten() -> None:
    quickly, found = reencoded(json.dumps({**OLD, "placed": None}).encode())
    assert quickly is not None
    assert found == {**NEW, "placedAt": None}
    quickly, found = reencoded(json.dumps({**OLD, "item": None}).encode())
    assert quickly is not None
    assert found == {"customer": "ada", "items": None, "cents": 150, "currency": "EUR"}


def test_a_null_that_would_be_lost_is_named() -> None:
    data = json.dumps({**OLD, "price": None}).encode()
    with pytest.raises(WouldLose, match="price: null would be lost"):
        reencoded(data)
    accepting = Reencoder(PIPELINE, accept_loss=True)
    found = accepting.reencode(data, V1.api_version, ORDERS, V3.group_version)
    assert [str(each) for each in found.lost] == [
        "price: null would be lost (a price may have leading zeros, and null is as good as none)"
    ]


def test_a_price_with_leading_zeros_would_be_lost() -> None:
    with pytest.raises(WouldLose, match="price"):
        reencoded(json.dumps({**OLD, "price": "001.50 EUR"}).encode())


def test_a_field_that_is_there_twice_is_refused() -> None:
    for data in (
        b'{"customer":"ada","customer":"bob"}',
        b'{"customer":"ada", "item": {"sku": "x", "sku": "y"}}',
        b'{"customer":"a\\"da","item":{"sku":"x","sku":"y"}}',
        b'{"customer":"ada","item":null,"item":null}',
    ):
        with pytest.raises(StrictDecodeError, match="duplicate field"):
            REENCODER.reencode(data, V1.api_version, ORDERS, V3.group_version)
        assert REENCODER.quickly(data, V1, V3) is None


def test_unknown_fields_go_as_the_kind_says() -> None:
    by_name = {kind.options.kind: kind for kind in SCHEME.kinds}
    data = b'{"note": "n", "x": 1}'
    with pytest.raises(StrictDecodeError, match='unknown field "x"'):
        reencoded(data, by_name["Keeperror"], "v1", "v2")
    assert reencoded(data, by_name["Keepkeep"], "v1", "v2")[1]["x"] == 1
    assert "x" not in reencoded(data, by_name["Keepdrop"], "v1", "v2")[1]


def test_groups_are_told_apart() -> None:
    assert V1.api_version == f"{GROUP}/v1"


texts = st.text(st.sampled_from('ab"\\{}:, null\u00e9'), max_size=4)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.lists(st.tuples(texts, inner), max_size=3),
    max_leaves=8,
)


def spelled(value: Any, pretty: bool) -> str:
    """JSON in which lists of pairs are objects, repeated keys included."""
    space = " " if pretty else ""
    if isinstance(value, list) and value and isinstance(value[0], tuple):
        pairs = (f"{json.dumps(k)}{space}:{space}{spelled(v, pretty)}" for k, v in value)
        return "{" + f",{space}".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + f",{space}".join(spelled(each, pretty) for each in value) + "]"
    return json.dumps(value)


@given(values, st.booleans())
@settings(max_examples=examples(400), deadline=None)
def test_every_repeated_key_is_seen(value: Any, pretty: bool) -> None:
    text = spelled(value, pretty)
    repeats: list[bool] = []

    def note(pairs: list[tuple[str, Any]]) -> None:
        repeats.append(len(dict(pairs)) < len(pairs))

    json.loads(text, object_pairs_hook=note)
    assert bool(json_codec.duplicate_keys(text.encode())) == any(repeats)


@given(st.data())
@settings(max_examples=examples(150), deadline=None)
def test_what_is_rewritten_quickly_is_what_is_rewritten_with_care(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(SCHEME.kinds))
    old, new = data.draw(st.permutations(kind.spokes))[:2]
    document = data.draw(documents(old))
    text = json.dumps(document, indent=data.draw(st.sampled_from([None, 2]))).encode()
    quickly = REENCODER.quickly(text, old, new)
    accepting = Reencoder(PIPELINE, accept_loss=True)
    try:
        found = accepting.reencode(text, old.api_version, kind, new.group_version)
    except WouldLose:
        assert quickly is None
        return
    if quickly is not None:
        assert quickly == found.data
        assert not found.lost


@given(st.data())
@settings(max_examples=examples(150), deadline=None)
def test_what_is_read_as_another_version_is_what_is_converted(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(SCHEME.kinds))
    source, target = (
        data.draw(st.sampled_from(kind.spokes)),
        data.draw(st.sampled_from(kind.spokes)),
    )
    text = json.dumps(data.draw(documents(source))).encode()
    decoded = PLAIN.decode(text, spoke=source, trusted=True)
    if target is not source:
        decoded = PLAIN.from_hub(PLAIN.to_hub(decoded), target)
    assert PIPELINE.read_as(text, source, target) == PLAIN.dump(decoded)


def test_documents_that_keep_nothing_are_converted_without_dicts() -> None:
    sources = CompiledEngine().sources(V2)
    assert "s._kept is not UNSET: return otherwise" in sources["to hub"]
    assert "s.labels is not UNSET: return otherwise" in sources["from hub"]
    kept = b'{"customer":"ada","_kept":{"labels":{"a":"b"}}}'
    assert PIPELINE.read_as(kept, V2, V3) == {"customer": "ada", "labels": {"a": "b"}}
    assert PIPELINE.read_as(b'{"customer":"ada","labels":{"a":"b"}}', V3, V2) == json.loads(kept)
