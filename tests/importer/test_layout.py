"""Types in modules: placed, split, and never importing in a circle."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kconv._importer.graph import groups
from kconv._importer.layout import LONGEST, arrange


def module_graph(uses: dict[str, list[str]], modules: dict[str, list[str]]) -> dict[str, list[str]]:
    home = {name: module for module, names in modules.items() for name in names}
    graph: dict[str, list[str]] = {module: [] for module in modules}
    for name, targets in uses.items():
        graph[home[name]] += [home[t] for t in targets if home[t] != home[name]]
    return graph


def test_a_part_goes_with_its_only_user_and_a_shared_one_to_its_noun() -> None:
    uses = {
        "Job": ["JobSpec", "KeySelector"],
        "JobSpec": ["JobRule"],
        "JobRule": [],
        "CronJob": ["KeySelector", "FieldSelector"],
        "Other": ["FieldSelector"],
        "KeySelector": [],
        "FieldSelector": [],
    }
    assert arrange(uses, {}, lambda name: 5) == {
        "cron_job": ["CronJob"],
        "job": ["JobRule", "JobSpec", "Job"],
        "other": ["Other"],
        "selector": ["KeySelector", "FieldSelector"],
    }


def test_the_table_places_types_and_what_only_they_use() -> None:
    uses = {"Pod": ["Volume", "Node"], "Volume": ["Disk"], "Disk": [], "Node": []}
    modules = arrange(uses, {"storage": ["Vol*"], "pod": ["Pod"]}, lambda name: 5)
    assert modules == {"pod": ["Node", "Pod"], "storage": ["Disk", "Volume"]}


def test_types_in_a_circle_share_a_module() -> None:
    uses = {"A": ["B"], "B": ["C"], "C": ["A"], "D": ["A"], "E": ["C"]}
    modules = arrange(uses, {"one": ["A"], "two": ["B"]}, lambda name: 5)
    assert any({"A", "B", "C"} <= set(placed) for placed in modules.values())


def test_a_long_module_is_split_at_its_parts() -> None:
    uses = {"Root": ["Left", "Right", "Shared"], "Left": ["Shared"], "Right": ["Leaf"]}
    uses |= {"Shared": [], "Leaf": []}
    modules = arrange(uses, {}, lambda name: 120)
    assert len(modules) > 1
    assert all(len(names) * 122 <= LONGEST for names in modules.values())
    assert all(len(group) == 1 for group in groups(module_graph(uses, modules)))


names = st.sampled_from([f"{word}{noun}" for word in "ABCDEF" for noun in ("Spec", "Key", "Ref")])


@given(
    edges=st.lists(st.tuples(names, names), max_size=40),
    pins=st.dictionaries(st.sampled_from(["m", "n", "o"]), st.lists(names, max_size=3)),
    size=st.sampled_from([5, 70, 290]),
)
def test_any_graph_is_placed_whole_parts_first_and_without_circles(
    edges: list[tuple[str, str]], pins: dict[str, list[str]], size: int
) -> None:
    found = sorted({name for edge in edges for name in edge})
    uses = {name: sorted({b for a, b in edges if a == name and b != name}) for name in found}
    modules = arrange(uses, pins, lambda name: size)
    assert sorted(name for placed in modules.values() for name in placed) == found
    assert all(len(group) == 1 for group in groups(module_graph(uses, modules)))
    circles = {name: group for group in groups(uses) for name in group}
    for placed in modules.values():
        for position, name in enumerate(placed):
            later = set(placed[position + 1 :]) & set(uses[name])
            assert later <= set(circles[name])
    assert arrange(dict(reversed(uses.items())), pins, lambda name: size) == modules
