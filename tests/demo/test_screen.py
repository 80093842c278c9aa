"""What the demo shows side by side is readable at any width."""

import io

import pytest

from kconv._cli.demo.objects import autoscaler, autoscaler_view
from kconv._cli.demo.screen import Screen

METRICS = '[{"type":"Resource","resource":{"name":"memory","target":{"type":"Utilization"}}}]'


def screen_of(width: int) -> str:
    old = autoscaler()
    old["metadata"]["annotations"] = {"autoscaling.alpha.kubernetes.io/metrics": METRICS}
    new = autoscaler()
    del new["spec"]["targetCPUUtilizationPercentage"]
    new["spec"]["metrics"] = [{"resource": {"target": {"averageUtilization": 80}}}]
    screen = Screen(io.StringIO())
    screen.console.width = width
    screen.side_by_side(
        [
            (("autoscaling/v1", "HorizontalPodAutoscaler"), autoscaler_view(old)),
            (("autoscaling/v2", "HorizontalPodAutoscaler"), autoscaler_view(new)),
        ]
    )
    file = screen.console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


@pytest.mark.parametrize("width", [50, 80, 120])
def test_nothing_is_cut(width: int) -> None:
    text = screen_of(width)
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= width
    assert "averageUtilization: 80" in text
    assert """'.../metrics': '..."name":"memory"...'""" in text


def test_stacked_where_it_does_not_fit() -> None:
    def heads(width: int) -> list[str]:
        return [line for line in screen_of(width).splitlines() if "autoscaling/v" in line]

    assert len(heads(50)) == 2
    assert len(heads(80)) == 1
