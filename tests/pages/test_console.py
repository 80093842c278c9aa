"""The README and the tutorial, line by line."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from pages.page import Shell, agrees, environment, follow
from pages.test_python import OLD


@pytest.mark.parametrize(
    "page", ["docs/tutorial.md", "docs/howto/remove-a-version.md", "README.md"]
)
def test_a_page(page: str, kubectl: Path, tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests" / "old.yaml").write_text(OLD)
    here = environment(KCONV_SERVE_PORT=port, KCONV_EXAMPLES="1", HOME=str(tmp_path))
    here["PATH"] = f"{here['PATH']}:{kubectl.parent}"
    shell = Shell(tmp_path, here)
    try:
        follow(page, shell, {"8001": port})
    finally:
        shell.close()


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
