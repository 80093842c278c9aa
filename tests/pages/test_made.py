"""Pages and pictures that are made from the program show what it is now."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

import kconv
from pages.page import ROOT


@pytest.mark.parametrize("tool", ["record-terminal", "write-reference"])
def test_up_to_date(tool: str) -> None:
    ended = subprocess.run(
        [sys.executable, ROOT / "tools" / tool, "--check"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr


def test_every_public_name_is_in_the_reference() -> None:
    pages = "".join(each.read_text() for each in (ROOT / "docs" / "reference").glob("*.md"))
    described = set(re.findall(r"^::: kconv\.(\w+)$|^\| `(\w+)` \| `", pages, re.M))
    assert set(kconv.__all__) == {one or other for one, other in described} - {"names"}
