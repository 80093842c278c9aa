"""Label and field selectors: grammar, messages and meaning."""

import pytest

from kconv._verbs.refusal import Refusal
from kconv._verbs.selectors import parse_field_selector, parse_label_selector

LABELS = {"app": "web", "tier": "front", "size": "5"}


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("", True),
        ("app", True),
        ("!app", False),
        ("!other", True),
        ("app=web", True),
        ("app==web", True),
        ("app!=web", False),
        ("other!=web", True),
        ("app=web,tier=front", True),
        ("app = web , tier = back", False),
        ("app in (web, api)", True),
        ("app in (api)", False),
        ("app notin (api)", True),
        ("other notin (api)", True),
        ("other in (api)", False),
        ("size>4", True),
        ("size gt 5", False),
        ("size<6", True),
        ("app>1", False),
        ("app=", False),
        ("other in ()", False),
        ("in in (in)", False),
        ("app,!canary", True),
        ("example.com/app=x", False),
    ],
)
def test_label_selector(text: str, matches: bool) -> None:
    assert parse_label_selector(text).matches(LABELS) is matches


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a in b", "unable to parse requirement: found 'b' expected: '('"),
        (
            ",",
            "unable to parse requirement: found ',', expected: !, identifier, or 'end of string'",
        ),
        ("a,", "unable to parse requirement: found '', expected: identifier after ','"),
        ("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
        ("a in (b", "unable to parse requirement: found '', expected: ',', ')' or identifier"),
        ("a=b=c", "unable to parse requirement: found '=', expected: ',' or 'end of string'"),
        ("a>x", "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' "),
        ("-a", 'unable to parse requirement: key: Invalid value: "-a": name part must consist'),
        ("a=-b", 'unable to parse requirement: values[0][a]: Invalid value: "-b": a valid label'),
        ("a=" + "b" * 64, "must be no more than 63 bytes"),
    ],
)
def test_bad_label_selector(text: str, message: str) -> None:
    with pytest.raises(Refusal) as refused:
        parse_label_selector(text)
    assert message in refused.value.message
    assert refused.value.code == 400


def test_field_selector() -> None:
    supported = ("metadata.name", "type")
    fields = {"metadata.name": "web", "type": "a,b=c"}
    for text, matches in (
        ("", True),
        ("metadata.name=web", True),
        ("metadata.name==web,type!=x", True),
        ("metadata.name!=web", False),
        (r"type=a\,b\=c", True),
        ("type=", False),
    ):
        assert parse_field_selector(text, supported).matches(fields) is matches
    assert parse_field_selector("metadata.name=web", supported).exact("metadata.name") == "web"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("spec.nope=1", "field label not supported: spec.nope"),
        ("metadata.name", "invalid selector: 'metadata.name'; can't understand 'metadata.name'"),
        ("type=a=b", "invalid field selector: unescaped rune in value: ="),
        ("type=\\x", "invalid field selector: invalid escape sequence: \\x"),
    ],
)
def test_bad_field_selector(text: str, message: str) -> None:
    with pytest.raises(Refusal) as refused:
        parse_field_selector(text, ("metadata.name", "type"))
    assert refused.value.message == message
