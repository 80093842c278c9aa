"""Edits of a lock document as a whole: of its types, kinds and conversions."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

Document = dict[str, Any]
Field = dict[str, Any]


def reachable(document: Document) -> set[str]:
    """The types that kinds of the document use."""
    found: set[str] = set()
    waiting = [kind["type"] for kind in document["kinds"].values()]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            for field in document["types"][name]["fields"].values():
                while "items" in field:
                    field = field["items"]
                if "of" in field:
                    waiting.append(field["of"])
    return found


def main_type(document: Document) -> str:
    """The type of the spec of the first kind, or its own where it has no spec."""
    kind = document["kinds"][min(document["kinds"])]
    fields = document["types"][kind["type"]]["fields"]
    return str(fields["spec"]["of"] if "spec" in fields else kind["type"])


def fields_of(document: Document) -> dict[str, Field]:
    fields: dict[str, Field] = document["types"][main_type(document)]["fields"]
    return fields


def first_kind(document: Document) -> dict[str, Any]:
    kind: dict[str, Any] = document["kinds"][min(document["kinds"])]
    return kind


def remove_field(document: Document) -> str:
    name = max(fields_of(document))
    del fields_of(document)[name]
    return name


def remove_deep_field(document: Document) -> str:
    container = document["types"].get("Container")
    if container is None:
        return ""
    del container["fields"]["image"]
    return "Container.image"


def remove_status_field(document: Document) -> str:
    for name in sorted(reachable(document)):
        if name.endswith("Status") and document["types"][name]["fields"]:
            fields = document["types"][name]["fields"]
            return f"{name}.{fields.popitem()[0]}"
    return ""


def rename_field(document: Document) -> str:
    name = min(fields_of(document))
    fields_of(document)[f"{name}Renamed"] = fields_of(document).pop(name)
    return name


def add(name: str, **facts: Any) -> Callable[[Document], str]:
    def change(document: Document) -> str:
        fields_of(document)[name] = facts
        return name

    return change


def add_object(document: Document) -> str:
    document["types"]["Fresh"] = {"fields": {"must": {"type": "string", "required": True}}}
    fields_of(document)["fresh"] = {"type": "object", "of": "Fresh"}
    return "fresh"


def add_demanding_object(document: Document) -> str:
    add_object(document)
    fields_of(document)["fresh"]["default"] = {}
    return "fresh"


def rename_type(document: Document) -> str:
    old = main_type(document)
    document["types"]["Renamed"] = document["types"].pop(old)
    for each in document["types"].values():
        for field in each["fields"].values():
            if field.get("of") == old:
                field["of"] = "Renamed"
    for kind in document["kinds"].values():
        if kind["type"] == old:
            kind["type"] = "Renamed"
    return old


def other_type(document: Document) -> str:
    kind = first_kind(document)
    document["types"][kind["type"]]["fields"]["metadata"]["of"] = main_type(document)
    return "metadata"


def computed(document: Document) -> Iterator[tuple[str, dict[str, Any]]]:
    for name in sorted(reachable(document)):
        yield from (
            (name, facts) for facts in document["types"][name].get("computed", {}).values() if facts
        )


def change_computed(document: Document) -> str:
    for name, facts in computed(document):
        path = min(facts)
        facts[path] = "something else"
        return f"{name}: {path}"
    return ""


def remove_computed(document: Document) -> str:
    for name in sorted(reachable(document)):
        if document["types"][name].pop("computed", None):
            return name
    return ""


def add_group_rule(document: Document) -> str:
    name = main_type(document)
    document["types"][name]["rules"] = [*document["types"][name].get("rules", []), "stricter"]
    return name


def remove_group_rule(document: Document) -> str:
    for name in sorted(reachable(document)):
        if len(document["types"][name].get("rules", [])) == 1:
            del document["types"][name]["rules"]
            return name
    return ""


def make_atomic(document: Document) -> str:
    name = main_type(document)
    document["types"][name]["mapType"] = "atomic"
    return name


def of_kind(change: Callable[[dict[str, Any]], object]) -> Callable[[Document], str]:
    def edit(document: Document) -> str:
        before = copy.deepcopy(first_kind(document))
        change(first_kind(document))
        return str(min(document["kinds"])) if first_kind(document) != before else ""

    return edit


def add_subresource(kind: dict[str, Any]) -> None:
    kind["subresources"] = [*kind.get("subresources", []), "scale"]


def remove_column(kind: dict[str, Any]) -> None:
    if kind.get("columns"):
        kind["columns"].pop()


def rename_annotation(kind: dict[str, Any]) -> None:
    kept = kind.get("conversion", {}).get("kept", {})
    kept.update(dict.fromkeys(kept, "elsewhere.example.com/kept"))


def forget_kept(kind: dict[str, Any]) -> None:
    kind.get("conversion", {}).pop("kept", None)


def drop_rules(kind: dict[str, Any]) -> None:
    kind.get("conversion", {}).pop("rules", None)


def convert_otherwise(document: Document) -> str:
    kind = first_kind(document)
    field = min(document["types"][kind["type"]]["fields"])
    rules = kind.setdefault("conversion", {}).setdefault("rules", {})
    rules[f"map-values({field} <-> {field})"] = {"values": {"A": "B"}}
    return str(field)


def lose(kind: dict[str, Any]) -> None:
    conversion = kind.setdefault("conversion", {})
    conversion.setdefault("lost", {}).setdefault("toSpoke", {})["metadata.name"] = "why not"


def remove_kind(document: Document) -> str:
    if len(document["kinds"]) < 2:
        return ""
    name = str(min(document["kinds"]))
    del document["kinds"][name]
    return name


def add_kind(document: Document) -> str:
    kind = copy.deepcopy(first_kind(document))
    kind.update(plural="fresh", storedAs="fresh.example.com")
    kind.pop("conversion", None)
    document["kinds"]["Fresh"] = kind
    return "Fresh"


WHOLE: list[tuple[str, Callable[[Document], str]]] = [
    ("remove a field", remove_field),
    ("remove a field", remove_deep_field),
    ("remove a field of a status", remove_status_field),
    ("rename a field", rename_field),
    ("add an optional field", add("fresh", type="string")),
    ("add an optional object", add_object),
    ("add a required field", add("fresh", type="string", required=True)),
    ("add a required field", add_demanding_object),
    (
        "add a required field with a default",
        add("fresh", type="integer", format="int32", required=True, default=1),
    ),
    ("rename a type", rename_type),
    ("use one type in another's place", other_type),
    ("change a computed default", change_computed),
    ("remove computed defaults", remove_computed),
    ("add a rule of the group", add_group_rule),
    ("remove a rule of the group", remove_group_rule),
    ("make an object atomic", make_atomic),
    ("change the plural", of_kind(lambda kind: kind.update(plural="others"))),
    (
        "change the scope",
        of_kind(
            lambda kind: kind.update(
                scope="Cluster" if kind["scope"] == "Namespaced" else "Namespaced"
            )
        ),
    ),
    ("remove the subresource status", of_kind(lambda kind: kind.pop("subresources", None))),
    ("add a subresource", of_kind(add_subresource)),
    ("remove a short name", of_kind(lambda kind: kind.pop("shortNames", None))),
    ("add a short name", of_kind(lambda kind: kind.update(shortNames=["zz"]))),
    ("remove a category", of_kind(lambda kind: kind.pop("categories", None))),
    ("remove a printer column", of_kind(remove_column)),
    ("deprecate a kind", of_kind(lambda kind: kind.update(deprecated={"since": "1.2"}))),
    ("remove a kind", remove_kind),
    ("add a kind", add_kind),
    ("attach a kind to another hub", of_kind(lambda kind: kind.update(storedAs="others.batch"))),
    ("acknowledge a loss", of_kind(lose)),
    ("stop keeping a field", of_kind(forget_kept)),
    ("keep a field in another annotation", of_kind(rename_annotation)),
    ("drop a conversion rule", of_kind(drop_rules)),
    ("convert a field otherwise", convert_otherwise),
]
