"""Every rule on its cases: `cases/<rule>/<case>/` holds old.yaml, new.yaml and expected.yaml."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from kconv._check import compare
from kconv._check.lock import Locks, read_lock
from kconv._check.lock.document import FACTS
from kconv._check.rules import RULE_NAMES

CASES = Path(__file__).parent / "cases"
FOLDERS = sorted(path.parent for path in CASES.glob("*/*/expected.yaml"))


def locks(path: Path) -> Locks:
    texts = path.read_text().split("---\n")
    found = [read_lock(text, path.name) for text in texts]
    return {lock.group_version: lock for lock in found}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_finds_what_is_expected_and_no_more(folder: Path) -> None:
    expected: dict[str, Any] = yaml.safe_load((folder / "expected.yaml").read_text())
    findings = compare(
        locks(folder / "old.yaml"),
        locks(folder / "new.yaml"),
        release=expected.get("release", ""),
    )
    found = sorted((each.place, each.rule, str(each.severity)) for each in findings)
    wanted = [(each["place"], each["rule"], each["severity"]) for each in expected["findings"]]
    assert found == sorted(wanted)
    assert all(each.changed and each.breaks and each.todo for each in findings)
    assert not any("\n" in each.changed + each.breaks + each.todo for each in findings)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_equal_sides_have_no_findings(folder: Path) -> None:
    old, new = locks(folder / "old.yaml"), locks(folder / "new.yaml")
    assert compare(old, old) == []
    assert compare(new, new) == []


def test_there_are_enough_cases_and_every_rule_fires_in_its_own() -> None:
    assert len(FOLDERS) >= 40
    assert sorted({folder.parent.name for folder in FOLDERS}) == RULE_NAMES
    for rule in RULE_NAMES:
        expected = [path.read_text() for path in CASES.glob(f"{rule}/*/expected.yaml")]
        assert any(f"rule: {rule}}}" in text for text in expected), rule


FACTS_SAID: dict[str, Any] = {
    "format": "other",
    "class": "Word",
    "required": True,
    "default": "x",
    "computedDefault": "now",
    "emptyMeansDefault": True,
    "enum": ["A"],
    "pattern": "^a",
    "minLength": 1,
    "maxLength": 1,
    "minimum": 1,
    "maximum": 1,
    "minItems": 1,
    "maxItems": 1,
    "unique": True,
    "listType": "set",
    "mapKeys": ["name"],
    "mapType": "atomic",
    "mergeKey": "name",
    "patchStrategy": "merge",
    "milli": True,
    "objectOnly": True,
    "rules": ["is_word"],
}


@pytest.mark.parametrize("fact", sorted(set(FACTS) - {"open"}))
def test_no_fact_comes_or_goes_without_a_finding(fact: str) -> None:
    old = locks(CASES / "field-removed/stable/old.yaml")
    ((gv, lock),) = old.items()
    spec = lock.types["OrderSpec"]
    note = replace(spec.fields["note"], facts={fact: FACTS_SAID[fact]})
    changed = replace(spec, fields={**spec.fields, "note": note})
    new = {gv: replace(lock, types={**lock.types, "OrderSpec": changed})}
    assert compare(old, new)
    assert compare(new, old)
