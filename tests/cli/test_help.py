"""The help of every command is whole, at any width."""

import pytest

from cli.samples import Kconv
from released.surface import surface

COMMANDS = [
    name.removesuffix(" run").split()[1:]
    for name in surface()
    if name.split()[0] == "kconv" and " -" not in name
]


@pytest.mark.parametrize("width", [60, 80, 140])
def test_nothing_is_cut_off(kconv: Kconv, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    assert len(COMMANDS) > 30
    for command in COMMANDS:
        shown = kconv(*command, "--help").out
        assert shown.startswith(" ".join(["Usage: kconv", *command, "["])), command
        assert "…" not in shown
        assert max(map(len, shown.splitlines())) <= width, command
        options = [name for name in surface_of(command) if name not in shown]
        assert not options, command


def surface_of(command: list[str]) -> list[str]:
    """The options of a command."""
    path = " ".join(["kconv", *command])
    return [name.removeprefix(f"{path} ") for name in NAMES if name.startswith(f"{path} -")]


NAMES = [name.replace("kconv migrate run -", "kconv migrate -") for name in surface()]
