"""Fields that lie flat in one version and in an object of their own in the other."""

from typing import Any

import pytest

from engine.test_misfits import frozen, refused
from kconv._pipeline import PlainEngine
from kconv._schema import Type
from kconv.edges import Lose, Preserve, Rename, Rule
from kconv.fields import Field, List, Object, String


class Limits(Type):
    cpu = String()
    memory = String()


class Resources(Type):
    cpu = String()
    limits = Object(Limits)
    disks = List(Object(Limits))


FLAT: dict[str, Field] = {"cpu": String(), "memory": String()}
DEEP: dict[str, Field] = {"resources": Object(Limits)}
RENAMES = Rename("cpu", "resources.cpu"), Rename("memory", "resources.memory")
TURNED = Rename("resources.cpu", "cpu"), Rename("resources.memory", "memory")
HEAD = {"apiVersion": "example.com/v1", "kind": "Thing"}


@pytest.mark.parametrize("flat", [{}, {"cpu": "1"}, {"cpu": "1", "memory": "2"}])
def test_there_and_back(flat: dict[str, Any]) -> None:
    deep = {"resources": flat} if flat else {}
    (spoke,) = frozen(FLAT, DEEP, *RENAMES).kinds[0].spokes
    assert PlainEngine().to_hub(spoke, {**HEAD, **flat}) == deep
    assert PlainEngine().from_hub(spoke, deep) == {**HEAD, **flat}
    (spoke,) = frozen(DEEP, FLAT, *TURNED).kinds[0].spokes
    assert PlainEngine().to_hub(spoke, {**HEAD, **deep}) == flat
    assert PlainEngine().from_hub(spoke, flat) == {**HEAD, **deep}


def test_an_empty_object_leaves_nothing() -> None:
    (spoke,) = frozen(FLAT, DEEP, *RENAMES).kinds[0].spokes
    assert PlainEngine().from_hub(spoke, {"resources": {}}) == HEAD


def test_what_no_rule_reaches_is_named() -> None:
    (message,) = refused(FLAT, DEEP, RENAMES[0], Lose(spoke=("memory",), reason="so"))
    assert message.startswith("resources.memory of hub Thing.example.com has no counterpart")
    (message,) = refused(DEEP, FLAT, TURNED[0], Lose(hub=("memory",), reason="so"))
    assert message.startswith("resources.memory has no counterpart in hub")


def test_an_object_in_which_nothing_is_claimed_is_named_itself() -> None:
    lost = Lose(spoke=("cpu", "memory"), reason="so")
    (message,) = refused(FLAT, DEEP, lost)
    assert message.startswith("resources of hub")


def test_objects_within_it() -> None:
    deep: dict[str, Field] = {"resources": Object(Resources)}
    rules: list[Rule] = [Rename("cpu", "resources.cpu"), Rename("memory", "resources.limits.cpu")]
    messages = refused(FLAT, deep, *rules)
    assert [message.split(" of hub")[0] for message in messages] == [
        "resources.limits.memory",
        "resources.disks",
    ]
    rules += [Preserve("resources.disks"), Preserve("resources.limits.memory")]
    assert frozen(FLAT, deep, *rules).frozen


def test_rules_do_not_reach_into_lists_of_one_side() -> None:
    old: dict[str, Field] = {"cpus": List(Object(Limits))}
    new: dict[str, Field] = {"parts": List(Object(Limits))}
    rules = Rename("cpus[*].cpu", "parts[*].cpu"), Rename("cpus[*].memory", "parts[*].memory")
    messages = refused(old, new, *rules)
    assert [message.split()[0] for message in messages] == ["cpus", "parts"]
