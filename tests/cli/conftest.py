"""``kconv`` in this process, in a folder of the test's own."""

import io
import sys
from pathlib import Path

import pytest

from cli.samples import Ended, Kconv
from kconv._cli.run import run


@pytest.fixture
def kconv(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Kconv:
    """Run a command; the current folder is ``tmp_path``."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KCONV_DB", raising=False)

    def call(*arguments: str, stdin: str = "") -> Ended:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        capfd.readouterr()
        code = run(arguments)
        sys.stdout.flush()
        out, err = capfd.readouterr()
        return Ended(code, out, err)

    return call
