"""JSON and YAML: what is read, and the limits that hold before memory does."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kconv._codec import DEPTH, LIMIT, json, yaml
from kconv._codec.limits import check_depth
from kconv._errors import DecodeError, TooLarge


@pytest.mark.parametrize(
    "data", [b"", b"{", b"{'a': 1}", b"[NaN]", b"\xff", b'{"a": 1} x', b"[1,]", rb'["\ud80"]']
)
def test_no_json(data: bytes) -> None:
    with pytest.raises(DecodeError):
        json.decode(data)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b'"a\xffb"', "a\ufffdb"),
        (b'"\xe2\x82"', "\ufffd\ufffd"),
        (b'"\xed\xa0\x80"', "\ufffd\ufffd\ufffd"),
        (rb'"\ud800"', "\ufffd"),
        (rb'"\udc00\ud800x"', "\ufffd\ufffdx"),
        (rb'"\ud83d\ude00\ud83d"', "\U0001f600\ufffd"),
        (rb'"\\ud800 \ud800"', "\\ud800 \ufffd"),
        (rb'"\\\ud800"', "\\\ufffd"),
        (b'"\xff\\u0041\\n"', "\ufffdA\n"),
    ],
)
def test_text_that_is_broken(data: bytes, text: str) -> None:
    assert json.decode(data) == text
    assert json.decode(b"{%b: 1}" % data) == {text: 1}
    repeated = b"{%b: 1, %b: 2}" % (data, json.encode(text))
    assert json.duplicate_keys(repeated) == [(text,)]


@given(st.binary(max_size=12) | st.text(alphabet='\\"ud8cf0', max_size=16).map(str.encode))
def test_texts_are_read_the_same_mended_or_not(data: bytes) -> None:
    data = b'"%b"' % data
    try:
        expected = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return
    assert msgspec.json.decode(json.with_valid_text(data)) == expected


def test_limits_of_json() -> None:
    assert json.decode(b"[" * DEPTH + b"]" * DEPTH)
    for depth in (DEPTH + 1, 100_000):
        with pytest.raises(TooLarge):
            json.decode(b"[" * depth + b"]" * depth)
    with pytest.raises(TooLarge):
        json.decode(b" " * LIMIT + b"{}")


@pytest.mark.parametrize("leaf", [1, [], {}, {"a": 1}])
def test_values_may_nest_as_deep_as_documents(leaf: object) -> None:
    levels = 0 if leaf == 1 else 1
    value = leaf
    for level in range(DEPTH - levels):
        value = [value, 1] if level % 2 else {"a": 1, "b": value}
    check_depth(value)
    for deeper in ([value], {"a": 1, "b": value}):
        with pytest.raises(TooLarge, match="nests deeper"):
            check_depth(deeper)


def test_duplicate_keys() -> None:
    data = b'{"a": 1, "b": {"c": 1, "c": 2}, "l": [{"d": 1, "d": 2, "d": 3}], "a": 2}'
    assert json.decode(data)["a"] == 2
    assert set(json.duplicate_keys(data)) == {("a",), ("b", "c"), ("l", 0, "d")}


def test_duplicate_keys_of_yaml() -> None:
    text = b"{a: 1, b: {c: 1, c: 2}, l: [{d: 1, d: 2, d: 3}, {d: 1}], a: 2, a: 3, <<: {b: 1}}"
    ((value, repeated),) = yaml.decode_all_with_duplicates(text)
    assert value["a"] == 3
    assert sorted(map(str, repeated)) == sorted(map(str, [("a",), ("b", "c"), ("l", 0, "d")]))


def test_yaml_reads_as_kubernetes_does() -> None:
    text = b"a: yes\nb: 010\nc: 1e3\nd: 2026-01-02\ne: ~\nf: 0x10\ng: 'no'\nh: 1_000\n---\n[1, x]\n"
    first, second = yaml.decode_all(text)
    assert first["a"] is True
    assert first["c"] == 1000
    assert first["d"] == "2026-01-02"
    assert first["e"] is None
    assert first["f"] == 16
    assert first["g"] == "no"
    assert second == [1, "x"]


def test_yaml_aliases_and_merges() -> None:
    (value,) = yaml.decode_all(b"a: &x {b: 1}\nc: *x\nd: {<<: *x, e: 2}\n")
    assert value == {"a": {"b": 1}, "c": {"b": 1}, "d": {"b": 1, "e": 2}}
    value["a"]["b"] = 2
    assert value["c"] == {"b": 1}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{<<: {a: 1}, <<: {a: 2}}", {"a": 2}),
        ("{a: 0, <<: {a: 1}}", {"a": 1}),
        ("[&a 1, *a, &a 2, *a]", [1, 1, 2, 2]),
        ("!!binary aGk=", "hi"),
        ("{y: n, 1.0: 5.0}", {"true": False, "1": 5}),
        ("[0XFF, 0B1, 0O7, =]", [255, 1, 7, "="]),
    ],
)
def test_yaml_is_what_kubectl_makes_of_it(text: str, value: object) -> None:
    assert yaml.decode_all(text.encode()) == [value]


@pytest.mark.parametrize("text", ["y", "=", "0XFF", "0B1", "0O7", "+_1", "<<", "1:30"])
def test_yaml_quotes_what_some_reader_takes_for_something_else(text: str) -> None:
    written = yaml.encode({text: text}).decode()
    assert all(part[0] in "'\"" for part in written.strip().split(": "))
    assert yaml.encode(["a\u2028b"]) == b'- "a\\Lb"\n'


@pytest.mark.parametrize(
    "data",
    [
        b"a: [",
        b"a: *nope",
        b"\xff\xfe\xff",
        b"!!python/object:os.system x",
        b"? [a]\n: b",
        b"\t- a",
    ],
)
def test_no_yaml(data: bytes) -> None:
    with pytest.raises(DecodeError):
        yaml.decode_all(data)


def test_yaml_bombs() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    with pytest.raises(TooLarge):
        yaml.decode_all("\n".join(lines).encode())
    with pytest.raises(DecodeError):
        yaml.decode_all(b"a: &a [*a]")
    with pytest.raises(DecodeError):
        yaml.decode_all(b"[" * 5000)
    with pytest.raises(TooLarge):
        yaml.decode_all(b"[" * 1000 + b"]" * 1000)


@pytest.mark.parametrize(
    "text", ["yes", "1", "", "null", "~", "a: b", "x\ny\n", "1e3", "2026-01-02"]
)
def test_yaml_round_trips(text: str) -> None:
    value = {"key": text, "list": [text, 1, True, None]}
    assert yaml.decode_all(yaml.encode(value)) == [value]
    assert yaml.decode_all(yaml.encode_all([value, value])) == [value, value]
    assert json.decode(json.encode(value)) == value
    assert json.decode(json.encode_pretty(value)) == value


@pytest.mark.parametrize("text", ["[", "- ", "? ", "{a: "], ids=str)
def test_yaml_that_nests_without_end(text: str) -> None:
    with pytest.raises(TooLarge, match="nests deeper"):
        yaml.decode_all(b"x: " * (text[0] in "[{") + text.encode() * 100_000)


def test_messages_stay_short() -> None:
    with pytest.raises(DecodeError) as caught:
        yaml.decode_all(b"a: !!int " + b"x" * 1_000_000)
    assert len(str(caught.value)) < 1_000
