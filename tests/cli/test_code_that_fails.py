"""A module of a user's own that fails is an error of one line, with the line that failed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.samples import Kconv

MODULES = {
    "forgotten": ("import json\n\nversions = {1: ShapeV1}\n", "line 3: NameError: name 'ShapeV1'"),
    "unclosed": ("shapes = (\n", "line 1: SyntaxError: '(' was never closed"),
    "divided": ("def half():\n    return 1 / 0\n\nhalf()\n", "line 2: ZeroDivisionError: division"),
    "typed": ("import json\njson.loads('{')\n", "line 2: JSONDecodeError: Expecting property"),
}


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    yield
    for name in MODULES:
        sys.modules.pop(name, None)


@pytest.mark.parametrize("module", MODULES)
def test_a_module_that_fails(kconv: Kconv, tmp_path: Path, module: str) -> None:
    text, said = MODULES[module]
    (tmp_path / f"{module}.py").write_text(text)
    for arguments, head in (
        (("migrate", "runs", "--place", f"{module}:orders"), '--place: "%s:orders"'),
        (("versions", "--apis", f"{module}:register"), 'the API package "%s:register"'),
    ):
        sys.modules.pop(module, None)
        ended = (
            kconv(*arguments, "--db", "sqlite:///a.db")
            if "runs" in arguments
            else kconv(*arguments)
        )
        assert ended.code == 2
        expected = f"error: {head % module} cannot be loaded: {module}.py, {said}"
        assert ended.err.startswith(expected), ended.err
        assert len(ended.err.splitlines()) == 1
