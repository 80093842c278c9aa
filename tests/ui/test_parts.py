"""What the pages are made of: aligned lines, the history of rows, its chart, the graph."""

from dataclasses import replace
from typing import Any

import pytest

from engine.test_via import scheme as sheets
from kconv._messages import count
from kconv._pipeline import Lost, Pipeline
from kconv._ui.aligned import Cell, aligned, alone, mark_findings, mark_lost
from kconv._ui.chart import HEIGHT, WIDTH, charts
from kconv._ui.graph import graph
from kconv._ui.history import KEPT, History
from kconv._ui.render import Renderer
from kconv.place import RunTarget
from migrate.samples import NEW, OLD, placed
from ui.site import Site, migrated


def shown(left: Any, right: Any) -> list[str]:
    """Each line as ``state|left|right``."""
    return [
        "|".join((line.state, text_of(line.left), text_of(line.right)))
        for line in aligned(left, right)
    ]


def text_of(cell: Cell | None) -> str:
    return "" if cell is None else f"{cell.indent}{cell.key}:{cell.value}"


@pytest.mark.parametrize(
    ("left", "right", "lines"),
    [
        ({"a": 1}, {"a": 1}, ["same|a:1|a:1"]),
        ({"a": 1}, {"a": 2}, ["changed|a:1|a:2"]),
        ({"a": 1}, {"b": 1}, ["left|a:1|", "right||b:1"]),
        ({"a": {"b": 1}}, {"a": {"c": 2}}, ["same|a:|a:", "left|  b:1|", "right||  c:2"]),
        ({"a": {"b": 1}}, {"a": "x"}, ["left|a:|", "left|  b:1|", "right||a:x"]),
        ({"a": [1, 2]}, {"a": [1]}, ["same|a:|a:", "same|  - :1|  - :1", "left|  - :2|"]),
        (
            {"a": [{"b": 1, "c": 2}]},
            {"a": [{"c": 2}]},
            ["same|a:|a:", "left|  - b:1|", "same|    c:2|  - c:2"],
        ),
        ({"a": [[1]]}, {"a": [[1]]}, ["same|a:|a:", "same|  - - :1|  - - :1"]),
        ({"a": {}, "b": []}, {"a": {}, "b": []}, ["same|a:{}|a:{}", "same|b:[]|b:[]"]),
        ({"a": None}, {"a": "null"}, ['changed|a:null|a:"null"']),
        ({"a": True}, {"a": 1}, ["changed|a:true|a:1"]),
        ({"a": "1.5"}, {"a": "x y"}, ['changed|a:"1.5"|a:x y']),
        ({"a": "x\ny"}, {}, ['left|a:"x\\ny"|']),
        ([1], [2], ["changed|- :1|- :2"]),
        ("text", "text", ["same|:text|:text"]),
    ],
)  # fmt: skip
def test_lines(left: Any, right: Any, lines: list[str]) -> None:
    assert shown(left, right) == lines


def test_what_is_long_is_cut() -> None:
    assert len(aligned({"a": list(range(5000))}, {})) == 3000
    (line,) = alone({"a": "x" * 3000})
    assert line.left is not None
    assert line.left.value.endswith("… (3,000 characters)")


def test_losses_are_where_they_are() -> None:
    lines = alone({"a": {"b": [1, 2]}, "c": 3})
    mark_lost(lines, [Lost(("a", "b"), [1, 2], reason="why"), Lost(("x",), 1)])
    assert [each.is_lost for each in lines] == [False, True, True, True, False]
    assert [len(each.notes) for each in lines] == [0, 1, 0, 0, 0]
    lines = alone({"a": [1, 2]})
    mark_lost(lines, [Lost(("a",), [1, 2], order=True)])
    assert [each.is_lost for each in lines] == [True, False, False]


def test_findings_are_at_their_fields() -> None:
    lines = alone({"spec": {"a": [{"b": 1}], "x.y/z": 2}})
    rest = mark_findings(
        lines,
        [
            ("spec.a[0].b", "wrong"),
            ("spec.a[0].c", "required"),
            ("spec[x.y/z]", "odd"),
            ("", "of no field"),
            ("status.c", "gone"),
        ],
    )
    assert [each.notes for each in lines] == [[], ["[0].c: required"], ["wrong"], ["odd"]]
    assert [each.state for each in lines] == ["same", "wrong", "wrong", "wrong"]
    assert rest == ["of no field", "status.c: gone"]


