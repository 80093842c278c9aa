"""What commands look like: on terminals of 80 and 140 columns, in a pipe, with ``-q`` and ``-v``.

The pictures are in ``tests/cli/pictures``, one file for each look. ``KCONV_PICTURES=write`` with
this test writes them anew; look at the difference before it is committed.
"""

from __future__ import annotations

import io
import math
import os
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli.samples import CRONJOB
from kconv._cli import console, file_progress, progress
from kconv._cli.run import run
from kconv._pipeline import Pipeline
from kconv._store import open_store
from migrate.samples import installed
from ui.site import fill, migrated

Look = Callable[[int], None]
"""Makes standard output a terminal of so many columns, or none."""

PICTURES = Path(__file__).parent / "pictures"
LOOKS = {"80": 80, "140": 140, "piped": 0}

COMMANDS = (
    "migrate status",
    "migrate status --may-drop batch/v1beta1",
    "migrate plan --to batch=v1beta1 --no-references",
    "migrate plan --no-references",
    "migrate --dry-run",
    "migrate verify",
    "migrate runs",
    "migrate quarantine",
    "migrate quarantine show reports/broken",
    "migrate gate --to batch=v1",
    "migrate undo nothing",
    "migrate pause",
    "migrate --to nope=v1",
    "migrate plan --to batch=v7",
    "migrate verify nothing.example.com",
    "versions --group batch",
    "versions --group batch --loss",
    "convert -f manifests --check --target 1.25",
    "convert -f manifests --diff",
    "convert -f nowhere",
    "convert -f broken.yaml",
    "check",
    "db current",
    "doctor",
    "migrate status --db sqlite:///empty.db",
    "serve --group nope",
    "versions --apis nope:register",
    "migrat",
    "migrate status --nope",
)


