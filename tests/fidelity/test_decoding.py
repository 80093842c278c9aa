"""Texts, numbers, times and quantities as Kubernetes' decoders read them."""

import base64
import json
from pathlib import Path

import marshmallow

from fidelity.conftest import IsRegistered
from fixtures.comparing import sparse
from fixtures.recorded import Case, LeftOut, lines, unlike, verdict
from kconv import GroupVersion, Pipeline
from kconv._codec import json as json_codec
from kconv._errors import DecodeError
from kconv.fields import Duration, Field, IntOrString, MicroTime, Time
from kconv.fields._quantity import canonical_quantity, quantity_value


def peers(reference: Path, name: str) -> list[Case]:
    return lines(reference / "peers" / f"{name}.jsonl")


OPENED = {
    "n_structure_100000_opening_arrays.json": b"[" * 100_000,
    "n_structure_open_array_object.json": b'[{"":' * 50_000 + b"\n",
}
"""The texts that are too long for the record."""

JSON_LEFT_OUT = (
    LeftOut(
        "in the record the separators of lines and paragraphs became line breaks",
        lambda case: (
            case["input"]["name"]
            in ("y_string_u+2028_line_sep.json", "y_string_u+2029_par_sep.json")
        ),
    ),
    LeftOut(
        "integers beyond 64 bits are read exactly, where Kubernetes rounds them to a float",
        lambda case: (
            case["input"]["name"]
            in ("i_number_too_big_neg_int.json", "i_number_very_big_negative_int.json")
        ),
    ),
    LeftOut(
        "documents nest 200 levels at most",
        lambda case: case["input"]["name"] == "i_structure_500_nested_arrays.json",
    ),
)


def test_json(reference: Path) -> None:
    def wrong(case: Case) -> str:
        given, expected = case["input"], case["expected"]
        encoded = given["base64"]
        data = OPENED[given["name"]] if encoded is None else base64.b64decode(encoded)
        assert len(data) == given["bytes"], given["name"]
        try:
            value = json_codec.decode(data)
        except DecodeError as error:
            return "" if "error" in expected else f"{given['name']}: {error}"
        if "error" in expected:
            return f"{given['name']} is {value!r}, though {expected['error']}"
        return "" if value == expected["value"] else f"{given['name']} is {value!r}"

    cases = peers(reference, "json_parsing")
    assert len(cases) > 190
    assert verdict(cases, wrong, JSON_LEFT_OUT) == []


SCALARS: dict[str, Field] = {
    "Duration": Duration(),
    "IntOrString": IntOrString(),
    "MicroTime": MicroTime(),
    "Time": Time(),
}


def test_scalars(reference: Path) -> None:
    def wrong(case: Case) -> str:
        given = case["input"]
        try:
            value = SCALARS[given["type"]].deserialize(json.loads(given["json"]))
        except marshmallow.ValidationError as error:
            return str(error)
        text = json.dumps(value)
        return "" if text == case["expected"]["out"] else f"{given['json']} is {text}"

    assert verdict(peers(reference, "scalars_json"), wrong, ()) == []


def test_quantities(reference: Path) -> None:
    def wrong(case: Case) -> str:
        given, expected = case["input"], case["expected"]
        if given["fn"] == "cmp":
            one, other = quantity_value(given["a"]), quantity_value(given["b"])
            return "" if (one > other) - (one < other) == expected["cmp"] else str(given)
        try:
            canonical = canonical_quantity(given["value"])
        except ValueError:
            return "" if "error" in expected else f"{given['value']} is refused"
        ours = {"canonical": canonical}
        return "" if ours == expected else f"{given['value']} is {canonical}"

    cases = peers(reference, "quantity")
    assert {case["input"]["fn"] for case in cases} == {"cmp", "parse"}
    assert verdict(cases, wrong, ()) == []


def test_defaults(reference: Path, pipeline: Pipeline, is_registered: IsRegistered) -> None:
    def wrong(case: Case) -> list[str]:
        given = case["input"]["object"]
        return by_way_of_the_hub(pipeline, given, given["apiVersion"], case["expected"]["out"])

    cases = [
        case
        for case in peers(reference, "defaults")
        if is_registered(case["input"]["object"]["apiVersion"], case["input"]["object"]["kind"])
    ]
    assert len(cases) > 100
    assert verdict(cases, wrong, ()) == []


def test_autoscalers(reference: Path, pipeline: Pipeline) -> None:
    def wrong(case: Case) -> list[str]:
        given = case["input"]
        return by_way_of_the_hub(pipeline, given["object"], given["to"], case["expected"]["out"])

    cases = peers(reference, "conversion_hpa")
    assert len(cases) > 50
    assert verdict(cases, wrong, ()) == []


def by_way_of_the_hub(pipeline: Pipeline, given: Case, to: str, expected: Case) -> list[str]:
    data = json.dumps(given).encode()
    value = json.loads(pipeline.convert(data, GroupVersion.parse(to), trusted=True))
    return list(
        unlike(sparse(value), sparse({"apiVersion": to, "kind": given["kind"], **expected}))
    )
