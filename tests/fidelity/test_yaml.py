"""YAML is read as kubectl reads it, and what is written everybody reads the same."""

import json
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml as pyyaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from fidelity.kubectl_yaml import REFUSED, as_kubectl_reads, same
from fixtures.recorded import Case, LeftOut, lines, verdict
from kconv._codec import yaml
from kconv._errors import DecodeError

BATCHES = settings(
    deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

WORDS = [
    spelled
    for word in ("y", "n", "yes", "no", "on", "off", "true", "false", "null", ".inf", ".nan")
    for spelled in (
        word,
        word.upper(),
        word.capitalize(),
        f"{word}x",
        word[:-1] + word[-1:].upper(),
    )
] + ["~", "=", "<<", "-", "+", ".", "_", "!", "inf", "nan", "NaN", "Infinity", "+.inf", "-.INF"]
DIGITS = [
    "0", "-0", "00", "7", "07", "08", "0_7", "1_000", "1__0", "1_", "_1", "+1", "+_1", "- 1",
    "0x1F", "0XFF", "0xg", "0x", "-0x10", "0x_F", "0b1", "0B1", "0b2", "-0b11", "+0B1", "0b",
    "0o7", "0O7", "0o8", "-0o17", "0o", "010", "-010", "1.", "1.0", "1.5", "5.0", "-0.0", ".5",
    "._5", ".5_",
    "+.5", "-.5", ".5_0", "1_0.5", "1e3", "1E3", "1e+3", "1e-3", "1.e3", ".e3", "1e", "1e3.5",
    "0.1e1", "12e03", "1e999", "-1e999", "1e-999", ".1e999", "1:30", "190:20:30.15", "-1:0", "1:60",
    "2024-01-02", "2024-1-2", "2024-01-02T03:04:05Z", "2024-01-02 03:04:05", "2024-13-40",
    "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809",
    "18446744073709551615", "18446744073709551616", "123456789012345678901234567890",
    "0xFFFFFFFFFFFFFFFF", "1.0e20", "1e21", "-1e21", "1e22", "1.2.3", "1,000", "1/2", "5Gi",
    "1234567.0", "0.00001", "123456789.125", "1e5", "1e6", "1e-4", "1e-5", "3.4e38", "3.5e38",
]  # fmt: skip
TAGS = [
    f"{tag} {text}"
    for tag, text in product(
        ("!!str", "!!int", "!!float", "!!bool", "!!null", "!!binary", "!!timestamp", "!own", "!"),
        ("5", "0x10", "1.5", "1e3", "yes", "y", "~", "''", "'5'", '"yes"', "aGVsbG8=", "/w==",
         "2024-01-02", "x", ".inf"),
    )
]  # fmt: skip
TEXTS = [
    "", " ", " a", "a ", "a: b", "a #b", "#a", "'", '"', "\\", "a\nb", "a\nb\n", "\n", "\n\na",
    "a\n\n", " a\nb", "a \nb", "a\t\nb", "\ta", "---", "--- a", "...", "%a", "a\r", "a\rb",
    "\r\n", "\u2028", "a\u2028b", "\u2029", "\x85", "a\x85b\n", "\xa0", "\ufeff", "\ufeffa",
    "\ufffe", "\x00", "\x07", "\x1b", "\x7f", "\x9f", "\U0001f600", "\U0010ffff", "é", "[",
    "{}", "*a", "&a", "!a", "|", ">", "@", "`", "? a", "- a", ":", "a:", "a:\n", "x" * 300,
    "x " * 300, "a\n---\nb", "---\na", "\n---", "?", "-a", "a,b", "{a", "a\n  b\n c",
    "  a\nb\n", "\u200b", "\ud7ff",
]  # fmt: skip


def ours(data: bytes) -> Any:
    try:
        (document,) = yaml.decode_all(b"metadata: 1\n" + data)
    except DecodeError:
        return REFUSED
    return document["spec"]


def unlike_kubectl(kubectl: Path, folder: Path, specs: Sequence[bytes]) -> list[str]:
    theirs = as_kubectl_reads(kubectl, folder, specs)
    cases = [
        {"id": repr(spec), "ours": ours(spec), "theirs": expected}
        for spec, expected in zip(specs, theirs, strict=True)
    ]

    def wrong(case: Case) -> str:
        if same(case["ours"], case["theirs"]):
            return ""
        return f"is {case['ours']!r}, and {case['theirs']!r} to kubectl"

    return verdict(cases, wrong, ())


def test_scalars(kubectl: Path, tmp_path: Path) -> None:
    texts = [*WORDS, *DIGITS, *TAGS]
    specs = [f"spec: {text}\n".encode() for text in texts]
    specs += [f"spec: [{text}, '{text}']\n".encode() for text in WORDS + DIGITS if text != "!"]
    assert unlike_kubectl(kubectl, tmp_path, specs) == []


def test_keys(kubectl: Path, tmp_path: Path) -> None:
    texts = [text for text in (*WORDS, *DIGITS, *TAGS) if text != "<<" and "," not in text]
    specs = [f"spec:\n  ? {text}\n  : 1\n  other: 2\n".encode() for text in texts]
    assert unlike_kubectl(kubectl, tmp_path, specs) == []


@BATCHES
@given(
    st.lists(
        st.text("0123456789+-._:eExXoObBaAfFnNyY~ ", min_size=1, max_size=7).filter(
            lambda text: text == text.strip() and not text.startswith("- ")
        ),
        min_size=20,
        max_size=60,
    )
)
def test_any_scalars(kubectl: Path, tmp_path: Path, texts: list[str]) -> None:
    specs = [f"spec: {text}\n".encode() for text in [*texts, "1"]]
    assert unlike_kubectl(kubectl, tmp_path, specs) == []


DOCUMENTS = [
    "{<<: {a: 1}, <<: {a: 2}}",
    "{a: 0, <<: {a: 1}}",
    "{<<: {a: 1}, a: 0}",
    "{a: 0, <<: {a: 1, b: 1}, b: 2, <<: {b: 3}}",
    "{<<: [{a: 1}, {a: 2, b: 2}]}",
    "{<<: []}",
    "{<<: 1}",
    "{<<: [1]}",
    "{<<: ~}",
    "{<<: [[{a: 1}]]}",
    "{'<<': {a: 1}}",
    "{!!merge <<: {a: 1}}",
    "{!!str <<: {a: 1}}",
    "{x: &a {b: 1}, y: {<<: *a, c: 1}}",
    "{x: &a [{b: 1}, {b: 2}], y: {<<: *a, c: 1}}",
    "{x: &a 1, y: {<<: *a}}",
    "{x: &a 1, y: &a 2, z: *a}",
    "{x: &a 1, y: *a, z: &a 2, w: *a}",
    "{x: &a {b: *a}}",
    "{x: &a 1, y: &a [*a]}",
    "{x: *a}",
    "{&a b: *a}",
    "{x: &a y, *a : 1}",
    "{x: &a [1], *a : 1}",
    "{x: &a 1.0, *a : 1}",
    "{x: &a yes, y: *a}",
    "{x: &a {b: {c: 1}}, y: [*a, *a]}",
    "{a: 1, a: 2}",
    "{a: {b: 1}, a: {c: 2}}",
    "{y: 1, yes: 2, true: 3}",
    "{1: a, 0x1: b}",
    "{? [a] : b}",
    "{? {a: 1} : b}",
    "!own {a: 1}",
    "!own [1]",
    "!!map {a: 1}",
    "!!seq [1]",
    "!!set {a, b}",
    "!!omap [{a: 1}]",
    "[!!binary aGVsbG8=, !!binary 'aGVs\n  bG8=', !!binary \"/w==\"]",
    "!!binary x",
    "!!binary |\n  aGVs\n  bG8=",
    "|\n  a\n  b",
    "|\n  a\n  b\n",
    "|-\n  a",
    "|+\n  a\n\n",
    ">\n  a\n  b\n\n  c",
    ">-\n  a\n   b",
    "|2\n   a",
    '"a\\x41\\u00e9\\U0001F600\\n\\N\\L\\P\\_\\0\\e\\ b"',
    '"\\ud800"',
    '"\\ud83d\\ude00"',
    "'it''s'",
    "plain\n  over lines\n\n  of text",
    "a # comment",
    "[a, b, ]",
    "{a, b: , c: ~}",
    "[[], {}, '', ~]",
    "- a\n- - b\n  - c",
    "? a\n: b",
    "@a",
    "`a",
    "%a",
    "\ta",
    "a\tb",
    "[a\t, b]",
    "[1, 2",
    "\u2028",
    "a\u2028b",
    "'a\u2028b'",
    "\x85",
    "'a\x85 b'",
    "\x01",
    "\U0001f600",
]


def test_documents(kubectl: Path, tmp_path: Path) -> None:
    specs = [
        (f"spec:\n  {text}" if text[:2] in ("- ", "? ") else f"spec: {text}").encode()
        for text in DOCUMENTS
    ]
    specs += [b'spec: "\xff"\n', b"spec: \xed\xa0\x80\n", b"spec: a\rother: b\n", b"spec: a\r\n"]
    assert unlike_kubectl(kubectl, tmp_path, specs) == []


READ_MORE = (
    LeftOut(
        "kubectl splits the text at its --- before it reads it, so that nothing may stand behind "
        "one and directives before it are lost",
        lambda case: (
            (
                "document separator" in case["expected"].get("error", "")
                or ("error" in case["expected"] and case["input"]["text"].startswith("%"))
                or ("error" in case["expected"] and "\n%YAML" in case["input"]["text"])
            )
            and not _is_refused(case)
        ),
    ),
    LeftOut(
        r"libyaml reads \/ in double quotes, as YAML 1.2 has it",
        lambda case: case["input"]["id"] == "3UYS/00",
    ),
    LeftOut(
        "kubectl leaves out without a word what comes behind the end of a document",
        lambda case: case["input"]["id"] in ("7Z25/00", "BS4K/00"),
    ),
    LeftOut(
        "libyaml refuses what is no YAML, but what kubectl's older copy of it lets pass",
        lambda case: case["input"]["id"] in ("4ABK/00", "4MUZ/00", "HRE5/00", "U99R/00"),
    ),
)


def _is_refused(case: Case) -> bool:
    try:
        yaml.decode_all(case["input"]["text"].encode())
    except DecodeError:
        return True
    return False


def test_yaml_test_suite(reference: Path) -> None:
    def wrong(case: Case) -> str:
        expected = case["expected"]
        try:
            found = yaml.decode_all(case["input"]["text"].encode())
        except DecodeError as error:
            return "" if "error" in expected else f"{case['input']['id']}: {error}"
        if "error" in expected:
            return f"{case['input']['id']} is {found}, though {expected['error']}"
        documents = [each for each in expected["docs"] if each is not None]
        return "" if same(found, documents) else f"{case['input']['id']} is {found}"

    cases = lines(reference / "peers" / "yaml_parsing.jsonl")
    assert len(cases) > 200
    assert verdict(cases, wrong, READ_MORE) == []


def everybody_reads(kubectl: Path, folder: Path, values: list[Any]) -> list[str]:
    """Which values are not what a reader takes them for."""
    written = [yaml.encode({"spec": value}) for value in values]
    readers = {
        "kubectl": as_kubectl_reads(kubectl, folder, written),
        "PyYAML": [pyyaml.safe_load(data)["spec"] for data in written],
        "YAML 1.2": [YAML(typ="safe", pure=True).load(data)["spec"] for data in written],
        "kconv": [ours(data) for data in written],
    }
    return [
        f"{value!r}, written {data!r}, is {found!r} to {name}"
        for name, read in readers.items()
        for value, data, found in zip(values, written, read, strict=True)
        if not same(value, found)
    ]


PLAIN = [
    "a", "10.0.0.1", "1.2.3", "v1", "nginx:1.7", "a b", "a-b", "x.y/z", "1d", "5Gi", "100m",
    "30 2 * * *", "registry.example.com/report:1.7", "é", "--flag=1", "a,b", "yesterday",
]  # fmt: skip


def test_what_is_written(kubectl: Path, tmp_path: Path) -> None:
    texts = [*WORDS, *DIGITS, *TEXTS, *PLAIN]
    values: list[Any] = [[text, {"a": text}] for text in texts]
    values += [{text: 1, "a": {text: [text]}} for text in texts]
    values += [
        True,
        False,
        None,
        0,
        -1,
        2**63 - 1,
        -(2**63),
        1.5,
        -0.25,
        1e21,
        1e-7,
        1.5e300,
        [],
        {},
    ]
    assert everybody_reads(kubectl, tmp_path, values) == []


def test_what_needs_no_quotes_has_none() -> None:
    for text in PLAIN:
        assert yaml.encode({"a": text}) == f"a: {text}\n".encode()


@BATCHES
@given(st.lists(st.text(max_size=12) | st.text("ab \n\t#:-'\"\\\r\u2028", max_size=8), min_size=20))
def test_any_texts_and_keys(kubectl: Path, tmp_path: Path, texts: list[str]) -> None:
    values: list[Any] = [[text, {text: text}] for text in texts]
    assert everybody_reads(kubectl, tmp_path, values) == []


@BATCHES
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=6)
        | st.floats(allow_nan=False, allow_infinity=False, width=32).filter(lambda x: x % 1 != 0),
        lambda inner: st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=5), inner, max_size=4),
        max_leaves=40,
    )
)  # fmt: skip
def test_any_values(kubectl: Path, tmp_path: Path, value: Any) -> None:
    assert everybody_reads(kubectl, tmp_path, [value, json.loads(json.dumps(value))]) == []


@pytest.mark.parametrize(
    "text", ["!!python/object:os.system x", "!!python/tuple [1]", "!!ruby/x {}"]
)
def test_tags_of_languages_are_refused(text: str) -> None:
    with pytest.raises(DecodeError, match="has no meaning"):
        yaml.decode_all(text.encode())
