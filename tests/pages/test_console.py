"""The README and the tutorial, line by line."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from pages.page import ROOT, Shell, agrees, blocks, commands, environment, follow
from pages.test_python import OLD

PAGES = (
    "README.md",
    "docs/tutorial.md",
    "docs/explained/hub-and-spokes.md",
    "docs/explained/losses.md",
    "docs/explained/two-engines.md",
    "docs/howto/crd-and-webhook.md",
    "docs/howto/git-repository.md",
    "docs/howto/own-table.md",
    "docs/howto/remove-a-version.md",
    "docs/howto/rolling-upgrade.md",
    "docs/howto/write-a-rule.md",
    "docs/operations/upgrading.md",
    "docs/reference/exit-codes.md",
)
ELSEWHERE = {
    "docs/own-tables-walk.md": "tests/application",
    "docs/cluster.md": "needs a cluster",
    "docs/webhook.md": "needs a cluster",
}
"""Why a page with commands and what they print is not run here."""


def free_ports(*wanted: str) -> dict[str, str]:
    """A free port in the place of each that pages name."""
    probes = [socket.socket() for _ in wanted]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    found = [str(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return dict(zip(wanted, found, strict=True))


@pytest.mark.parametrize("page", PAGES)
def test_a_page(page: str, kubectl: Path, tmp_path: Path) -> None:
    ports = free_ports("8001", "8002", "9443")
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests" / "old.yaml").write_text(OLD)
    here = environment(KCONV_SERVE_PORT=ports["8001"], KCONV_EXAMPLES="1", HOME=str(tmp_path))
    here["PATH"] = f"{here['PATH']}:{kubectl.parent}"
    shell = Shell(tmp_path, here)
    try:
        follow(page, shell, ports)
    finally:
        shell.close()


def test_every_page_that_says_what_commands_print_is_run() -> None:
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    names = [page.relative_to(ROOT).as_posix() for page in pages]
    having = {
        name
        for name in names
        for block in blocks(name)
        if block.language == "console" and any(each.printed for each in commands(block))
    }
    assert having <= {*PAGES, *ELSEWHERE}
    assert {*PAGES, *ELSEWHERE} <= {*names}


@pytest.mark.parametrize(
    ("expected", "printed", "same"),
    [
        (["a", "...", "z"], ["a", "b", "c", "z"], True),
        (["a", "...", "z"], ["a", "z"], True),
        (["a", "...", "z"], ["a", "b"], False),
        (["run 20260101-000000-abcd took 0.1 s (7 rows/s)"],
         ["run 20270101-000000-0123 took 2.1 s (9 rows/s)"], True),
        (["2 rows"], ["3 rows"], False),
        (["x ... y"], ["x 1 y"], True),
        (["a"], ["a", "b"], False),
    ],
)  # fmt: skip
def test_what_agrees(expected: list[str], printed: list[str], same: bool) -> None:
    assert agrees(expected, printed) is same
