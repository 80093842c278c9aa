"""Edits of fields in lock documents: one per family, on a field that fits, found by itself."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from check.mutations.whole import WHOLE, reachable

Document = dict[str, Any]
Field = dict[str, Any]
Fits = Callable[[Field], bool]
Change = Callable[[Field], None]


@dataclass(frozen=True)
class Edit:
    """One edited document: the family of the edit, what was edited, and the result."""

    family: str
    where: str
    document: Document


def edits_of(document: Document, skip: int) -> Iterator[Edit]:
    """An edit of each family that fits; ``skip`` fitting fields are passed over, if there are."""
    pickled, used = pickle.dumps(document), reachable(document)
    for family, fits, change in FIELDS:
        places = [
            (type_name, name)
            for type_name, each in sorted(document["types"].items())
            for name, field in sorted(each["fields"].items())
            if fits(field) and type_name in used
        ]
        if places:
            type_name, name = places[min(skip, len(places) - 1)]
            edited = pickle.loads(pickled)
            change(edited["types"][type_name]["fields"][name])
            yield Edit(family, f"{type_name}.{name}", edited)
    for family, whole in WHOLE:
        edited = pickle.loads(pickled)
        where = whole(edited)
        if where:
            yield Edit(family, where, edited)


def plain(type_name: str) -> Fits:
    return lambda f: f["type"] == type_name and not set(f) & {"enum", "default", "required"}


def has(*names: str) -> Fits:
    return lambda f: all(name in f for name in names)


def put(**facts: Any) -> Change:
    return lambda f: f.update(facts)


def drop(*names: str) -> Change:
    def change(field: Field) -> None:
        for name in names:
            del field[name]

    return change


def become(field: Field, **facts: Any) -> None:
    field.clear()
    field.update(facts)


def wrap(field: Field) -> None:
    inner = dict(field)
    become(field, type="list", items=inner)


def values(change: Callable[[list[str]], list[str]]) -> Change:
    return lambda f: f.update(enum=change(f["enum"]))


FIELDS: list[tuple[str, Fits, Change]] = [
    ("change the type", plain("boolean"), lambda f: become(f, type="string")),
    ("change the type", plain("string"), lambda f: become(f, type="int-or-string")),
    ("change the type", lambda f: f["type"] == "time", lambda f: become(f, type="micro-time")),
    ("widen int32 to int64", lambda f: f.get("format") == "int32", put(format="int64")),
    ("narrow int64 to int32", lambda f: f.get("format") == "int64", put(format="int32")),
    ("turn a value into a list", plain("string"), wrap),
    (
        "change the type of elements",
        lambda f: f["type"] == "list" and f["items"]["type"] == "string",
        put(items={"type": "integer", "format": "int64"}),
    ),
    ("require a field", plain("string"), put(required=True)),
    ("require a field", lambda f: f["type"] == "list" and "required" not in f, put(required=True)),
    (
        "no longer require a field",
        lambda f: f.get("required") is True and "default" not in f,
        drop("required"),
    ),
    ("add a default", plain("string"), put(default="x")),
    ("add a default", plain("integer"), put(default=0)),
    ("add a default", plain("object"), put(default={})),
    ("remove a default", lambda f: f["type"] == "string" and "default" in f, drop("default")),
    ("remove a default", lambda f: f["type"] == "object" and "default" in f, drop("default")),
    (
        "change a default",
        lambda f: f["type"] == "integer" and "default" in f,
        lambda f: f.update(default=f["default"] + 1),
    ),
    (
        "change a default",
        lambda f: f["type"] == "boolean" and "default" in f,
        lambda f: f.update(default=not f["default"]),
    ),
    (
        "let empty mean the default",
        lambda f: "default" in f and "emptyMeansDefault" not in f and f["type"] == "string",
        put(emptyMeansDefault=True),
    ),
    ("remove a value of an enumeration", has("enum"), values(lambda v: v[1:])),
    ("add a value to an enumeration", has("enum"), values(lambda v: [*v, "Zest"])),
    ("enumerate an open string", plain("string"), put(enum=["A", "B"])),
    ("declare an enumeration open", has("enum"), put(open=True)),
    ("open an enumeration", has("enum"), drop("enum")),
    (
        "add a minimum",
        lambda f: f["type"] == "integer" and "minimum" not in f,
        put(minimum=0),
    ),
    ("raise a minimum", has("minimum"), lambda f: f.update(minimum=f["minimum"] + 1)),
    ("lower a minimum", has("minimum"), lambda f: f.update(minimum=f["minimum"] - 1)),
    ("remove a minimum", has("minimum"), drop("minimum")),
    ("add a maximum", lambda f: f["type"] == "integer", put(maximum=100)),
    ("add a maximum length", plain("string"), put(maxLength=63)),
    ("add a minimum number of items", lambda f: f["type"] == "list", put(minItems=1)),
    ("add a pattern", plain("string"), put(pattern="^[a-z]+$")),
    ("refuse duplicates", lambda f: f["type"] == "list" and "unique" not in f, put(unique=True)),
    ("allow duplicates", has("unique"), drop("unique")),
    ("add a validator", plain("string"), put(rules=["is_word"])),
    ("change a list type", lambda f: f.get("listType") == "atomic", put(listType="set")),
    ("change a list type", lambda f: f.get("listType") == "set", drop("listType")),
    ("change the keys of a map list", has("mapKeys"), put(mapKeys=["other"])),
    ("change a merge key", has("mergeKey"), put(mergeKey="other")),
    ("drop a patch strategy", has("patchStrategy"), drop("patchStrategy")),
]
