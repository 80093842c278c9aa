"""What is written anew in YAML that people keep, text by text."""

from typing import Any

import pytest

from kconv._codec import yaml as yaml_codec
from kconv._layout import edit_json, edit_yaml


def lines(*texts: str) -> str:
    return "".join(f"{text}\n" for text in texts)


CASES: dict[str, tuple[str, Any, str]] = {
    "a scalar keeps its quotes and its comment": (
        lines('a: "x"  # one', "b: 'y' # two", "c: z"),
        {"a": "p", "b": "it's", "c": "yes"},
        lines('a: "p"  # one', "b: 'it''s' # two", "c: 'yes'"),
    ),
    "a renamed key keeps its place, and its block its comments": (
        lines("# head", "old:  # key", "    # inner", "    a: 1 # one", "", "    b: 2", "z: 3"),
        {"new": {"a": 1, "b": 2}, "z": 3},
        lines("# head", "new:  # key", "    # inner", "    a: 1 # one", "", "    b: 2", "z: 3"),
    ),
    "scalars that are further within now take their comments along": (
        lines("backend:", "  serviceName: web  # svc", "  servicePort: 80  # prt", "x: 1"),
        {"backend": {"service": {"name": "web", "port": {"number": 80}}}, "x": 1},
        lines(
            "backend:",
            "  service:",
            "    name: web  # svc",
            "    port:",
            "      number: 80  # prt",
            "x: 1",
        ),
    ),
    "scalars with other names and other spellings keep their places": (
        lines("tier: Large  # since spring", "mode: Fast # now", "z: 3"),
        {"size": "L", "speed": 3, "z": 3},
        lines("size: L  # since spring", "speed: 3 # now", "z: 3"),
    ),
    "a removed field leaves its comments as lines": (
        lines("a: 1", "# above", "b:  # key", "  c: 2  # two", "# next", "d: 3"),
        {"a": 1, "d": 3},
        lines("a: 1", "# above", "# key", "# two", "# next", "d: 3"),
    ),
    "a block that goes elsewhere keeps its layout": (
        lines("from:", "    x:", '    - "a"  # first', "    - b", "to:", "    k: 1"),
        {"to": {"k": 1, "x": ["a", "b"]}},
        lines("to:", "    k: 1", "    x:", '    - "a"  # first', "    - b"),
    ),
    "new fields are indented as the others are": (
        lines("a:", "    b:", "      - c: 1"),
        {"a": {"b": [{"c": 1}], "d": {"e": [1, {"f": 2}]}}},
        lines(
            "a:",
            "    b:",
            "      - c: 1",
            "    d:",
            "        e:",
            "          - 1",
            "          - f: 2",
        ),
    ),
    "behind a block, comments that are further in belong to it": (
        lines("a:", "  b: 1", "  # - off", "# about c", "c: 2"),
        {"a": {"b": 1}, "m": 0, "c": 2},
        lines("a:", "  b: 1", "  # - off", "m: 0", "# about c", "c: 2"),
    ),
    "the first field of an item": (
        lines("- a: 1  # one", "  b: 2", "- a: 3"),
        [{"b": 2}, {"c": 3}],
        lines("# one", "- b: 2", "- c: 3"),
    ),
    "within braces": (
        lines("a: {b: 1, c: 'x', d: 3}  # all", "e: {f: 1}"),
        {"a": {"c": "y", "g": "p,q"}, "e": {"h": {"f": 1}}},
        lines("a: {c: 'y', g: \"p,q\"}  # all", "e: {h: {f: 1}}"),
    ),
    "an alias stays where it says the same": (
        lines("a: &x", "  old: 1", "b: *x"),
        {"a": {"new": 1}, "b": {"new": 1}},
        lines("a: &x", "  new: 1", "b: *x"),
    ),
    "an alias is written out where it would say something else": (
        lines("a: &x", "  k: 1", "b: *x", "c: [*x]"),
        {"a": {"k": 2}, "b": {"k": 1}, "c": [{"k": 2}]},
        lines("a: &x", "  k: 2", "b:", "  k: 1", "c: [*x]"),
    ),
    "an anchor that is there twice": (
        lines("a: &x 1", "b: *x", "c: &x 2", "d: *x"),
        {"a": 1, "b": 1, "c": 3, "d": 3},
        lines("a: &x 1", "b: *x", "c: &x 3", "d: *x"),
    ),
    "a merge stays where all that it gives stays": (
        lines("base: &b {x: 1}", "a:", "  <<: *b", "  k: 2"),
        {"base": {"x": 1}, "a": {"x": 1, "z": 2}},
        lines("base: &b {x: 1}", "a:", "  <<: *b", "  z: 2"),
    ),
    "a merge is written out where something of it goes": (
        lines("base: &b {x: 1, w: 5}", "a:", "  <<: *b  # merged", "  k: 2"),
        {"base": {"x": 1, "w": 5}, "a": {"x": 1, "k": 2}},
        lines("base: &b {x: 1, w: 5}", "a:", "  # merged", "  x: 1", "  k: 2"),
    ),
    "a block of text is not touched": (
        lines(
            "a: |  # text", "    # no comment", "    x", "", "b: >-", "  folded", "  text", "c: 1"
        ),
        {"a": "# no comment\nx\n", "b": "folded text", "d": 1},
        lines(
            "a: |  # text", "    # no comment", "    x", "", "b: >-", "  folded", "  text", "d: 1"
        ),
    ),
    "a key that is there twice is there once": (
        lines("a: 1  # first", "b: 2", "a: 3"),
        {"a": 4, "b": 2},
        lines("# first", "b: 2", "a: 4"),
    ),
    "what is empty": (
        lines("a: {}", "b:", "c: ", "d: [9]  # d"),
        {"a": {"x": 1}, "b": [1], "c": "v", "d": []},
        lines("a:", "  x: 1", "b:", "- 1", "c: v", "d: []  # d"),
    ),
    "tags and anchors before a value": (
        lines("a: !!str 5", "b: &n old"),
        {"a": "6", "b": "new"},
        lines("a: !!str '6'", "b: &n new"),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_case(name: str) -> None:
    text, value, expected = CASES[name]
    edited = edit_yaml(text, {0: value})
    assert (edited.refused, edited.text) == ({}, expected)
    # Wherever the lines end, and whatever is before the first of them.
    dos = edit_yaml("\ufeff" + text.replace("\n", "\r\n"), {0: value})
    assert dos.text == "\ufeff" + expected.replace("\n", "\r\n")
    unended = edit_yaml(text.removesuffix("\n"), {0: value})
    assert unended.text == expected.removesuffix("\n")


def test_documents_are_edited_one_by_one() -> None:
    text = lines("# one", "a: 1", "--- # sep", "", "---", "b: 2 # two", "...", "--- {c: 3}")
    edited = edit_yaml(text, {1: {"b": 5}, 2: {"d": 3}})
    assert edited.text == text.replace("b: 2", "b: 5").replace("{c", "{d")


def test_where_comments_of_removed_fields_are_is_told() -> None:
    edited = edit_yaml(lines("a: 1", "b: 2  # why", "c: 3"), {0: {"a": 1, "c": 3}})
    assert edited.orphans == ((2, "# why"),)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("? a\n: 1\n? b\n: 2\n", {"a": 1}),
        ("%TAG !e! tag:example.com,2000:\n---\na: !e!x 1\nb: 2\n", {"a": "1"}),
    ],
)
def test_what_cannot_be_edited_stays(text: str, value: Any) -> None:
    edited = edit_yaml(text, {0: value})
    assert edited.text == text
    assert list(edited.refused) == [0]


def test_json_in_lines() -> None:
    text = '{\n\t"a": 1,\n\t"b": {\n\t\t"c": "\\u00e4"\n\t},\n\t"e": []\n}\n'
    edited = edit_json(text, {0: {"a": 2, "d": {"c": "ä"}, "n": [{"x": 1}], "e": []}})
    assert edited.text == (
        '{\n\t"a": 2,\n\t"d": {\n\t\t"c": "\\u00e4"\n\t},\n\t"n": [\n\t\t{\n\t\t\t"x": 1\n\t\t}'
        '\n\t],\n\t"e": []\n}\n'
    )


def test_json_documents_in_a_row() -> None:
    text = '{"a":1}\n{"b":2,"c":3} {"d":4}'
    assert edit_json(text, {1: {"b": 5, "c": 3}, 2: {}}).text == '{"a":1}\n{"b":5,"c":3} {}'


def test_the_cases_are_what_readers_read() -> None:
    for text, value, expected in CASES.values():
        assert yaml_codec.decode_all(text.encode()) != [value]
        assert yaml_codec.decode_all(expected.encode()) == [value]
