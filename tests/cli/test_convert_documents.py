"""``kconv convert`` of documents, whose version the command line says."""

import json
from pathlib import Path

import yaml

from cli.samples import Kconv

OLD = {"customer": "ada", "item": {"sku": "x"}, "price": "1.50 EUR"}
NEW = {"customer": "ada", "items": [{"sku": "x", "count": 1}], "cents": 150, "currency": "EUR"}
APIS = ("--apis", "shop.versions:register")
SAID = ("--from", "shop.example.com/v1", "--kind", "Order", *APIS)


def test_to_the_preferred_version(kconv: Kconv, tmp_path: Path) -> None:
    (tmp_path / "order.json").write_text(json.dumps(OLD))
    ended = kconv("convert", "-f", "order.json", *SAID)
    assert (ended.code, ended.err) == (0, "")
    assert yaml.safe_load(ended.out) == NEW


def test_several_at_once_in_json_are_a_list(kconv: Kconv) -> None:
    text = yaml.safe_dump_all([OLD, {"customer": "bob"}])
    ended = kconv("convert", "-f", "-", "-o", "json", *SAID, stdin=text)
    assert json.loads(ended.out) == [NEW, {"customer": "bob"}]


def test_in_place_and_back(kconv: Kconv, tmp_path: Path) -> None:
    path = tmp_path / "order.json"
    path.write_text(json.dumps({**NEW, "labels": {"a": "b"}, "placedAt": None}))
    back = ("--from", "shop.example.com/v3", "--kind", "Order", *APIS)
    version = ("--output-version", "shop.example.com/v1")
    ended = kconv("convert", "-f", "order.json", "--in-place", *version, *back)
    assert (ended.code, ended.err.strip()) == (0, "rewrote order.json")
    old = json.loads(path.read_text())
    item = {"sku": "x", "count": 1}
    assert old == {**OLD, "item": item, "placed": None, "_kept": {"labels": {"a": "b"}}}


def test_a_loss_is_named(kconv: Kconv) -> None:
    version = ("--output-version", "shop.example.com/v1")
    back = ("--from", "shop.example.com/v3", "--kind", "Order", *APIS)
    text = json.dumps({"customer": "ada", "currency": "USD"})
    ended = kconv("convert", "-f", "-", *version, *back, stdin=text)
    assert ended.code == 0
    assert 'shop.example.com/v3 Order: currency: "USD" would be lost' in ended.err
    ended = kconv("convert", "-f", "-", "--strict", *version, *back, stdin=text)
    assert (ended.code, ended.out) == (1, "")


def test_unknown_fields_are_refused(kconv: Kconv) -> None:
    ended = kconv("convert", "-f", "-", *SAID, stdin=json.dumps({**OLD, "typo": 1}))
    assert (ended.code, ended.out) == (1, "")
    assert 'unknown field "typo"' in ended.err


def test_what_is_said_has_to_be_of_documents(kconv: Kconv) -> None:
    text = json.dumps(OLD)
    for arguments, message in (
        (("--from", "shop.example.com/v1", *APIS), "--from and --kind go together"),
        (("--kind", "Order", *APIS), "--from and --kind go together"),
        (
            ("--from", "shop.example.com/v9", "--kind", "Order", *APIS),
            "`kconv versions --apis shop.versions:register` lists",
        ),
        (("--from", "batch/v1", "--kind", "Job"), "its objects say what they are themselves"),
    ):
        ended = kconv("convert", "-f", "-", *arguments, stdin=text)
        assert (ended.code, ended.out) == (2, "")
        assert message in ended.err


def test_without_it_the_message_says_what_to_do(kconv: Kconv) -> None:
    ended = kconv("convert", "-f", "-", *APIS, stdin=json.dumps(OLD))
    assert ended.code == 1
    assert "--from GROUP/VERSION --kind KIND" in ended.err