@pytest.fixture
def clock() -> list[float]:
    return [1000.0]


def test_history_gives_the_rate_of_the_run(small: Site, clock: list[float]) -> None:
    place = placed(small.store)
    history = History(place, lambda: clock[0])
    assert history.rate() is None
    run = place.begin_run("me", [RunTarget("cronjobs.batch", (OLD,), NEW)], 600.0)
    for done in (0, 40, 80, 120):
        place.report_run(run.id, done=done, total=200, waiting="")
        history.look()
        clock[0] += 2
    assert history.rate() == 20
    clock[0] += 60  # what was long ago does not count
    place.report_run(run.id, done=130, total=200, waiting="")
    history.look()
    assert history.rate() is None
    clock[0] += 5
    place.report_run(run.id, done=10, total=50, waiting="")  # the next collection
    history.look()
    assert history.rate() is None
    place.end_run(run.id, "done")
    clock[0] += 5
    history.look()
    assert history.rate() is None


def test_history_looks_seldom_and_keeps_little(small: Site, clock: list[float]) -> None:
    history = History(placed(small.store), lambda: clock[0])
    first = history.look()
    clock[0] += 0.5
    assert history.look() is first
    history._cost = 1.0
    clock[0] += 5
    assert history.look() is first, "counting takes a second: every twenty at most"
    history._samples = [replace(first, at=float(each)) for each in range(KEPT + 1)]
    history._cost = 0.0
    clock[0] += 100_000
    history.look()
    kept = [each.at for each in history.samples]
    assert len(kept) < KEPT
    assert kept[:3] == [0, 2, 4]
    assert kept[-1] == clock[0]


def test_chart_stacks_versions(small: Site, pipeline: Pipeline, clock: list[float]) -> None:
    history = History(placed(small.store), lambda: clock[0])
    history.look()
    clock[0] += 10
    migrated(small.store, pipeline)
    history.look()
    found = {each.collection: each for each in charts(history.samples)}
    assert set(found) == {"cronjobs.batch", "horizontalpodautoscalers.autoscaling"}
    chart = found["cronjobs.batch"]
    assert [(each.version, each.rows) for each in chart.areas] == [(NEW, 24), (OLD, 2)]
    assert chart.summary == f"cronjobs.batch: 24 rows in {NEW}, 2 rows in {OLD}"
    assert (chart.until - chart.since).seconds == 10
    new, old = (
        [tuple(map(float, point.split(","))) for point in area.points.split()]
        for area in chart.areas
    )
    height = round(HEIGHT - 24 / 26 * HEIGHT, 1)
    assert new == [(0, HEIGHT), (WIDTH, height), (WIDTH, HEIGHT), (0, HEIGHT)]
    assert old == [(0, 0), (WIDTH, 0), (WIDTH, height), (0, HEIGHT)]


def test_graph_stands_versions_below_those_they_go_by() -> None:
    (kind,) = sheets().freeze().kinds
    drawn = graph(kind)
    assert [(each.version, each.via) for each in drawn.nodes] == [
        ("v1", ""),
        ("v1beta1", ""),
        ("v1alpha1", "v1beta1"),
    ]
    first, second, third = drawn.nodes
    assert first.x == second.x < third.x
    assert first.y < second.y < third.y
    assert first.summary == "keeps everything"
    assert third.lost >= 1
    assert [each[:2] for each in third.ledger] == [
        ("v1alpha1", "v1beta1"),
        ("v1beta1", "v1alpha1"),
    ]
    assert any(fate.startswith("lost: nobody asks") for fate in third.ledger[0][2])
    assert third.x + 176 < drawn.width
    assert third.y + 46 <= drawn.height


def test_prose_and_paths() -> None:
    filters = Renderer("/ui", "")._environment.filters
    assert filters["prose"]("run `a <b>` <now>") == "run <code>a &lt;b&gt;</code> &lt;now&gt;"
    assert filters["prose"]("odd ` <one>") == "odd ` &lt;one&gt;"
    assert filters["path"]("spec.<a>/b") == "spec.<wbr>&lt;a&gt;/<wbr>b"


@pytest.mark.parametrize(
    ("number", "noun", "text"),
    [(1, "day", "1 day"), (7, "day", "7 days"), (2, "entry", "2 entries"), (0, "row", "0 rows")],
)
def test_count(number: int, noun: str, text: str) -> None:
    assert count(number, noun) == text