TABLES = ("migrate status", "migrate quarantine", "versions --group batch")
SAMPLED = (
    *TABLES,
    "migrate plan --no-references",
    "migrate undo nothing",
    "convert -f manifests --check --target 1.25",
    "db current",
)
"""What is looked at in every other way; all of it is in a terminal of 80 columns."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, _sqlite_template: Path) -> Iterator[Path]:
    """A folder with a database, with a run and two rows in quarantine in it, and manifests."""
    made = tmp_path_factory.mktemp("terminal")
    shutil.copy(_sqlite_template, made / "kconv.db")
    pipeline = Pipeline(installed())
    store = open_store(f"sqlite:///{made / 'kconv.db'}")
    fill(store, pipeline)
    migrated(store, pipeline)
    store.unregister("a")  # it would be live for some seconds only
    store.close()
    (made / "kconv.db").chmod(0o600)
    (made / "manifests").mkdir()
    (made / "manifests" / "nightly.yaml").write_text(CRONJOB)
    (made / "broken.yaml").write_text("apiVersion: batch/v1\nkind: [CronJob\n")
    before = Path.cwd()
    os.chdir(made)
    yield made
    os.chdir(before)


def steady(text: str) -> str:
    """A text without what differs from run to run: times, sizes, identifiers; in place."""
    changes = (
        (r"\b20\d{6}-\d{6}-[0-9a-f]{4}\b", "20261128-101502-4f1a"),
        (
            r"\b20\d\d-\d\d-\d\d \d\d:\d\d(:\d\d)?",
            lambda found: "2026-11-28 10:15:02"[: len(found[0])],
        ),
        (r"\b20\d\d-\d\d-\d\d\b", "2026-11-28"),
        (r"about \d+ s\b", "about 0 s"),
        (r"in \d+\.\d s", "in 0.1 s"),
        (r"\([\d,]+ rows/s\)", "(100 rows/s)"),
        (r"\d+ KiB", "8 KiB"),
        (r"\d+ changes, about \d+ K?i?B(, the oldest .* ago)?", "16 changes, about 8 KiB"),
        (r"\d+ kinds in \d+ versions", "7 kinds in 8 versions"),
        (r"\b000\d\b", "0006"),
        (r"[01] servers? live", "1 server live"),
    )
    for pattern, steadied in changes:
        text = re.sub(pattern, steadied, text)
    return "\n".join(line.rstrip() for line in text.splitlines())


def shown(command: str, capfd: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    capfd.readouterr()
    code = run(command.split())
    sys.stdout.flush()
    out, err = capfd.readouterr()
    return code, out, err


@pytest.fixture
def at(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Look:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))
    for name in ("KCONV_DB", "KCONV_APIS", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)

    # What goes on is shown while it goes on: bars and lines of a log depend on the time.
    for module in (progress, file_progress):
        monkeypatch.setattr(module, "is_terminal", lambda _: False)
    monkeypatch.setattr(progress, "EVERY", math.inf)

    def set_columns(columns: int) -> None:
        monkeypatch.setenv("COLUMNS", str(columns or 80))
        monkeypatch.setattr(console, "is_terminal", lambda stream: columns > 0)

    return set_columns


@pytest.mark.parametrize("look", LOOKS)
def test_pictures(look: str, at: Look, capfd: pytest.CaptureFixture[str]) -> None:
    at(LOOKS[look])
    taken = []
    for command in COMMANDS if look == "80" else SAMPLED:
        code, out, err = shown(command, capfd)
        assert "Traceback" not in err, command
        assert LOOKS[look] or "\x1b" not in out + err, f"{command}: colours in a pipe"
        plain = re.sub(r"\x1b\[[0-9;]*m", "", f"{out}{err}")
        taken.append(f"$ kconv {command}\n{steady(plain)}\n[{code}]\n")
    picture = PICTURES / f"{look}.txt"
    text = "\n".join(taken)
    if os.environ.get("KCONV_PICTURES") == "write":
        picture.write_text(text, encoding="utf-8")
    assert text == picture.read_text(encoding="utf-8")


@pytest.mark.parametrize("columns", [60, 100])
def test_no_table_is_wider_than_the_terminal(
    columns: int, at: Look, capfd: pytest.CaptureFixture[str]
) -> None:
    at(columns)
    for command in TABLES:
        _, out, _ = shown(command, capfd)
        widest = max(out.splitlines(), key=len)
        assert len(widest) <= columns, (command, widest)


def test_quiet_and_verbose(at: Look, capfd: pytest.CaptureFixture[str]) -> None:
    at(0)
    for command in SAMPLED:
        code, out, err = shown(command, capfd)
        quiet = shown(f"{command} -q", capfd)
        steadied = (quiet[0], steady(quiet[1]))
        assert steadied == (code, steady(out)), f"{command}: -q changes what it ends with"
        assert not quiet[2] or quiet[2].startswith("error: "), f"{command} -q says {quiet[2]}"
        assert len(quiet[2]) <= len(err), command
    code, _, err = shown("migrate undo nothing -v", capfd)
    assert code == 1
    assert "in undo\n" in err, "the trace"
    assert err.endswith('error: no run "nothing": `kconv migrate runs` lists them\n')
    _, _, err = shown("migrate plan --no-references --verbose", capfd)
    assert re.search(r"^took \d+\.\d s$", err, re.M)
    assert not console.is_verbose() or shown("db current", capfd)[2] == ""


def test_no_colour(
    at: Look, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    at(80)
    assert shown("migrate undo nothing", capfd)[2].startswith("\x1b[31merror:")
    monkeypatch.setenv("NO_COLOR", "1")
    for command in TABLES:
        _, out, err = shown(command, capfd)
        assert "\x1b[3" not in out + err, command


def test_a_database_that_is_away_is_waited_for_aloud(
    at: Look, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a run waits for, and for how long, is said once, also in a pipe."""
    at(0)
    monkeypatch.setattr("kconv._cli.database.OUTAGE", 1.2)
    began = time.monotonic()
    code, _, err = shown("migrate --db postgresql://x@127.0.0.1:1/x", capfd)
    assert (code, time.monotonic() - began >= 1.0) == (3, True)
    first, *rest = err.splitlines()
    assert first.startswith("waiting for up to 1 s: cannot reach the database postgresql://x@127")
    assert [line.partition(":")[0] for line in rest] == ["error"]
