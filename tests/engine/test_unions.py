"""Types of whose fields exactly one is set: judged, described, and made up so."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from compile.local import engines, scheme_of, thing
from kconv._check.lock import locks_of
from kconv._errors import InvalidObject, SchemeError
from kconv._schema import Type
from kconv._serve.openapi.schemas import Schemas
from kconv.fields import Int32, Object, String
from kconv.testing._full_objects import full
from kconv.testing._strategies import values


class File(Type):
    path = String(required=True)


class Source(Type):
    """Where it comes from."""

    class Meta:
        one_of = ("file", "url", "inline")

    file = Object(File)
    url = String()
    inline = String()
    size = Int32()


class Two(Type):
    class Meta:
        one_of = (("a", "b"), ("c", "d"))

    a, b, c, d = String(), String(), String(), String()


class Spec(Type):
    source = Object(Source)
    two = Object(Two)


@pytest.mark.parametrize(
    ("source", "findings"),
    [
        ({"url": "u", "size": 1}, []),
        ({"url": ""}, []),
        ({"url": None, "inline": "x"}, []),
        ({}, ["spec.source: Required value: must have exactly one of file, url, inline"]),
        (
            {"file": {"path": "p"}, "inline": "x"},
            [
                (
                    "spec.source.inline: Forbidden: may not be set beside file: exactly one of "
                    "file, url, inline"
                )
            ],
        ),
    ],
)
def test_what_is_valid(source: dict[str, Any], findings: list[str]) -> None:
    data = thing({"source": source})
    for pipeline in engines(Spec):
        if findings:
            with pytest.raises(InvalidObject) as caught:
                pipeline.decode(data)
            assert list(map(str, caught.value.findings)) == findings
        else:
            pipeline.decode(data)
        pipeline.decode(data, trusted=True)


def test_described() -> None:
    schemas = Schemas()
    schemas.ref(Spec)
    source, two = (
        next(found for name, found in schemas.components.items() if name.endswith(each))
        for each in (".Source", ".Two")
    )
    assert source["oneOf"] == [{"required": [name]} for name in ("file", "url", "inline")]
    assert [len(each["oneOf"]) for each in two["allOf"]] == [2, 2]
    locks = locks_of(scheme_of(Spec))
    (lock,) = (each for version, each in locks.items() if version.version == "v1")
    assert lock.types["Source"].rules == ("one_of(file, url, inline)",)
    assert lock.types["Two"].rules == ("one_of(a, b)", "one_of(c, d)")


@given(values(Spec))
def test_made_up_with_one_member(value: dict[str, Any]) -> None:
    assert not any(Spec.instance().check(Spec.instance().load(value)))


def test_the_full_object_has_one_member() -> None:
    (kind,) = scheme_of(Spec).kinds
    made = full(kind.spokes[0])["spec"]
    assert made["source"].keys() == {"file", "size"}
    assert made["two"].keys() == {"a", "c"}


@pytest.mark.parametrize(
    ("union", "problem"),
    [
        (("file", "gone"), "names gone, which it does not have"),
        (("url",), "is a union of one; make the field required"),
        (("url", "name"), "name is required, so that no other could be set"),
        (("url", "mode"), "mode is filled in by a default"),
        ((("url", "file"), ("url", "inline")), "names url 2 times"),
    ],
)
def test_what_freeze_refuses(union: Any, problem: str) -> None:
    meta = type("Meta", (), {"one_of": union})
    of = type(
        "Odd",
        (Type,),
        {
            "Meta": meta,
            "url": String(),
            "file": Object(File),
            "inline": String(),
            "name": String(required=True),
            "mode": String(load_default="Fast"),
        },
    )
    with pytest.raises(SchemeError) as caught:
        scheme_of(of)
    assert problem in caught.value.message
