"""Documents that say the same have one digest where values are compared, and others have not."""

import pytest

from kconv.sqlalchemy._digests import digest, mark_of

SAME = [
    ('{"a":1,"b":[2]}', '{ "b" : [ 2.0 ] , "a" : 1e0 }'),
    ('{"a":{"c":1,"b":2}}', '{"a":{"b":2,"c":1}}'),
    ('{"a":1,"a":2}', '{"a":2}'),
    ("[1.50, -0.0, 100]", "[1.5, 0, 1e2]"),
    ('"\\u00e4"', '"ä"'),
    ("[123456789012345678]", "[123456789012345678.0]"),
    ("[1e400, 0.00010]", "[10e399, 1e-4]"),
]
OTHERS = [
    ('{"a":1}', '{"a":"1"}'),
    ('{"a":1.5}', '{"a":"1.5"}'),
    ('{"a":1.5}', '{"a":{"":"1.5"}}' + " "),
    ('{"a":null}', "{}"),
    ("[1,2]", "[2,1]"),
    ('{"a":0}', '{"a":false}'),
    ("[12345678901234567]", "[12345678901234568]"),
    ("[0.1]", "[0.10000000000000000001]"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_value_however_it_is_spelled(one: str, other: str) -> None:
    assert digest(one.encode(), by_value=True) == digest(other.encode(), by_value=True)
    assert digest(one.encode(), by_value=False) != digest(other.encode(), by_value=False)


@pytest.mark.parametrize(("one", "other"), OTHERS)
def test_other_values(one: str, other: str) -> None:
    assert digest(one.encode(), by_value=True) != digest(other.encode(), by_value=True)


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"\xff", b"[" * 5000, b"1e99999999", b"[1" + b"0" * 500]
)
def test_what_is_no_json_or_too_much_of_it(raw: bytes) -> None:
    assert digest(raw, by_value=True) != digest(raw + b"1", by_value=True)


def test_marks_tell_versions_and_documents_apart() -> None:
    marks = {mark_of(raw, value) for raw in (b"a", b"b") for value in (1, "1", None, True)}
    assert len(marks) == 8
    assert all(-(2**63) <= mark < 2**63 for mark in marks)
