"""The list of what is left to long runs names tests that there are."""

from pathlib import Path

import pytest

from fixtures.long import LEFT_TO_LONG

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("path", LEFT_TO_LONG)
def test_names(path: str) -> None:
    text = (ROOT / path).read_text()
    names = {name.partition("[")[0] for name in LEFT_TO_LONG[path]}
    assert [name for name in names if f"def {name}(" not in text] == []
