"""What holds for one JSON text holds for others that differ in values which make no difference."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kconv import _known_forms
from kconv._codec.json import duplicate_keys
from kconv._known_forms import Forms, KnownForms, Parts, values_of_fields

Matches = Callable[[bytes], re.Match[bytes] | None]

TEXTS = st.sampled_from(["", "a", "b", "name", "a b", ":", "a,b", ".*", "ä", 'q"', "\\", "\n"])
VALUES = st.recursive(
    TEXTS | st.sampled_from([0, 1, True, None]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "a", "b", ".*"]), inner, max_size=3)
    ),
    max_leaves=8,
)


def names(parts: Parts) -> Iterator[int]:
    """The values of fields that are called so make a difference."""
    return (at for at in values_of_fields(parts) if parts[at - 2] == b"name")


def text(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_known_forms, "_OFTEN", 1)


def renamed(value: Any, words: dict[str, str]) -> Any:
    """A value with other texts; its keys stay."""
    if isinstance(value, dict):
        return {name: renamed(each, words) for name, each in value.items()}
    if isinstance(value, list):
        return [renamed(each, words) for each in value]
    return words.get(value, value) if isinstance(value, str) else value


@given(VALUES, VALUES, st.dictionaries(TEXTS, TEXTS, max_size=4))
@example({"a": "b"}, {"a": ""}, {"b": ""})
@example({"a": "", "b": "a"}, 0, {"a": "b"})
@example({"a": ".*"}, {"a": "a"}, {".*": "\\"})
@example({"a": "b", "b": ["a"]}, {"a": "b", "b": ["b"]}, {"a": "b"})
def test_a_pattern_tells_what_the_form_tells(one: Any, other: Any, words: dict[str, str]) -> None:
    forms = Forms(names)
    known: KnownForms[int] = KnownForms(forms)
    known.keep(text(one), 1)
    assert known.get(text(one)) == known.get(text(one)) == 1
    for each in (other, renamed(one, words)):
        same = forms.of(text(each)) == forms.of(text(one))
        assert known.get(text(each)) == (1 if same else None)


def test_a_pattern_is_tried_before_the_form_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    known: KnownForms[int] = KnownForms(Forms(names))
    known.keep(b'{"a":"b"}', 1)
    known.get(b'{"a":"b"}')
    monkeypatch.setattr(Forms, "of", lambda self, text: pytest.fail("it was"))
    assert known.get(b'{"a":"another"}') == 1


def quotes(number: int) -> bytes:
    """A text with as many quotes as no other number makes."""
    return text({"a": "b", **{f"c{each}": "d" for each in range(number)}})


def test_forms_that_come_in_turns_are_each_made_a_pattern_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[bytes] = []
    compiled = re.compile

    def counted(pattern: bytes) -> re.Pattern[bytes]:
        made.append(pattern)
        return compiled(pattern)

    monkeypatch.setattr(re, "compile", counted)
    known: KnownForms[int] = KnownForms(Forms(names))
    texts = [text({"name": str(number), "a": "b"}) for number in range(20)]
    texts += [quotes(number) for number in range(2, 22)]
    for number, each in enumerate(texts):
        known.keep(each, number)
    for _ in range(3):
        assert [known.get(each) for each in texts] == list(range(40))
    assert len(made) == 40
    assert len(known._patterns) == _known_forms._PATTERNS


def test_two_patterns_are_tried_for_a_text() -> None:
    """More of them would take longer than to find out the form."""
    known: KnownForms[int] = KnownForms(Forms(names))
    texts = [text({"name": str(number), "a": "b"}) for number in range(4)]
    texts += [quotes(number) for number in range(2, 5)]
    for number, each in enumerate(texts):
        known.keep(each, number)
        assert known.get(each) == number
    tried: list[int] = []

    def watched(matches: Matches, found: int) -> Matches:
        def counted(each: bytes) -> re.Match[bytes] | None:
            tried.append(found)
            return matches(each)

        return counted

    for quoted, patterns in known._patterns.items():
        known._patterns[quoted] = tuple(
            _known_forms._Pattern(watched(each.matches, each.found), each.found)
            for each in patterns
        )
    for number in (4, 5, 6, 2, 0):
        assert known.get(texts[number]) == number
    assert tried == [4, 5, 6, 3, 2, 3, 2]


def test_texts_that_match_a_pattern_have_come_again() -> None:
    """So it is of use to look for one, although others among them never come again."""
    known: KnownForms[int] = KnownForms(Forms(names))
    known.keep(b'{"a":"b"}', 1)
    for number in range(300):
        assert known.is_of_use()
        assert known.get(b'{"a":"%d"}' % number) == 1
        for each in range(3):
            assert known.get(b'{"name":"%d %d"}' % (number, each)) is None


def test_values_in_spaced_texts_make_no_difference_either() -> None:
    forms = Forms(names)
    assert forms.of(b'{"a" : "b", "b":\n"c"}') == forms.of(b'{"a" : "d", "b":\n"e"}')


@pytest.mark.parametrize(
    "each", [b'{"a":"%s"}' % (b"b" * _known_forms.LONGEST_PATTERN), b'{"a":""}', b'{"a":"\\"}']
)
def test_what_is_long_or_has_no_form_of_its_own_is_no_pattern(each: bytes) -> None:
    known: KnownForms[int] = KnownForms(Forms(names))
    known.keep(each, 1)
    assert known.get(each) == 1
    assert not known._patterns


REPEATS = [
    b'{"a": "b", "c": {"d": "e"}}',
    b'{"a": "x", "c": {"d": "y"}}',
    b'{"a": "b", "a": {"d": "e"}}',
    b'{"a": "c", "c": {"d": "d"}}',
    b'{"a":"b","c":{"d":"e"}}',
    b'{"d": "b", "c": {"d": "e", "d": "f"}}',
    b'{"a": "b", "c": {"d": "e"}, "a": "b"}',
    b'{"a": "b", "c": {"d": "e", "d": ""}}',
    b'{"a": "b", "c": {"\\u0064": "e", "d": "e"}}',
]


def test_keys_that_are_repeated_are_found_whatever_came_before() -> None:
    for _ in range(3):
        for each in REPEATS:
            assert bool(duplicate_keys(each)) == _repeats(each), each


def _repeats(data: bytes) -> bool:
    found = False

    def pairs(items: list[tuple[str, Any]]) -> None:
        nonlocal found
        found = found or len(dict(items)) != len(items)

    json.loads(data, object_pairs_hook=pairs)
    return found
